"""Who said what in one mail: the sender's own new words, what they quote, what they pass on, and the signature.

The rule of doubt: words that may be the sender's own stay their own, because a call for help must not be lost in a "quotation";
words are taken as somebody else's only where a mail program has marked them so (">", a quoting element, the head of a shown mail).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from triage import markup, quotation
from triage.message import Passage, Wording

LIMIT = 256 * 1024
"""Characters that are looked at, of the text and of the HTML each."""
DEEPEST = 10
"""Quotations inside quotations; below that everything counts as one."""
MANY_LINES = 20_000
"""A mail with more lines was not typed by anybody; the rest is kept as it stands, without looking for quotations in it."""
DELIMITED_LINES, DASHED_LINES = 20, 8
"""How many lines after "-- " (RFC 3676 section 4.3), and after a mere "--" or "—", still are a signature."""
SIGNATURE_LINE = 160

_WORD = re.compile(r"\w")
_GAPS = re.compile(r"\n[ \t]*(?:\n[ \t]*){2,}")


def separate(text: str, html: str, *, subject: str = "") -> Wording:
    """Tell the words in a mail's body apart by who wrote them.

    `text` and `html` are the decoded plain and HTML forms ("" where there is none); the plain form is read unless it is a mere stub.
    `subject` only decides whether a mail shown below is being answered or passed on. Never raises on any text.
    """
    lines = _body(text, html).split("\n")
    parts = _split(lines[:MANY_LINES], 0, _State(), passed_on=quotation.forwards(subject))
    own = "\n".join(parts.own + lines[MANY_LINES:])
    return Wording(
        own=_tidy(own),
        signature=_tidy("\n".join(parts.signature)),
        quoted=tuple(parts.quoted),
        forwarded=tuple(parts.forwarded),
    )


def passages(text: str, html: str, author: str) -> tuple[Passage, ...]:
    """An attached mail's body as passages of its own author, and of those it quotes."""
    said = separate(text, html)
    own = "\n\n".join(part for part in (said.own, said.signature) if part)
    return ((Passage(own, author),) if own else ()) + said.quoted + said.forwarded


def _body(text: str, html: str) -> str:
    """The form of the body that a reader would have seen, as plain text."""
    plain = markup.clean(text[:LIMIT])
    if not html:
        return plain
    count = len(plain.split())
    # A plain form far shorter than the HTML is a stub ("your program cannot show this message"): people read the other.
    if _WORD.search(plain) and markup.rough_words(html) < 2 * count + 30:
        return plain
    shown = markup.text_of(html)
    if not _WORD.search(plain) or len(_WORD.findall(shown)) > 2 * len(_WORD.findall(plain)):
        return shown if _WORD.search(shown) or not plain.strip() else plain
    return plain


@dataclass(slots=True)
class _Parts:
    own: list[str] = field(default_factory=list)
    signature: list[str] = field(default_factory=list)
    quoted: list[Passage] = field(default_factory=list)
    forwarded: list[Passage] = field(default_factory=list)

    def write(self, segment: list[str], *, before_mark: bool = False) -> None:
        """Add a stretch of unquoted lines, its signature apart; `before_mark` when a mail program's own lines come next."""
        while before_mark and segment and (not segment[-1].strip() or quotation.is_rule(segment[-1])):
            segment.pop()
        own, signature = _signature(segment)
        self.own += ([""] if self.own and own else []) + own
        self.signature += signature

    def add(self, author: str, inner: _Parts, *, passed_on: bool) -> None:
        """Take in somebody else's part of the mail, with what that quotes in its turn."""
        words = _tidy("\n".join([*inner.own, "", *inner.signature]))
        said = [Passage(words, author)] if words else []
        if passed_on:
            self.forwarded += said + inner.quoted + inner.forwarded
        else:
            self.quoted += said + inner.quoted
            self.forwarded += inner.forwarded


@dataclass(slots=True)
class _State:
    """What is remembered while the lines are gone through."""

    effort: quotation.Effort = field(default_factory=quotation.Effort)
    authors: dict[int, str] = field(default_factory=dict)
    """Who was last introduced at each depth of quotation: an answer between the lines breaks a quotation, not its authorship."""

    def introduce(self, depth: int, author: str) -> None:
        self.authors = {level: known for level, known in self.authors.items() if level < depth} | {depth: author}


def _split(lines: Sequence[str], depth: int, state: _State, *, passed_on: bool = False) -> _Parts:
    """Tell the lines of one level of quotation apart. `passed_on`: an unmarked mail below is forwarded, not answered."""
    parts = _Parts()
    if depth > DEEPEST:
        parts.own = [line.lstrip("> \t") for line in lines]
        return parts
    segment: list[str] = []
    forwarding, at = False, 0
    while at < len(lines):
        if quotation.is_quoted(lines[at]):
            end = _quotation_end(lines, at)
            parts.write(segment)
            segment = []
            _take_quotation(parts, lines[at:end], depth, state, forwarding=forwarding)
            forwarding, at = False, end
            continue
        mark = quotation.find(lines, at, state.effort)
        if mark is None:
            segment.append(lines[at].translate(markup.NO_MARKS))
            at += 1
            continue
        parts.write(segment, before_mark=True)
        segment = []
        state.introduce(depth, mark.author)
        at = mark.after
        forwarding = mark.kind == "forwarded" or (passed_on and mark.kind == "answered")
        if mark.certain and not _marked_next(lines, at):
            end = next((i for i in range(at, len(lines)) if quotation.is_end(lines[i])), len(lines))
            parts.add(mark.author, _split(lines[at:end], depth + 1, state), passed_on=forwarding)
            at = end + 1
    parts.write(segment)
    return parts


def _take_quotation(parts: _Parts, marked: Sequence[str], depth: int, state: _State, *, forwarding: bool) -> None:
    """Add a stretch of lines with ">" before them; of a mail passed on so, the head comes first and names its author."""
    inner = [quotation.unquote(line) for line in marked]
    if forwarding:
        author, start = quotation.head_of(inner)
        state.introduce(depth, author or state.authors.get(depth, ""))
        inner = inner[start:]
    author = state.authors.get(depth, "")
    parts.add(author, _split(inner, depth + 1, state), passed_on=forwarding)


def _marked_next(lines: Sequence[str], at: int) -> bool:
    """Whether the next words are marked with ">", so that unmarked ones below them are the sender's again."""
    for line in lines[at : at + 4]:
        if line.strip():
            return quotation.is_quoted(line)
    return False


def _quotation_end(lines: Sequence[str], at: int) -> int:
    """The first line after a quoted stretch: blank lines and the broken-off ends of long quoted lines inside it belong to it."""
    end = index = at
    while index < len(lines):
        if quotation.is_quoted(lines[index]):
            end = index + 1
        elif lines[index].strip() and not _broken_off(lines, index):
            break
        index += 1
    return end


def _broken_off(lines: Sequence[str], at: int) -> bool:
    """Whether an unmarked line is the end of the long quoted line above, which a mail program has wrapped."""
    above = lines[at - 1]
    return (
        len(above) >= 70
        and len(lines[at]) <= 40
        and lines[at][:1].islower()
        and quotation.is_quoted(above)
        and at + 1 < len(lines)
        and quotation.is_quoted(lines[at + 1])
        and above.rstrip()[-1] not in ".!?:;"
    )


def _signature(segment: list[str]) -> tuple[list[str], list[str]]:
    """Part a stretch of unquoted lines into words and signature. A name under a greeting stays with the words."""
    own, signature = segment, []
    for index in _delimiters(segment):
        below = segment[index + 1 :]
        limit = DELIMITED_LINES if segment[index] == "-- " else DASHED_LINES
        filled = [line for line in below if line.strip()]
        if len(filled) <= limit and all(len(line) <= SIGNATURE_LINE for line in filled):
            rest = next((i for i, line in enumerate(below) if quotation.is_afterthought(line)), len(below))
            own, signature = segment[:index] + below[rest:], below[:rest]
            break
    devices = [line for line in own if quotation.is_device_line(line)]
    if devices:
        own = [line for line in own if not quotation.is_device_line(line)]
    return own, signature + devices


def _delimiters(segment: list[str]) -> list[int]:
    """The last places where a signature may begin; earlier ones have too much below them."""
    return [index for index, line in enumerate(segment) if len(line) < 6 and line.strip() in ("--", "—")][-DELIMITED_LINES:]


def _tidy(text: str) -> str:
    return _GAPS.sub("\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip("\n")
