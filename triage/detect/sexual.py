"""Sexual remarks, innuendo and propositions (policies 001/1-2b, 002/A3)."""

from __future__ import annotations

from collections.abc import Iterable

from triage.detect.phrases import book
from triage.detect.reading import read, sign, spots
from triage.evidence import Evidence
from triage.finding import Sign


def detect(evidence: Evidence) -> Iterable[Sign]:
    """At most one sign "sexual": serious, or ordinary for a flirting form of address alone."""
    yield from sign(evidence, "sexual", spots(read(evidence), book("sexual")))
