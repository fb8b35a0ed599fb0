"""Remarks against people on a protected ground, and demands for another kind of person (policies 001/1-7, 002/A6, 002/A7)."""

from __future__ import annotations

from collections.abc import Iterable

from triage.detect.phrases import book
from triage.detect.reading import read, sign, spots
from triage.evidence import Evidence
from triage.finding import Sign


def detect(evidence: Evidence) -> Iterable[Sign]:
    """At most one sign "discrimination", serious."""
    yield from sign(evidence, "discrimination", spots(read(evidence), book("discrimination")))
