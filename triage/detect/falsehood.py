"""Falsehood: words put in our mouth that we did not write, or an own earlier act denied; for a person to check.

Policy 004/UD9b and 001/1-4; requirements D20 and D21. Whether anybody knew better is not for a program to say: memory fails
and quotations slip, so a sign only sets two texts side by side. Nothing said by telephone can be checked, and none of it is.
"""

from __future__ import annotations

from collections.abc import Iterable

from triage.detect import contradiction, misquotation
from triage.evidence import Evidence
from triage.finding import Sign


def detect(evidence: Evidence) -> Iterable[Sign]:
    """A sign for each quotation that stands in no mail of ours, and for each denial that an own earlier mail contradicts."""
    if evidence.by_staff or evidence.message.automatic:
        return
    yield from misquotation.find(evidence)
    yield from contradiction.find(evidence)
