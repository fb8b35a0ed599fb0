"""Danger or damage now: what must reach a person at once whatever else a mail says or falls under (X01, T8)."""

from __future__ import annotations

from triage.detect import phrasebook
from triage.detect.plain import fold

_AT_HOME = "damage or danger where somebody lives"
ACUTE = (_AT_HOME, "danger to somebody now")
"""Groups of rules/phrases/emergencies.toml that tell of it."""


def told(own: str) -> str:
    """The words that tell of it, as written; "" when none do."""
    return next(filter(None, (_said(own, group) for group in ACUTE)), "")


def new_trouble(own: str) -> bool:
    """Whether a mail tells of damage or danger where somebody lives: that is a matter by itself, where an illness may only be why
    somebody wrote as he did."""
    return bool(_said(own, _AT_HOME))


def _said(own: str, group: str) -> str:
    plain = fold(own)
    hit = next(iter(phrasebook.hits(plain, phrasebook.part("emergencies", group))), None)
    return plain.written(hit.start, hit.end)[0] if hit else ""
