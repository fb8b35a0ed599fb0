"""The sentences of a mail, with their places in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from triage.detect.plain import fold


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    """Verbatim, trimmed."""
    start: int
    end: int
    plain: str
    """The same, folded for comparing."""


def sentences(text: str) -> Iterator[Sentence]:
    """Sentences of a text in order; a short line without a full stop is one too."""
    plain = fold(text)
    for start, end in plain.sentences():
        words, first = plain.written(start, end)
        if words:
            yield Sentence(words, first, first + len(words), plain.text[start:end].strip())
