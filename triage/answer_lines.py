"""What the answer model sees of a letter of ours: each sentence's words, where it stands, what the rules heard, what it shares with the question.

Stateless, like `triage.features`: the same sentence gives the same row everywhere. A change here makes a trained model useless;
hence `VERSION`. Which phrases are heard is the business of `triage.staff_reading`, which fills in `Line`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from triage import hashed

VERSION = 2
WORD_COLUMNS = 2**15
LETTER_COLUMNS = 2**14
_SIGN_WEIGHT = 0.4
_PAIR_WEIGHT = 0.2
_FIGURE = re.compile(r"\d")

IDLE = (
    "acknowledgement", "looking", "promise", "passed", "absence", "empty", "conduct", "courtesy", "asks",
)  # fmt: skip
"""The groups of rules/phrases/staff-holding.toml, and a request: what sounds like an answer and is none."""
_PLACE = ("first", "last", "only")
_FORM = ("short", "long", "question", "money", "date", "time", "figure", "mail", "link", "we", "you", "quoted")
_RULES = ("stated", "done", "notice", "hands over", "explained", "called final", "names a colleague")
_ASKED = ("nothing known", "shares one", "shares two", "shares more", "asked a question", "mostly shared")
QUESTIONS = ("when", "how much", "why", "where", "whether", "a repair", "a deed")
"""The groups of rules/phrases/staff-questions.toml."""
NAMES = (*IDLE, *_PLACE, *_FORM, *_RULES, *_ASKED, *QUESTIONS)
_AT = {name: place for place, name in enumerate(NAMES)}


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of a letter: its words in the plain form, and the names of the signs it shows (of `NAMES`)."""

    plain: str
    signs: frozenset[str]


def form(plain: str, place: int, count: int) -> set[str]:
    """The signs of a sentence's place among `count` and of its form."""
    words = plain.split()
    found = {name for name, true in (("first", place == 0), ("last", place == count - 1), ("only", count == 1)) if true}
    found |= {"short"} if len(words) <= 4 else {"long"} if len(words) > 20 else set()
    for word, name in (
        ("MONEY", "money"), ("DATE", "date"), ("TIME", "time"), ("MAIL", "mail"), ("LINK", "link"), ("QUOTED", "quoted"),
    ):  # fmt: skip
        if word in words:
            found.add(name)
    if _FIGURE.search(plain):
        found.add("figure")
    found |= {"we"} if words and words[0] in ("i", "we") else {"you"} if words and words[0] in ("you", "your") else set()
    return found


def words(plains: Sequence[str]) -> hashed.Rows:
    """A row a sentence: its words and pairs of words, and the letters of its words."""
    marked = [f"^{plain}$" for plain in plains]
    return hashed.beside([hashed.words(marked, WORD_COLUMNS), hashed.letters(plains, LETTER_COLUMNS)])


def signs(lines: Sequence[Line]) -> hashed.Rows:
    """A row a sentence: its signs, and every two of them together."""
    import numpy as np

    width = len(NAMES)
    columns: list[int] = []
    values: list[float] = []
    ends = [0]
    for line in lines:
        there = sorted(_AT[name] for name in line.signs)
        pairs = [width + one * width + other for place, one in enumerate(there) for other in there[place + 1 :]]
        columns += there + pairs
        values += [_SIGN_WEIGHT] * len(there) + [_PAIR_WEIGHT] * len(pairs)
        ends.append(len(columns))
    table = np.array(ends, dtype=np.int64), np.array(columns, dtype=np.int64), np.array(values, dtype=np.float32)
    return hashed.Rows(*table, width + width * width)


WORDS_WIDTH = WORD_COLUMNS + LETTER_COLUMNS
WIDTH = WORDS_WIDTH + len(NAMES) * (1 + len(NAMES))
"""Columns of `words` and `signs` beside each other."""
