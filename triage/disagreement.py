"""Mails of ours that do not agree with each other, side by side with what differs (003/2-d). Pure.

Two colleagues give two dates for the same visit, or two sums for the same bill; whoever then asks again does not repeat anything. A
person is shown both sentences and the days or sums in which they differ; which of them is right, and whether things had changed in
between, is for people to say. Nobody is named: notes lie where colleagues see them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from triage import terms
from triage.evidence import Turn
from triage.staff_reading import dates, sentences

_MOST = 3
_MAILS = 12
_SHARED = 2
_ALIKE = 0.6
_LONGEST = 10_000
_CHANGED = re.compile(
    r"\b(?:chang\w+|instead|moved|re-?arrang\w+|re-?schedul\w+|postpon\w+|brought forward|delay\w*|correct(?:ed|ion)?|mistake\w*|wrong(?:ly)?|error|sorry|apolog\w+"
    r"|no longer|now be|new (?:date|day|time|sum|amount|figure|price|bill|invoice)|revised|updated?|reduc\w+|increas\w+|rather than|not on|since then|paid|remaining|left to pay|balance)\b",
    re.IGNORECASE,
)
"""Then a mail says itself that something is different from now on."""
_OF_A_LETTER = re.compile(
    r"\b(?:e-?mails?|letters?|messages?|call(?:ed)?|complaint|wrote|written|told|said|explain(?:ed)?|answered|advised|since|contact(?:ed)?|request|form)\b",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"\b(\d{1,3}(?:\.\d+)?)\s?(?:%|per ?cent\b)")
_CLOCK = re.compile(r"\b(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm|a\.m\.?|p\.m\.?)(?!\w)|\b(\d{1,2}):(\d{2})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of ours that names a day, a sum, a time or a share."""

    message_id: str
    at: datetime
    text: str
    words: frozenset[str]
    values: tuple[tuple[str, frozenset[str]], ...]
    """Sort → the values of it, in one spelling."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    first: Statement
    second: Statement
    differ: tuple[str, str]
    """The two values, as people write them."""


def disagreements(turns: Sequence[Turn]) -> tuple[Disagreement, ...]:
    """Of one matter's turns, oldest first: pairs of our mails that give different values for what looks like the same thing."""
    ours = [turn for turn in turns if turn.by_staff and not turn.automatic and turn.act][-_MAILS:]
    found: list[Disagreement] = []
    for place, later in enumerate(ours):
        for earlier in ours[:place]:
            found += _between(earlier, later)
            if len(found) >= _MOST:
                return tuple(found[:_MOST])
    return tuple(found)


def _between(earlier: Turn, later: Turn) -> Iterator[Disagreement]:
    if _CHANGED.search(later.message.own):
        return
    for second in _statements(later.message.own[:_LONGEST], later.message.sent_at, later.message.message_id):
        for first in _statements(earlier.message.own[:_LONGEST], earlier.message.sent_at, earlier.message.message_id):
            shared = first.words & second.words
            if len(shared) < _SHARED or len(shared) < _ALIKE * min(len(first.words), len(second.words)):
                continue
            if differ := _differ(first, second):
                yield Disagreement(first, second, differ)
                return


def _differ(first: Statement, second: Statement) -> tuple[str, str] | None:
    there = dict(second.values)
    for sort, values in first.values:
        others = there.get(sort, frozenset())
        if len(values) != 1 or len(others) != 1 or values == others:
            continue
        (one,), (other,) = values, others
        if sort == "day" and first.at.date().isoformat() < one < second.at.date().isoformat():
            continue  # that day has come and gone in between: they speak of two
        return _shown(sort, one), _shown(sort, other)
    return None


def _shown(sort: str, value: str) -> str:
    if sort == "day":
        when = datetime.fromisoformat(value)
        return f"{when.day} {when:%b %Y}"
    return {"sum": f"a sum of {value}", "share": f"{value} %", "time": value}[sort]


@lru_cache(maxsize=1_000)
def _statements(own: str, at: datetime, message_id: str) -> tuple[Statement, ...]:
    found = []
    for part in sentences.read(own):
        values = tuple((sort, some) for sort, some in _values(part.text, at) if some)
        if not values or _OF_A_LETTER.search(part.text):
            continue
        words = frozenset(word for word in terms.words(part.text) if not word[0].isdigit())
        found.append(Statement(message_id, at, " ".join(part.text.split()), words, values))
    return tuple(found)


def _values(text: str, at: datetime) -> Iterator[tuple[str, frozenset[str]]]:
    named = dates.moments(text, at)
    yield "day", frozenset(one.until.date().isoformat() for one in named)
    yield "sum", terms.amounts(text)
    yield "share", frozenset(_PERCENT.findall(text))
    yield "time", frozenset(map(_time, _CLOCK.finditer(text)))


def _time(found: re.Match[str]) -> str:
    hour, minute, half, hour24, minute24 = found.groups()
    if hour24:
        return f"{int(hour24):02}:{minute24}"
    late = half.lower().startswith("p")
    return f"{int(hour) % 12 + (12 if late else 0):02}:{minute or '00'}"
