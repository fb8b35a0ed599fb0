"""The report as one HTML page that needs nothing from outside: no script, no picture, no font. Printed, it makes a tidy PDF.

Whatever comes from mail is escaped, and the page forbids scripts and outside resources besides.
"""

from __future__ import annotations

from pathlib import Path

from triage import sheet, whole_file
from triage.analysis.board import Board
from triage.errors import Permanent

_PAGE = """<h1>{{ board.organisation }}</h1>
<p>Contact and conduct by e-mail, {{ board.quarter }}</p>
<p class="made">Made on {{ board.made_at.strftime('%Y-%m-%d %H:%M %Z') }} by triage, from its ledger.</p>
<ul class="parts">{% for part in board.parts %}<li><a href="#part-{{ loop.index }}">{{ part.heading }}</a></li>
{% endfor %}</ul>
{% for part in board.parts %}<h2 id="part-{{ loop.index }}">{{ part.heading }}</h2>
{% for sentence in part.sentences %}<p>{{ sentence|plain }}</p>
{% endfor %}{% for grid in part.grids %}{% if grid.rows %}<table{% if grid.columns|length > 7 %} class="wide"{% endif %}><caption>{{ grid.title }}</caption>
<thead><tr>{% for column in grid.columns %}<th scope="col">{{ column }}</th>{% endfor %}{% if grid.bars %}<th class="drawn"></th>{% endif %}</tr></thead>
<tbody>{% for row in grid.rows %}<tr>{% for cell in row %}<td>{{ cell|plain }}</td>{% endfor %}{% if grid.bars %}<td class="drawn"><span class="bar" style="width:{{ '%.1f' % (100 * grid.bars[loop.index0]) }}%"></span></td>{% endif %}</tr>
{% endfor %}</tbody></table>
{% if grid.note %}<p class="note">{{ grid.note }}</p>
{% endif %}{% else %}<p class="none">{{ grid.title }}: none.</p>
{% endif %}{% endfor %}{% endfor %}"""
_STYLE = """td { font-variant-numeric: tabular-nums; white-space: nowrap } .bar { display: block; height: .5em; background: #0072b2; margin-top: .35em; min-width: 1px }
.drawn { width: 22% } .wide { font-size: .85em } .wide td { white-space: normal } .parts { margin: 1em 0; padding-left: 1.2em }"""


def html(board: Board) -> str:
    """The report as a page."""
    title = f"{board.organisation}: {board.quarter}"
    return sheet.document(_PAGE, title, style=_STYLE, printed=".bar { print-color-adjust: exact }", board=board)


def write(board: Board, file: Path) -> None:
    """Writes the page, whole or not at all, readable by its owner only."""
    if file.is_dir():
        raise Permanent(f"{file} is a folder; give --html the name of a file")
    try:
        whole_file.write(file, html(board), mode=0o600)
    except OSError as error:
        raise Permanent(f"{file} cannot be written ({error.strerror})") from error
