"""Threats against people or property, plain or veiled (policies 000/1-c, 001/1-3, 002/A5b, 004/UB1a)."""

from __future__ import annotations

from collections.abc import Iterable

from triage.detect import foreign
from triage.detect.phrases import book
from triage.detect.reading import read, sign, spots
from triage.evidence import Evidence
from triage.finding import Sign


def detect(evidence: Evidence) -> Iterable[Sign]:
    """At most one sign "threat": grave for violence, weapons and veiled threats to a person, serious for damage and loss."""
    found = list(sign(evidence, "threat", spots(read(evidence), book("threat"))))
    yield from foreign.added(found, foreign.sign(evidence, "threat"))
