"""The known word most like a mistyped one, for faults in settings and policy packs."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import process

_LIKENESS = 60  # of 100; below this a proposed spelling is more puzzling than none


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word most like a mistyped one, ready for the end of a fault ("; did you mean …?"); "" when none is like it."""
    found = process.extractOne(word.lower(), list(known), score_cutoff=_LIKENESS)
    return f"did you mean “{found[0]}”?" if found else ""
