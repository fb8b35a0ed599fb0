"""Swear words: at a person they count, about a thing they are only shown (policies 000/1-b, 001/1-1b, 004/UB1b)."""

from __future__ import annotations

from collections.abc import Iterable

from triage.detect import foreign
from triage.detect.phrases import book
from triage.detect.reading import read, sign, spots
from triage.evidence import Evidence
from triage.finding import Sign


def detect(evidence: Evidence) -> Iterable[Sign]:
    """At most one sign "profanity": ordinary when people of ours are sworn at, otherwise advisory."""
    found = spots(read(evidence), book("profanity"))
    aimed = [spot for spot in found if spot.hit.group.name == "at a person"]
    said = list(sign(evidence, "profanity", aimed or found))
    yield from foreign.added(said, foreign.sign(evidence, "profanity"))
