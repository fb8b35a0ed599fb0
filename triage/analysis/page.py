"""The report as one HTML page that needs nothing from outside: no script, no picture, no font; and the same on paper, as a PDF.

Whatever comes from mail is escaped, and the page forbids scripts and outside resources besides.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from triage import pdf, sheet, whole_file
from triage.analysis.board import Board, Grid
from triage.errors import Permanent

_PAGE = """<h1>{{ board.organisation }}</h1>
<p>Contact and conduct by e-mail, {{ board.quarter }}</p>
<p class="made">Made on {{ board.made_at.strftime('%Y-%m-%d %H:%M %Z') }} by triage, from its ledger.</p>
<ul class="parts">{% for part in board.parts %}<li><a href="#part-{{ loop.index }}">{{ part.heading }}</a></li>
{% endfor %}</ul>
{% for part in board.parts %}<h2 id="part-{{ loop.index }}">{{ part.heading }}</h2>
{% for sentence in part.sentences %}<p>{{ sentence|plain }}</p>
{% endfor %}{% for grid in part.grids %}{% if grid.rows %}<table{% if grid.columns|length > 7 %} class="wide"{% endif %}><caption>{{ grid.title }}</caption>
<thead><tr>{% for column in grid.columns %}<th scope="col">{{ column }}</th>{% endfor %}{% if grid.bars %}<th class="drawn">{{ grid.drawn }}</th>{% endif %}</tr></thead>
<tbody>{% for row in grid.rows %}<tr>{% for cell in row %}<td>{{ cell|plain }}</td>{% endfor %}{% if grid.bars %}<td class="drawn"><span class="bar" style="width:{{ '%.1f' % (100 * grid.bars[loop.index0]) }}%"></span></td>{% endif %}</tr>
{% endfor %}</tbody></table>
{% if grid.note %}<p class="note">{{ grid.note }}</p>
{% endif %}{% else %}<p class="none">{{ grid.title }}: none.</p>
{% endif %}{% endfor %}{% endfor %}"""
_STYLE = """td { font-variant-numeric: tabular-nums; white-space: nowrap } .bar { display: block; height: .5em; background: #0072b2; margin-top: .35em; min-width: 1px }
.drawn { width: 22% } .wide { font-size: .85em } .wide td { white-space: normal } .parts { margin: 1em 0; padding-left: 1.2em }"""


_WIDEST = 34
"""Letters: what a column of the PDF is counted as at most when the page is shared out."""


def html(board: Board) -> str:
    """The report as a page."""
    return sheet.document(_PAGE, _title(board), style=_STYLE, printed=".bar { print-color-adjust: exact }", board=board)


def paper(board: Board) -> bytes:
    """The same as a PDF. Raises Misconfigured where the package for it is missing."""
    made = (
        f"Contact and conduct by e-mail, {board.quarter}. Made on {board.made_at:%Y-%m-%d %H:%M %Z} by triage, from its ledger."
    )
    return pdf.document(_title(board), _blocks(board), about=made)


def _title(board: Board) -> str:
    return f"{board.organisation}: {board.quarter}"


def _blocks(board: Board) -> Iterator[pdf.Block]:
    for part in board.parts:
        yield pdf.Heading(part.heading)
        yield from (pdf.Text(sentence) for sentence in part.sentences)
        for grid in part.grids:
            if grid.rows:
                yield pdf.Table(grid.columns, grid.rows, _widths(grid), grid.title, grid.bars, grid.drawn)
                yield pdf.Text(grid.note, small=True)
            else:
                yield pdf.Text(f"{grid.title}: none.", small=True)


def _widths(grid: Grid) -> list[float]:
    """So that no word is cut: the name of a column stands in bold, and what is written without a space stays in one line."""
    found = []
    for name, *cells in zip(grid.columns, *grid.rows, strict=True):
        words = [len(word) + 1.5 for cell in cells for word in cell.split()] + [1.25 * len(word) + 2 for word in name.split()]
        found.append(max([*words, *(float(min(_WIDEST, len(cell))) for cell in cells)]))
    return found


def write(made: str | bytes, file: Path) -> None:
    """Writes the page or the PDF, whole or not at all, readable by its owner only."""
    if file.is_dir():
        raise Permanent(f"{file} is a folder; give the name of a file")
    try:
        whole_file.write(file, made, mode=0o600)
    except OSError as error:
        raise Permanent(f"{file} cannot be written ({error.strerror})") from error
