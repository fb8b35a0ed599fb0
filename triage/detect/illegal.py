"""The writer's own crimes, weapons, danger to the public (policies 004/UB3 to UB5)."""

from __future__ import annotations

from collections.abc import Iterable

from triage.detect.phrases import book
from triage.detect.reading import read, sign, spots
from triage.evidence import Evidence
from triage.finding import Sign


def detect(evidence: Evidence) -> Iterable[Sign]:
    """At most one sign "illegal": serious, or grave with a weapon or a danger to the public."""
    yield from sign(evidence, "illegal", spots(read(evidence), book("illegal")))
