"""Insults, name-calling and belittling aimed at people of ours (policies 000/1-d, 001/1-1a, 001/1-1c, 002/A0)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from triage.detect.phrases import book
from triage.detect.reading import Spot, read, sign, spots
from triage.evidence import Evidence
from triage.finding import Sign

_SEVERAL = 3
"""From so many insulting sentences or different insults in one mail on it is no slip of the tongue."""


_I = re.compile(
    r"\b(?:i'?m|i am|i was|i feel|i felt|i must be|i must have been|i look|i sound|call me|makes? me|silly me)\b(?:(?!\b(?:you|your|he|she|they|him|her)\b|[.;!?]).){0,60}$"
)
"""Who is spoken of right before: the writer."""


def _of_oneself(spot: Spot) -> bool:
    """Whether the writer speaks of himself, as old people do who ask for help."""
    return _I.search(spot.sentence.folded[: spot.hit.start]) is not None


def detect(evidence: Evidence) -> Iterable[Sign]:
    """At most one sign "abuse": ordinary, or serious when insult follows on insult."""
    found = [spot for spot in spots(read(evidence), book("abuse")) if not _of_oneself(spot)]
    places = {(spot.sentence.start, spot.hit.end) for spot in found}
    yield from sign(evidence, "abuse", found, "serious" if len(places) >= _SEVERAL else None)
