"""What one of us says by answering a note: the word on the first line, what it is about, and the reason. Pure.

Only a plain order is one: the word stands alone, before a full stop, a comma, a colon or a dash, or in capitals before the reason.
A question, a doubt or a sentence that merely begins with such a word ("close to giving up") says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

Word = Literal[
    "APPROVE", "REJECT", "LESS", "UNTIL", "NOT SAME MATTER", "SAME MATTER", "SAME PERSON", "NOT SAME PERSON", "CLOSE", "REOPEN", "REFER", "UNDO"
]  # fmt: skip
WORDS: tuple[Word, ...] = get_args(Word)

_SPELT: Mapping[str, Word] = {
    "approve": "APPROVE", "approved": "APPROVE", "agree": "APPROVE", "agreed": "APPROVE", "reject": "REJECT", "rejected": "REJECT",
    "dismiss": "REJECT", "dismissed": "REJECT", "less": "LESS", "until": "UNTIL",
    "not same matter": "NOT SAME MATTER", "not the same matter": "NOT SAME MATTER", "same matter": "SAME MATTER",
    "the same matter": "SAME MATTER", "same person": "SAME PERSON", "the same person": "SAME PERSON",
    "not same person": "NOT SAME PERSON", "not the same person": "NOT SAME PERSON", "close": "CLOSE", "closed": "CLOSE",
    "reopen": "REOPEN", "reopened": "REOPEN", "re-open": "REOPEN", "refer": "REFER", "undo": "UNDO",
}  # fmt: skip
_LONGEST_FIRST = "|".join(re.escape(one).replace(r"\ ", r"\s+") for one in sorted(_SPELT, key=len, reverse=True))
_FIRST = re.compile(rf"[\s*_>'\"“”„«»]*({_LONGEST_FIRST})(?![\w-])[*_'\"“”«»]*\s*", re.IGNORECASE)
_PARTS = re.compile(r"[.,:;!()–—-]+\s*|$")
_GREETING = re.compile(
    r"\s*(?:hi|hello|hey|dear|hallo|liebe[rs]?|guten (?:tag|morgen)|moin|bonjour|good (?:morning|afternoon|evening))\b[^.?]{0,40}[,!:.]?\s*$",
    re.IGNORECASE,
)
_NAME = re.compile(r"[^\W\d_]+")
_ADDRESS = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_CLOSING = re.compile(
    r"(?:with |mit )?(?:my |kind|best|warm|warmest|many|viele[n]?|beste[n]?|liebe[n]?|herzliche[n]?|freundliche[nrm]?|schöne[n]?|\s)*"
    r"(?:regards|wishes|thanks|thank you|cheers|best|yours(?: sincerely| faithfully| truly)?|grüße[n]?|gruß|gruss|grüsse[n]?|dank|danke|mfg|vg|lg|bg)"
    r"[\s,.!]*",
    re.IGNORECASE,
)
"""A line with which a letter closes: it and what stands below are no reason."""
_LONGEST_REASON = 2_000


@dataclass(frozen=True, slots=True)
class Reply:
    """One order, as it was given."""

    word: Word
    rest: str = ""
    """What follows on the first line."""
    reason: str = ""
    """Why, in their words: the rest of the first line and what stands below it."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses on the first line, in lower case, each once."""
        return tuple(dict.fromkeys(one.lower() for one in _ADDRESS.findall(self.rest)))

    def paper(self) -> dict[str, Any]:
        return {"word": self.word, "rest": self.rest, "reason": self.reason}

    @staticmethod
    def read(content: Mapping[str, Any]) -> Reply:
        return Reply(cast("Word", content["word"]), content["rest"], content["reason"])


def said_in(own: str, by: str = "") -> Reply | None:
    """The order in an answer's own words (no quotation, no signature); None where its first line gives none. A greeting may come first.

    `by`: the name of whoever wrote it, which below the order is no reason.
    """
    lines = [line.strip() for line in own.replace("\u00a0", " ").splitlines()]
    filled = [line for line in lines if line.strip("*_> ")]
    if len(filled) > 1 and _GREETING.match(filled[0]):
        filled = filled[1:]
    if not filled or not (found := _FIRST.match(filled[0])):
        return None
    word = _SPELT[" ".join(found[1].lower().split())]
    after = filled[0][found.end() :]
    commanded = found[1].isupper() and not filled[0].isupper()
    names = bool(_ADDRESS.search(after)) if word.endswith("PERSON") else word == "UNTIL" and bool(after.strip(" .,:;"))
    if "?" in filled[0] or not (names or commanded or (_PARTS.match(after) and word != "UNTIL")):
        return None
    rest = after.lstrip(" .,:;!–—-")
    return Reply(word, rest[:_LONGEST_REASON], _reason(rest, _without_closing(filled[1:], by)))


def _without_closing(below: list[str], by: str) -> list[str]:
    """The lines without "Kind regards" and what follows it, and without the writer's bare name at the end."""
    end = next((place for place, line in enumerate(below) if _CLOSING.fullmatch(line)), len(below))
    left, names = below[:end], set(_NAME.findall(by.lower()))
    while left and names.issuperset(_NAME.findall(left[-1].lower())):
        left = left[:-1]
    return left


def _reason(rest: str, below: list[str]) -> str:
    return " ".join(" ".join([rest, *below]).split())[:_LONGEST_REASON]
