"""HTML mail → plain text in which quotations are marked as plain-text mail marks them.

Words inside a quoting element come out with ">" in front, so that one set of rules (`triage.quotation`) serves both forms. What a reader
of the mail cannot see (scripts, styles, hidden elements) is left out. This file is the only owner of Beautiful Soup and lxml.
"""

from __future__ import annotations

import re
import warnings

from bs4 import BeautifulSoup, XMLParsedAsHTMLWarning
from bs4.element import NavigableString, PageElement, Tag

LIMIT = 256 * 1024
"""Characters of HTML that are looked at. No input of this size takes a second; far longer ones can hold up the mailbox."""

MOST_TAGS = 15_000
"""Tags that are taken as such. Nobody's mail has so many; each costs time."""

REPLY_HEAD = "\ue000"
"""A line of its own: here begins the head of the mail being answered (Outlook says so without words)."""
INTRODUCTION = "\ue001"
"""Before a line that the mail program itself wrote to introduce a quotation."""
NO_MARKS = str.maketrans("", "", REPLY_HEAD + INTRODUCTION)

_UNSEEN = frozenset(
    {"script", "style", "head", "title", "template", "meta", "link", "object", "svg", "noembed", "select", "textarea"}
)
_LINES = frozenset({
    "div", "li", "tr", "section", "article", "header", "footer", "dt", "dd", "address", "center", "form", "figure", "pre", "hr", "body", "main",
})  # fmt: skip
_PARAGRAPHS = frozenset({"p", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table"})
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|pt|em|%)?\s*(?:;|$)|mso-hide\s*:\s*all", re.IGNORECASE
)
_KEPT_BREAKS = re.compile(r"white-space\s*:\s*pre|\bpre-(?:wrap|line)\b", re.IGNORECASE)
_BORDERLESS = re.compile(r"border(?:-left)?\s*:\s*(?:none|0)", re.IGNORECASE)
_OUTLOOK_RULE = re.compile(r"border-top\s*:\s*solid\s+#(?:e1e1e1|b5c4df)", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,2000}>")

warnings.filterwarnings("ignore", category=XMLParsedAsHTMLWarning)


_CLEANED = {
    **{code: None for code in range(32) if code not in (9, 10)},
    **dict.fromkeys((127, 173, 8203, 8288, 65279, 57344, 57345)),
    **dict.fromkeys((*range(8234, 8239), *range(8294, 8298))),
    **dict.fromkeys((160, 8239, 8199), " "),
    **dict.fromkeys((12, 11, 133, 8232, 8233), "\n"),
}


def clean(text: str) -> str:
    """Text with LF line ends and without characters nobody sees (controls, byte order marks, zero-width and soft-hyphen break marks).

    Joiners stay, since emoji and several scripts need them; a no-break space becomes a space.
    """
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_CLEANED)


def rough_words(html: str) -> int:
    """About how many words HTML shows, without the cost of reading it properly. Never too few by much."""
    return len(_TAG.sub(" ", html[:LIMIT]).split())


def text_of(html: str) -> str:
    """The words of an HTML body as plain text, quotations behind ">". Beyond `LIMIT` characters nothing is read."""
    page = _Page()
    html, excess = _within(html[:LIMIT])
    soup = BeautifulSoup(html, "lxml")
    # An own stack in place of recursion: a mail may nest its elements as deep as its sender likes.
    stack: list[PageElement | _End] = [soup]
    while stack:
        node = stack.pop()
        if isinstance(node, _End):
            page.leave(node)
        elif isinstance(node, Tag):
            if not _unseen(node):
                stack.append(page.enter(node))
                stack.extend(reversed(node.contents))
        elif type(node) is NavigableString:
            page.say(clean(node))
    return page.text() + clean(_TAG.sub(" ", excess))


def _within(html: str) -> tuple[str, str]:
    """HTML as far as its first `MOST_TAGS` tags, and the rest, of which only the bare words are kept."""
    if html.count("<") <= MOST_TAGS:
        return html, ""
    at = 0
    for _ in range(MOST_TAGS):
        at = html.find("<", at) + 1
    return html[: at - 1], "\n" + html[at - 1 :]


class _End:
    """The end of an element, and what it had changed."""

    __slots__ = ("kept", "name", "quotes")

    def __init__(self, name: str, quotes: bool, kept: bool) -> None:
        self.name, self.quotes, self.kept = name, quotes, kept


class _Page:
    """The lines written so far, and how deep in quotations we are."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._depth = 0
        self._kept = 0
        self._signatures = 0

    def enter(self, tag: Tag) -> _End:
        name = tag.name
        self._gap(name)
        style = _attribute(tag, "style")
        quotes, kept = _quotes(tag, style), name == "pre" or bool(_KEPT_BREAKS.search(style))
        self._depth += quotes
        self._kept += kept
        self._announce(tag, style)
        if name == "br":
            self._flush()
        elif name in ("td", "th"):
            self._line.append(" ")
        elif name == "img":
            self._line.append(_picture_word(tag))
        return _End(name, quotes, kept)

    def leave(self, end: _End) -> None:
        self._gap(end.name)
        self._depth -= end.quotes
        self._kept -= end.kept

    def say(self, words: str) -> None:
        if not self._kept:
            self._line.append(words)
            return
        first, *rest = words.split("\n")
        self._line.append(first)
        for line in rest:
            self._flush()
            self._line.append(line)

    def text(self) -> str:
        self._flush_if_any()
        return "\n".join(self._lines)

    def _announce(self, tag: Tag, style: str) -> None:
        """Say in a line of text what the mail program said in an attribute."""
        classes, identity = _attribute(tag, "class"), _attribute(tag, "id")
        if identity.endswith("divRplyFwdMsg") or "OutlookMessageHeader" in classes or _OUTLOOK_RULE.search(style):
            self._flush_if_any()
            self._write(REPLY_HEAD)
        elif "gmail_attr" in classes or "moz-cite-prefix" in classes:
            self._flush_if_any()
            self._line.append(INTRODUCTION)
        elif _signs(classes, identity) and not self._delimited(tag):
            self._flush_if_any()
            self._write("-- ")

    def _delimited(self, tag: Tag) -> bool:
        """Whether a signature's element has "--" in it or just above it already."""
        self._signatures += 1
        return (
            self._signatures > 20
            or next(tag.stripped_strings, "")[:2] == "--"
            or (bool(self._lines) and self._lines[-1].strip(" >") == "--")
        )

    def _gap(self, name: str) -> None:
        if name in _LINES:
            self._flush_if_any()
        elif name in _PARAGRAPHS:
            self._flush_if_any()
            if self._lines and self._lines[-1].strip(" >"):
                self._write("")

    def _flush_if_any(self) -> None:
        if any(piece.strip() for piece in self._line):
            self._flush()
        self._line = []

    def _flush(self) -> None:
        words = "".join(self._line)
        self._line = []
        self._write(words.rstrip() if self._kept else " ".join(words.split()))

    def _write(self, line: str) -> None:
        self._lines.append(f"{'>' * min(self._depth, 20)} {line}" if self._depth else line)


def _signs(classes: str, identity: str) -> bool:
    """Whether an element is what a mail program puts a signature in."""
    named = "gmail_signature" in classes or "moz-signature" in classes or identity == "Signature"
    return named and "gmail_signature_prefix" not in classes


def _unseen(tag: Tag) -> bool:
    if tag.name in _UNSEEN or tag.has_attr("hidden"):
        return True
    style = tag.get("style")
    return style is not None and bool(_HIDDEN.search(str(style)[:2000]))


def _quotes(tag: Tag, style: str) -> bool:
    """Whether the words inside this element are quoted.

    Apple Mail, Gmail and Outlook on the web also use an unbordered blockquote for a paragraph the writer has indented: that is their own.
    """
    classes = _attribute(tag, "class")
    if tag.name != "blockquote":
        return "yahoo_quoted" in classes
    cited = _attribute(tag, "type").lower() == "cite" or "quote" in classes
    return cited or not _BORDERLESS.search(style)


def _attribute(tag: Tag, name: str) -> str:
    value = tag.get(name)
    if value is None:
        return ""
    return (value if isinstance(value, str) else " ".join(value))[:2000]


def _picture_word(tag: Tag) -> str:
    """The emoji that a picture stands for; other pictures say nothing."""
    alternative = _attribute(tag, "alt")
    return alternative if len(alternative) <= 8 and alternative and not alternative.isascii() else ""
