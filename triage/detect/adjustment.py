"""Adjustment: the sender's own disability or condition, or the different way of contact it calls for (requirements X05).

About self it opens this lane, about others it does not (policy 002/A7). Where it stands, insisting on one person or on
another way than the form is not held against anybody; `needed` lets those detectors ask, for this mail and earlier ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from triage.detect import phrasebook, together
from triage.detect.phrasebook import Hit
from triage.detect.plain import Plain, fold
from triage.evidence import Evidence
from triage.finding import Quote, Sign


def needed(evidence: Evidence) -> bool:
    """Whether this contact asked for an adjustment, in this mail or any earlier one, or we agreed one."""
    for turn in evidence.history:
        if turn.by_staff and turn.act and turn.act.adjustment_agreed:
            return True
        if not turn.by_staff and _asked(turn.message.own):
            return True
    return _asked(evidence.message.own)


@lru_cache(maxsize=4096)
def _asked(own: str) -> bool:  # kept, because every later mail of the contact asks it again
    return next(_hits(fold(own)), None) is not None


def _hits(plain: Plain) -> Iterator[Hit]:
    """What is said outright, and what two or three short sentences together say."""
    yield from phrasebook.hits(plain, phrasebook.load("adjustment"))
    yield from together.hits(plain, together.load("adjustment-together"))


def detect(evidence: Evidence) -> Iterable[Sign]:
    """One sign quoting the need, or none. Staff messages are not looked at."""
    if evidence.by_staff:
        return
    message = evidence.message
    plain = fold(message.own)
    found = sorted(_hits(plain), key=lambda hit: (-hit.group.strength, hit.start))
    if not found:
        return
    quotes: dict[tuple[int, int], Quote] = {}
    for hit in found:
        bounds = plain.sentence(hit.start)
        words, start = plain.written(*bounds)
        quotes.setdefault(bounds, Quote(message.message_id, words, start))
    yield Sign(
        kind="adjustment",
        strength=found[0].group.strength,
        severity="advisory",
        quotes=tuple(quotes.values())[:4],
        reason="The sender tells of a disability or condition, or asks to be dealt with in another way because of it.",
    )
