"""A document on paper: headings, paragraphs and tables as one PDF file. The only owner of reportlab, which comes with the extra "pdf".

The same input gives the same file, octet for octet, so that its hash means something. It carries its own letters (DejaVu Sans: Latin,
Greek, Cyrillic and many signs); what they cannot show, or what is written from right to left, is said to be missing and never dropped
without a word. Nothing is taken from outside, and text is never markup.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from triage.errors import Misconfigured
from triage.sheet import plain

if TYPE_CHECKING:
    from reportlab.platypus import Flowable

_FACES = {"Triage": "DejaVuSans.ttf", "TriageBold": "DejaVuSans-Bold.ttf"}
NOT_SHOWN = "[letters not shown here]"
_FROM_THE_RIGHT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_LONGEST_CELL = 20_000
_PAGE_WIDTH = 169
"""Millimetres of an A4 page between its margins."""
_BAR_WIDTH = 36
"""Millimetres."""


@dataclass(frozen=True, slots=True)
class Heading:
    text: str
    new_page: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    small: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float]
    """Of the columns, as shares of the page."""
    title: str = ""
    bars: Sequence[float] = ()
    """For each row the length of a bar, 0 to 1, drawn in a column of its own at the end."""
    drawn: str = ""
    """What the bars show."""


Block = Heading | Text | Table


def document(title: str, blocks: Iterable[Block], *, about: str = "") -> bytes:
    """The PDF. `about`: stands below the title. Raises Misconfigured where reportlab is not installed."""
    try:
        from reportlab.lib.pagesizes import A4
        from reportlab.lib.units import mm
        from reportlab.platypus import SimpleDocTemplate
    except ImportError:
        raise Misconfigured(["a PDF needs a package more: pip install 'triage[pdf]'; the page in HTML needs nothing"]) from None
    _letters()
    out = io.BytesIO()
    paper = SimpleDocTemplate(
        out, pagesize=A4, title=plain(title), author="triage", lang="en", invariant=1,
        leftMargin=18 * mm, rightMargin=18 * mm, topMargin=18 * mm, bottomMargin=18 * mm,
    )  # fmt: skip
    flow = [_paragraph(title, "title"), *([_paragraph(about, "small")] if about else [])]
    for block in blocks:
        flow += _flow(block)
    paper.build(flow, onFirstPage=_foot, onLaterPages=_foot)
    return out.getvalue()


def _flow(block: Block) -> list[Flowable]:
    from reportlab.platypus import PageBreak

    if isinstance(block, Heading):
        return [*([PageBreak()] if block.new_page else []), _paragraph(block.text, "heading")]
    if isinstance(block, Text):
        return [_paragraph(block.text, "small" if block.small else "text")]
    return [*([_paragraph(block.title, "caption")] if block.title else []), _table(block)]


def _table(block: Table) -> Flowable:
    from reportlab.lib.colors import HexColor
    from reportlab.lib.units import mm
    from reportlab.platypus import LongTable

    head = [_paragraph(name, "head") for name in block.columns]
    rows = [[_paragraph(text, "cell") for text in row] for row in block.rows]
    whole = sum(block.widths)
    room = _PAGE_WIDTH - (_BAR_WIDTH if block.bars else 0)
    widths = [share / whole * room * mm for share in block.widths]
    if block.bars:
        head.append(_paragraph(block.drawn, "head"))
        rows = [[*row, _bar(length)] for row, length in zip(rows, block.bars, strict=True)]
        widths.append(_BAR_WIDTH * mm)
    rules: list[tuple[Any, ...]] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 6),
        ("TOPPADDING", (0, 0), (-1, -1), 3), ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
        ("LINEBELOW", (0, 0), (-1, -1), 0.5, HexColor("#bbbbbb")), ("LINEBELOW", (0, 0), (-1, 0), 1, HexColor("#222222")),
    ]  # fmt: skip
    return LongTable([head, *rows], colWidths=widths, repeatRows=1, splitInRow=1, hAlign="LEFT", style=rules)


def _bar(length: float) -> Flowable:
    from reportlab.graphics.shapes import Drawing, Rect
    from reportlab.lib.colors import HexColor
    from reportlab.lib.units import mm

    drawn = Drawing((_BAR_WIDTH - 3) * mm, 2.6 * mm)
    drawn.add(
        Rect(
            0,
            0,
            max(0.2, length * (_BAR_WIDTH - 3)) * mm,
            1.6 * mm,
            fillColor=HexColor("#0072b2"),
            strokeWidth=0,
            strokeColor=None,
        )
    )
    return drawn


def _paragraph(text: str, style: str) -> Flowable:
    from reportlab.platypus import Paragraph

    return Paragraph(escape(showable(plain(text))[:_LONGEST_CELL]), _styles()[style])


def showable(text: str) -> str:
    """The text, with a remark in place of every stretch that the letters at hand cannot show."""
    face, kept, missing = _face(), [], False
    for one in text:
        absent = bool(_FROM_THE_RIGHT.match(one)) or (ord(one) not in face and not one.isspace())
        if absent and not missing:
            kept.append(NOT_SHOWN)
        missing = absent or (missing and one.isspace())
        if not missing:
            kept.append(one)
    return "".join(kept)


@cache
def _face() -> frozenset[int]:
    """The characters that the letters at hand can show."""
    from reportlab.pdfbase.ttfonts import TTFontFile

    file = io.BytesIO((resources.files("triage") / "fonts" / _FACES["Triage"]).read_bytes())
    return frozenset(TTFontFile(file).charToGlyph)


@cache
def _letters() -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    for name, file in _FACES.items():
        raw = io.BytesIO((resources.files("triage") / "fonts" / file).read_bytes())
        pdfmetrics.registerFont(TTFont(name, raw))


@cache
def _styles() -> dict[str, Any]:
    from reportlab.lib.colors import HexColor
    from reportlab.lib.styles import ParagraphStyle

    base = ParagraphStyle("text", fontName="Triage", fontSize=9, leading=13, textColor=HexColor("#222222"), spaceAfter=3)
    return {
        "text": base,
        "small": ParagraphStyle("small", base, fontSize=8, leading=11, textColor=HexColor("#5c5c56")),
        "caption": ParagraphStyle(
            "caption", base, fontSize=8, leading=11, textColor=HexColor("#5c5c56"), spaceBefore=3, keepWithNext=1
        ),
        "title": ParagraphStyle("title", base, fontName="TriageBold", fontSize=16, leading=20, spaceAfter=4),
        "heading": ParagraphStyle(
            "heading", base, fontName="TriageBold", fontSize=11, leading=15, spaceBefore=14, spaceAfter=4, keepWithNext=1
        ),
        "head": ParagraphStyle("head", base, fontName="TriageBold", fontSize=7.5, leading=10),
        "cell": ParagraphStyle("cell", base, fontSize=7.5, leading=10, splitLongWords=1),
    }


def _foot(canvas: Any, paper: Any) -> None:
    """The page's number."""
    from reportlab.lib.units import mm

    canvas.saveState()
    canvas.setFont("Triage", 7.5)
    canvas.drawRightString(192 * mm, 10 * mm, f"{paper.page}")
    canvas.restoreState()
