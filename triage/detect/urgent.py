"""Urgent demand: a reply or a deed demanded at once, outside anything we promise (policy 001/1-10, 004/UD1; requirement D16).

What nobody could meet counts always: at once, in minutes, at any hour. "By tonight" counts only beside a longer standard
that is known. Silent for emergencies, for deadlines set by others, for risk to life, and wherever it is we who are late.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta

from triage.detect import background, emergency, learned, phrasebook, together
from triage.detect.phrasebook import Hit
from triage.detect.plain import Plain, adjoining, fold
from triage.evidence import Evidence
from triage.finding import Quote, Sign

_HOURS = re.compile(r"\b(\d{1,3}) hours\b")
_SHOUTED = re.compile(r"\b(?:NOW|AT ONCE|IMMEDIATELY|INSTANTLY)\b")
_ORDER = re.compile(
    r"\b(?:need|want|demand|expect|answer|reply|respond|call|ring|fix|sort|refund|pay|send|give|do it|get|must|insist|deal with|confirm|require|response|explanation|or else|no later than|not later than|at the latest|you have (?:till|until|to)|you(?:ve)? got (?:till|until))\b"
)
_POLITE = re.compile(r"\b(?:please|pls|plz|could you|would you|can you|kindly|grateful|thanks?|thank you)\b")
_SURE = 0.5
_BESIDE_A_STANDARD = 0.45
"""Half-way from what five in a thousand ordinary mails reach to what hardly any does: below, "my son drives now" is a demand."""
_ACUTE = (*emergency.ACUTE, "somebody else's deadline")


def detect(evidence: Evidence) -> Iterable[Sign]:
    """One sign quoting every deadline nobody could meet; none where haste is justified."""
    if evidence.by_staff or evidence.message.automatic:
        return
    message = evidence.message
    plain = fold(message.own)
    found = [hit for hit in _hits(plain) if _unmeetable(evidence, plain, hit)]
    shouted = _shouted(message.own, plain)
    heard = () if found or shouted else _heard(evidence)
    if not (found or shouted or heard) or _justified(evidence, plain):
        return
    strength = max([hit.group.strength for hit in found] + [0.7 for _ in shouted] + [0.6 for _ in heard])
    if len({hit.group.name for hit in found}) > 1 or (found and shouted):
        strength = min(0.95, strength + 0.07)
    spans = adjoining({plain.sentence(hit.start) for hit in found} | set(shouted))
    quotes = heard or tuple(Quote(message.message_id, *plain.written(*span)) for span in spans[:3])
    last = background.staff_turns(evidence)[-1:]
    yield Sign(
        kind="urgent_demand",
        strength=strength,
        severity="ordinary",
        quotes=quotes,
        reason=_reason(evidence),
        earlier=tuple(turn.message.message_id for turn in last),
    )


def _hits(plain: Plain) -> Iterator[Hit]:
    """Deadlines with their number, and those that the clock or the counting in the next sentence makes."""
    yield from phrasebook.hits(plain, phrasebook.load("urgent"))
    yield from together.hits(plain, together.load("urgent-together"))


def _heard(evidence: Evidence) -> tuple[Quote, ...]:
    """What the trained model takes for a demand at once; beside a standard that is known, a weaker score will do."""
    least = _BESIDE_A_STANDARD if background.promised_standard(evidence) else _SURE
    said = (quote for quote, _ in learned.heard(evidence, "urgent", least))
    return tuple(quote for quote in said if not _POLITE.search(fold(quote.text).text))[:3]


def _reason(evidence: Evidence) -> str:
    standard = background.promised_standard(evidence)
    if standard is None:
        return "A reply or a deed is demanded at once, sooner than anybody could."
    hours = round(standard / timedelta(hours=1))
    promised = (
        f"{hours} hours" if hours < 48 and hours % 24 else f"{round(hours / 24)} day{'' if round(hours / 24) == 1 else 's'}"
    )
    return f"A reply or a deed is demanded sooner than our standard of {promised}."


def _unmeetable(evidence: Evidence, plain: Plain, hit: Hit) -> bool:
    """Whether this deadline lies outside every standard, or outside the one that is known."""
    if hit.group.name != "today":
        return True
    standard = background.promised_standard(evidence)
    if standard is None:
        return False
    start, end = plain.sentence(hit.start)
    sentence = plain.text[start:end]
    hours = _HOURS.search(sentence)
    if hours and timedelta(hours=int(hours.group(1))) >= standard:
        return False
    return standard >= timedelta(hours=20) and _ORDER.search(sentence) is not None and not _POLITE.search(sentence)


def _shouted(own: str, plain: Plain) -> list[tuple[int, int]]:
    """Sentences that shout NOW with an order, in a mail that is not all capitals."""
    if not _SHOUTED.search(plain.original) or _all_capitals(own):
        return []
    return [
        (start, end)
        for start, end in plain.sentences()
        if _SHOUTED.search(plain.written(start, end)[0])
        and _ORDER.search(plain.text[start:end])
        and not _POLITE.search(plain.text[start:end])
    ]


def _all_capitals(own: str) -> bool:
    letters = [letter for letter in own if letter.isalpha()]
    return sum(letter.isupper() for letter in letters) > 0.6 * len(letters)


def _justified(evidence: Evidence, plain: Plain) -> bool:
    """An emergency, another's deadline, a risk to somebody, a right with its own time limit, or our own lateness."""
    for hit in phrasebook.hits(plain, phrasebook.load("emergencies")):
        if hit.group.name in _ACUTE or not _answered_lately(evidence):
            return True
    books = (phrasebook.load("welfare"), phrasebook.load("rights"))
    if any(hit.group.strength >= _SURE for book in books for hit in phrasebook.hits(plain, book)):
        return True
    return background.overdue(evidence)


def _answered_lately(evidence: Evidence) -> bool:
    """Whether we answered on this matter within the last week: then "for weeks" cannot mean our silence."""
    answers = background.answers(evidence)
    return bool(answers) and evidence.now - answers[-1].message.sent_at < timedelta(days=7)
