"""What the demo printed, as an SVG that fetches nothing from anywhere (rich's own form names fonts on another host)."""

from __future__ import annotations

from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME

_FORM = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: {char_height}px; line-height: {line_height}px;
}}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def svg(console: Console) -> str:
    """The recorded console as SVG."""
    return console.export_svg(title="make demo", theme=DEFAULT_TERMINAL_THEME, code_format=_FORM, unique_id="demo")
