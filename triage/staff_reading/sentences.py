"""A letter taken apart: sentences as they stand, and in each the clauses in a plain form that phrases can be looked for in.

Greeting, closing and signature are left out; so are the words in quotation marks, which are somebody else's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from triage.staff_reading import dates

LONGEST = 20_000
"""As much of a letter as is read, in characters."""
_MOST_SENTENCES = 200
_LONGEST_SENTENCE = 800
_ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)

_ABBREVIATED = re.compile(
    r"\b(?:mr|mrs|ms|dr|prof|rev|st|ave|rd|ct|blvd|apt|inc|ltd|co|no|nos|ref|tel|approx|dept|e\.g|i\.e|etc|vs|a\.m|p\.m|jan|feb|mar|apr|aug|sept?|oct|nov|dec|[A-Z])\.$",
    re.IGNORECASE,
)
_STOP = re.compile(r"[.!?…]+[\"'”’)]*(?=\s)|\n")
_BULLET = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)]|[a-z]\))\s+")
_CLOSING = re.compile(
    r"^\W*(?:(?:many )?thanks(?: again)?|thank you|(?:with )?(?:kind(?:est)?|best|warm(?:est)?|all good)(?: (?:regards|wishes))?|regards|all the best|best|yours(?: (?:sincerely|faithfully|truly))?"
    r"|sincerely(?: yours)?|respectfully|cheers|take care|signed|for and on behalf of.{0,40}|with best wishes)\W*$",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"^\W*(?:dear|hi|hello|hey|good (?:morning|afternoon|evening|day)|greetings|to whom it may concern)\b(?:\s+(?:mr|mrs|ms|dr)\.)?[^.!?\n]{0,50}?(?:[,:!–]|—|$)\s*",
    re.IGNORECASE,
)
_NAME_LINE = re.compile(
    r"^\W*(?:[A-Z][\w'’.-]*|&|of|and|the|for|[A-Z]{2,})(?:[ ,|/-]+(?:[A-Z][\w'’.-]*|&|of|and|the|for|in|[A-Z]{2,})){0,7}\W*$"
)
_VERB_LINE = re.compile(
    r"\b(?:done|yes|no|booked|sorted|certainly|cancelled|refunded|closed|resolved|fixed|paid|agreed|confirmed|approved|noted|received|ok(?:ay)?)\b",
    re.IGNORECASE,
)

_QUOTED = re.compile(r"[\"“„«][^\"“”„«»\n]{1,300}[\"”»]|(?<!\w)['‘][^'’\n]{3,200}['’](?!\w)")
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_LINK = re.compile(r"\b(?:https?://|www\.)\S{1,200}", re.IGNORECASE)
_MONEY = re.compile(
    r"[£$€]\s?\d[\d,]*(?:\.\d+)?|\b\d[\d,]*(?:\.\d+)?\s?(?:pounds?|dollars?|euros?|pence|cents|p|quid)\b", re.IGNORECASE
)
_SHORT = (
    ("can", re.compile(r"\bcan(?:no|')t\b"), "can not"),
    ("won't", re.compile(r"\bwon't\b"), "will not"),
    ("shan't", re.compile(r"\bshan't\b"), "shall not"),
    ("n't", re.compile(r"n't\b"), " not"),
    ("'ve", re.compile(r"'ve\b"), " have"),
    ("'ll", re.compile(r"'ll\b"), " will"),
    ("'re", re.compile(r"'re\b"), " are"),
    ("'m", re.compile(r"'m\b"), " am"),
    ("'d", re.compile(r"'d\b"), " would"),
    ("'s", re.compile(r"\b(it|that|there|here|what|he|she|who|where|how|everything|nothing|answer|decision)'s\b"), r"\1 is"),
    (
        "'s ",
        re.compile(
            r"\b(claim|request|case|complaint|query|question|appeal|application|file|form|letter|ticket|order|report|refund)'s "
            r"(?=(?:now|still|with|in|on|at|being|been|gone|under|open|done|not|back|here|ready) )"
        ),
        r"\1 is ",
    ),
    ("let's", re.compile(r"\blet's\b"), "let us"),
    ("e-mail", re.compile(r"\be-mail"), "email"),
)
"""What stands in every text that holds a short form, the short form, and the long one."""
_STANDING_FOR = ("QUOTED", "LINK", "MAIL", "MONEY", "DATE", "TIME")
_TOKENS = re.compile(r"[^\W_][\w'’/&%.:-]*[\w%]|[\w%]", re.UNICODE)
_FIGURE = re.compile(r"\d")
_CAPITALS = re.compile(r"(\b[A-Z]{4,6}\b)")
_CLAUSE = re.compile(
    r"[;:–—]\s+|\s+-\s+|,\s+(?=(?:and|but|so|yet|though|although|while)\b)|\s+(?=but\b)|,\s+(?=(?:we|i|you|it|this|that|there|your|our|please)\b)|\s+(?=and\s+(?:we|i|you|it|they|he|she|there|please)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Clause:
    plain: str
    """ " we have refunded MONEY to your card ": lower case, a blank before each word and at the end, no punctuation."""
    asks: bool
    """Whether the sentence it stands in ends in a question mark."""


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    """As it stands in the letter."""
    start: int
    end: int
    plain: str
    clauses: tuple[Clause, ...]
    asks: bool


def plain(text: str) -> str:
    """A text in the plain form that phrases are looked for in."""
    text = text.replace("’", "'").replace("‘", "'")
    text = _QUOTED.sub(" QUOTED ", text)
    if "@" in text:
        text = _MAIL.sub(" MAIL ", text)
    text = _LINK.sub(" LINK ", text)
    if _FIGURE.search(text):
        text = _MONEY.sub(" MONEY ", text)
    for one in reversed(dates.moments(text, _ANY_DAY)):
        text = text[: one.start] + _lead(text[one.start : one.end]) + " DATE " + text[one.end :]
    for hit in reversed(list(dates.clock_times(text))):
        text = text[: hit.start()] + " TIME " + text[hit.end() :]
    if text.isascii() and not any(word in text for word in _STANDING_FOR):
        text = text.lower()
    else:
        text = "".join(piece if piece in _STANDING_FOR else piece.lower() for piece in _CAPITALS.split(text))
    for sign, short, long in _SHORT:
        if sign in text:
            text = short.sub(long, text)
    return " " + "".join(f"{token} " for token in _TOKENS.findall(text))


def _lead(date_words: str) -> str:
    """The preposition that belongs to a date's pattern but is no part of the date ("until March")."""
    first = date_words.split(maxsplit=1)[0].lower()
    return (
        first + " "
        if first in ("until", "till", "in", "by", "from", "since", "to", "through", "on", "before", "of", "dated")
        else ""
    )


def read(text: str) -> tuple[Sentence, ...]:
    """The sentences of a letter without greeting, closing and signature, in order."""
    pieces: list[tuple[int, int]] = []
    for start, end in _split(text[:LONGEST]):
        line = text[start:end]
        if _CLOSING.match(line) and pieces:
            break
        if greeting := _GREETING.match(line):
            start += greeting.end()
        if bullet := _BULLET.match(text[start:end]):
            start += bullet.end()
        if text[start:end].strip(" \t,.;!-"):
            pieces.append((start, end))
    while pieces and _signs(text[pieces[-1][0] : pieces[-1][1]]):
        pieces.pop()
    return tuple(_sentence(text, start, min(end, start + _LONGEST_SENTENCE)) for start, end in pieces[:_MOST_SENTENCES])


def _signs(line: str) -> bool:
    return (
        len(line.split()) <= 9
        and not line.rstrip().endswith((".", "?", "!"))
        and bool(_NAME_LINE.match(line))
        and not _VERB_LINE.search(line)
    )


def _sentence(text: str, start: int, end: int) -> Sentence:
    words = text[start:end]
    bare = words.strip()
    start += len(words) - len(words.lstrip())
    asks = bare.endswith("?")
    quoteless = _QUOTED.sub(" QUOTED ", bare)
    said = plain(bare)
    clauses = tuple(
        Clause(said if part == bare else plain(part), asks)
        for part in _CLAUSE.split(quoteless)
        if part and part.strip(" ,.;:!?-")
    )
    return Sentence(bare, start, start + len(bare), said, clauses, asks)


def _split(text: str) -> list[tuple[int, int]]:
    pieces, start = [], 0
    for hit in _STOP.finditer(text):
        if hit.group() == "\n":
            if _wraps(text, start, hit.start()):
                continue
        elif _ABBREVIATED.search(text[max(start, hit.end() - 8) : hit.end()]) or text[hit.end() :].lstrip()[:1].islower():
            continue
        pieces.append((start, hit.end()))
        start = hit.end()
    pieces.append((start, len(text)))
    return [(a, b) for a, b in pieces if text[a:b].strip()]


def _wraps(text: str, start: int, at: int) -> bool:
    """Whether a line end is only where the line was full: a long line, followed by one that goes on."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    following = text[at + 1 : text.find("\n", at + 1) if "\n" in text[at + 1 :] else len(text)]
    return len(line) >= 50 and bool(following.strip()) and not _BULLET.match(following)
