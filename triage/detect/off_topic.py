"""Mail that has nothing to do with the service (policies 001/1-9a, 001/1-9b)."""

from __future__ import annotations

from collections.abc import Iterable

from triage.detect.phrases import book
from triage.detect.reading import read, sign, spots
from triage.evidence import Evidence
from triage.finding import Sign


def detect(evidence: Evidence) -> Iterable[Sign]:
    """At most one sign "off_topic", advisory."""
    yield from sign(evidence, "off_topic", spots(read(evidence), book("off_topic")))
