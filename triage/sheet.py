"""The one shell around every page that people read: a document for a browser or a printer, or the HTML half of a mail.

Neither takes anything from outside: no script, no picture, no font. What is filled in is escaped, and characters that steer the
line or its direction are flattened; a document forbids scripts and outside resources besides, since it holds words of strangers.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
"""Also halves of characters (surrogates), which no mail and no file can hold."""

_DOCUMENT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{{ title|plain }}</title>
<style>
body { font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', sans-serif; color: #222; max-width: 54em; margin: 2em auto; padding: 0 1em }
h1 { font-size: 1.6em; margin: 0 } h2 { font-size: 1.15em; margin: 2em 0 .4em; border-bottom: 2px solid #222; padding-bottom: .15em }
p { margin: .3em 0; max-width: 46em } .made, .note, caption { color: #5c5c56; font-size: .88em } caption { text-align: left; padding: .6em 0 .2em }
table { border-collapse: collapse; margin: .4em 0; width: 100% } th, td { text-align: left; vertical-align: top; padding: .28em .8em .28em 0; border-bottom: 1px solid #ddd }
@media screen and (max-width: 40em) { table { display: block; overflow-x: auto } }
th { font-weight: 600 } summary { color: #5c5c56 } .none { color: #5c5c56 } a { color: #0b5394 }
{{ style }}
@page { size: A4; margin: 18mm } @media print { body { margin: 0; max-width: none; font-size: 10.5pt } h2 { break-after: avoid } tr { break-inside: avoid } {{ printed }} }
</style></head><body>
{{ body }}
</body></html>
"""
_MAIL = """<!doctype html>
<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head>
<body style="margin:0;padding:8px;background:#f5f5f2;font:15px/1.4 system-ui,-apple-system,'Segoe UI',sans-serif;color:#222">
<div style="max-width:38em;margin:auto;background:#fff;border:1px solid #ddd;border-radius:8px;padding:14px 16px">
{{ body }}</div></body></html>
"""
"""Styles stand in each element: mail programs take a style sheet out."""


def plain(text: str) -> str:
    """A text without the characters that steer the line or its direction."""
    return _CONTROL.sub(" ", text)


_ENVIRONMENT = Environment(autoescape=True, undefined=StrictUndefined)
_ENVIRONMENT.filters["plain"] = plain


@cache
def _template(source: str) -> Template:
    return _ENVIRONMENT.from_string(source)


def document(body: str, title: str, *, style: str = "", printed: str = "", **values: Any) -> str:
    """A page that stands by itself. `body`: a Jinja template, filled with `values` and the title; `style`: rules it needs besides,
    `printed`: those for paper."""
    shown = Markup(_template(body).render(title=title, **values))  # noqa: S704 - escaped by the template
    return _template(_DOCUMENT).render(title=title, body=shown, style=Markup(style), printed=Markup(printed))  # noqa: S704 - ours


def mail(body: str, **values: Any) -> str:
    """The HTML half of a mail of ours. `body`: a Jinja template, filled with `values`."""
    shown = Markup(_template(body).render(**values))  # noqa: S704 - escaped by the template
    return _template(_MAIL).render(body=shown)
