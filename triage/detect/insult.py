"""Insults, name-calling and belittling aimed at people of ours (policies 000/1-d, 001/1-1a, 001/1-1c, 002/A0)."""

from __future__ import annotations

from collections.abc import Iterable

from triage.detect.phrases import book
from triage.detect.reading import read, sign, spots
from triage.evidence import Evidence
from triage.finding import Sign

_SEVERAL = 3
"""From so many insulting sentences or different insults in one mail on it is no slip of the tongue."""


def detect(evidence: Evidence) -> Iterable[Sign]:
    """At most one sign "abuse": ordinary, or serious when insult follows on insult."""
    found = spots(read(evidence), book("abuse"))
    places = {(spot.sentence.start, spot.hit.end) for spot in found}
    yield from sign(evidence, "abuse", found, "serious" if len(places) >= _SEVERAL else None)
