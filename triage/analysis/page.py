"""The report as one HTML page that needs nothing from outside: no script, no picture, no font. Printed, it makes a tidy PDF.

Whatever comes from mail is escaped, and the page forbids scripts and outside resources besides.
"""

from __future__ import annotations

import re
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from triage import whole_file
from triage.analysis.board import Board
from triage.errors import Permanent

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{{ board.organisation }}: {{ board.quarter }}</title>
<style>
body { font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', sans-serif; color: #222; max-width: 54em; margin: 2em auto; padding: 0 1em }
h1 { font-size: 1.6em; margin: 0 } h2 { font-size: 1.15em; margin: 2em 0 .4em; border-bottom: 2px solid #222; padding-bottom: .15em }
p { margin: .3em 0; max-width: 46em } .made, .note, caption { color: #5c5c56; font-size: .88em } caption { text-align: left; padding: .6em 0 .2em }
table { border-collapse: collapse; margin: .4em 0; width: 100% } th, td { text-align: left; vertical-align: top; padding: .28em .8em .28em 0; border-bottom: 1px solid #ddd }
th { font-weight: 600 } td { font-variant-numeric: tabular-nums; white-space: nowrap } .bar { display: block; height: .5em; background: #0072b2; margin-top: .35em; min-width: 1px }
.drawn { width: 22% } .none { color: #5c5c56 }
@page { size: A4; margin: 18mm } @media print { body { margin: 0; max-width: none; font-size: 10.5pt } h2 { break-after: avoid } tr { break-inside: avoid } .bar { print-color-adjust: exact } }
</style></head><body>
<h1>{{ board.organisation }}</h1>
<p>Contact and conduct by e-mail, {{ board.quarter }}</p>
<p class="made">Made on {{ board.made_at.strftime('%Y-%m-%d %H:%M %Z') }} by triage, from its ledger.</p>
{% for part in board.parts %}<h2>{{ part.heading }}</h2>
{% for sentence in part.sentences %}<p>{{ sentence|plain }}</p>
{% endfor %}{% for grid in part.grids %}{% if grid.rows %}<table><caption>{{ grid.title }}</caption>
<thead><tr>{% for column in grid.columns %}<th scope="col">{{ column }}</th>{% endfor %}{% if grid.bars %}<th class="drawn"></th>{% endif %}</tr></thead>
<tbody>{% for row in grid.rows %}<tr>{% for cell in row %}<td>{{ cell|plain }}</td>{% endfor %}{% if grid.bars %}<td class="drawn"><span class="bar" style="width:{{ '%.1f' % (100 * grid.bars[loop.index0]) }}%"></span></td>{% endif %}</tr>
{% endfor %}</tbody></table>
{% if grid.note %}<p class="note">{{ grid.note }}</p>
{% endif %}{% else %}<p class="none">{{ grid.title }}: none.</p>
{% endif %}{% endfor %}{% endfor %}</body></html>
"""


def _plain(text: str) -> str:
    return _CONTROL.sub(" ", text)


_ENVIRONMENT = Environment(autoescape=True, undefined=StrictUndefined)
_ENVIRONMENT.filters["plain"] = _plain


def html(board: Board) -> str:
    """The report as a page."""
    return _ENVIRONMENT.from_string(_PAGE).render(board=board)


def write(board: Board, file: Path) -> None:
    """Writes the page, whole or not at all, readable by its owner only."""
    if file.is_dir():
        raise Permanent(f"{file} is a folder; give --html the name of a file")
    try:
        whole_file.write(file, html(board), mode=0o600)
    except OSError as error:
        raise Permanent(f"{file} cannot be written ({error.strerror})") from error
