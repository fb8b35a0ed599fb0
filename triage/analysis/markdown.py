"""Words from mail inside a notebook's Markdown: as they stand, never as markup, link or picture."""

from __future__ import annotations

import re
from html import escape

_SIGNS = re.compile(r"([\\`*_{}\[\]()#+.!|~$:/<>-])")


def literal(text: str) -> str:
    """`text` on one line, with every sign that Markdown or HTML would obey made a plain one."""
    return _SIGNS.sub(lambda sign: f"&#{ord(sign[1])};", escape(" ".join(text.split()), quote=False).replace("&", "\0")).replace(
        "\0", "&"
    )
