"""Intimidation, baiting, and private lives laid open (policies 001/1-2, 001/1-6a, 002/A0, 004/UB1d, 004/UB1e)."""

from __future__ import annotations

from collections.abc import Iterable

from triage.detect.phrases import book
from triage.detect.reading import read, sign, spots
from triage.evidence import Evidence
from triage.finding import Sign


def detect(evidence: Evidence) -> Iterable[Sign]:
    """At most one sign "harassment", serious."""
    yield from sign(evidence, "harassment", spots(read(evidence), book("harassment")))
