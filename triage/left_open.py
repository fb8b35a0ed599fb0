"""Questions that our answers left open, told one by one (003/2-b). Pure.

Somebody asks four things in one mail and is answered three. Nobody meant to pass over the fourth, and when they write again about it
that is no repeat of what was dealt with. What counts as dealt with is decided elsewhere (`triage.staff_reading`); here a person is
shown which questions no mail of ours speaks of, as far as words show it, before anything is said about the customer.

A question counts as spoken of when a sentence of a later mail of ours on the matter shares two words of substance with it, or half of
them, or gives the sort of thing it asks for: a day, a sum, a yes. So what is named here is mostly passed over, and much that is passed
over is not named.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from triage import terms
from triage.evidence import Turn
from triage.message import Message
from triage.staff_reading import answering, sentences

_MOST = 5
_LONGEST = 10_000
_ENDS = re.compile(r"(?<=[.!?…])\s+|\n+")
_ASKS = re.compile(
    r"\b(?:please|kindly|can you|could you) (?:also )?(?:tell|confirm|explain|send|let (?:me|us) know|say)\b", re.IGNORECASE
)
_RHETORICAL = re.compile(
    r"\b(?:how dare|are you (?:\w+ ){0,2}(?:stupid|serious|kidding|joking|deaf|blind|thick|mad|insane|idiots?)|do you (?:actually|even|really|honestly|think|know who)"
    r"|who do you think|what (?:on earth|the (?:hell|heck|f\w+)|is wrong with|kind of|sort of|am i (?:supposed|meant))|why should (?:i|we)|why (?:would|do) (?:i|we)\b"
    r"|is (?:this|that|it) (?:a joke|too much|any wonder|how you)|what more|how (?:many (?:more )?times|often|long) (?:do|must|will|shall|am) i|have you (?:ever|even|no)"
    r"|don'?t you|can'?t you|isn'?t it|right\?|ok(?:ay)?\?)",
    re.IGNORECASE,
)
"""Asked, and not for an answer."""
_ELSEWHERE = re.compile(
    r"\b(?:attach\w*|enclos\w*|leaflet|link|see below|spoke|spoken|telephone\w*|phone[ds]?|discuss\w*|all (?:of )?your (?:questions|points)|each of your|answers? below)\b",
    re.IGNORECASE,
)
"""Then the answer may stand where the program does not see it."""
_SORTS = {
    "when": re.compile(r"\b(?:DATE|TIME)\b|\b(?:days?|weeks?|months?|soon|today|tomorrow)\b"),
    "how much": re.compile(r"\bMONEY\b|\d"),
}
_YES_OR_NO = re.compile(r"^(?:yes|no|certainly|of course|unfortunately|i am afraid|we can(?: not)?|you (?:can|may)(?: not)?)\b")


@dataclass(frozen=True, slots=True)
class Question:
    message_id: str
    text: str


def left_open(turns: Sequence[Turn]) -> tuple[Question, ...]:
    """Of one matter's turns, oldest first: what the contact asked and no answer of ours speaks of, the latest mails last.

    Only where several things were asked before an answer came; while none has come, the whole matter is open anyhow.
    """
    found: list[Question] = []
    asked: list[Question] = []
    for place, turn in enumerate(turns):
        if not turn.by_staff and not turn.automatic:
            asked += [Question(turn.message.message_id, text) for text in questions(turn.message)]
        elif turn.act and turn.act.answer:
            ours = [one.message for one in turns[place:] if one.by_staff and not one.automatic]
            if len(asked) > 1 and not any(_ELSEWHERE.search(one.own) for one in ours):
                found += [one for one in asked if not any(_speaks_of(each, one.text) for each in ours)]
            asked = []
    return tuple(found[-_MOST:])


def questions(message: Message) -> tuple[str, ...]:
    """What a mail asks, each in its own words, once."""
    return _questions(message.own[:_LONGEST])


@lru_cache(maxsize=2_000)
def _questions(own: str) -> tuple[str, ...]:
    found: dict[frozenset[str], str] = {}
    for part in _ENDS.split(own):
        text = " ".join(part.split())
        asks = text.endswith("?") or _ASKS.search(text)
        words = terms.words(text)
        if asks and len(words) >= 2 and len(text) <= 300 and not _RHETORICAL.search(text):
            found.setdefault(words, text)
    return tuple(found.values())


def _speaks_of(ours: Message, question: str) -> bool:
    words, kinds = terms.words(question), answering.request(question).kinds
    said, plains = _said(ours.own[:_LONGEST])
    if any(len(words & one) >= min(2, len(words) / 2) for one in said):
        return True
    sorts = [_SORTS[kind] for kind in kinds if kind in _SORTS]
    if sorts:
        return any(sort.search(plain) for sort in sorts for plain in plains)
    return "whether" in kinds and any(_YES_OR_NO.match(plain) for plain in plains)


@lru_cache(maxsize=1_000)
def _said(own: str) -> tuple[tuple[frozenset[str], ...], tuple[str, ...]]:
    """Of each sentence of a letter of ours the words of substance, and a plain form."""
    parts = sentences.read(own)
    return tuple(terms.words(part.text) for part in parts), tuple(part.plain for part in parts)
