"""Our own letters for the answer model, sentence by sentence: models/answers/own/*.txt (how they are written: README.md there).

"% voice" says who writes and begins a letter, "= …" what the customer had asked, "Subject: …" may follow; then one sentence a line,
with its labels in square brackets before it where it has any. An empty line ends the letter; "#" opens a remark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from triage.errors import Permanent

TEXTS = Path("own")
HELD_BACK = "held"
"""Files whose name begins so only measure."""
LABELS = frozenset(
    "answer explains refuses done ack holding promise asks handover final escalation offer warning stop restriction lifted sorry".split()
)
_LABELLED = re.compile(r"\[([a-z, ]+)\]\s*(.*)")


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of a letter and what it does."""

    text: str
    labels: frozenset[str]


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter of ours: who writes, what had been asked, and its sentences in order."""

    voice: str
    asked: str
    subject: str
    said: tuple[Said, ...]
    held_back: bool

    @property
    def text(self) -> str:
        return "\n\n".join(one.text for one in self.said)

    @property
    def answers(self) -> bool:
        return any("answer" in one.labels for one in self.said)


def read(folder: Path) -> list[Letter]:
    """All letters beside a model, in order. Raises Permanent, with file and line, for what cannot be understood."""
    return [letter for file in sorted((folder / TEXTS).glob("*.txt")) for letter in _letters(file)]


def _letters(file: Path) -> Iterator[Letter]:
    voice, asked, subject = file.stem, "", ""
    said: list[Said] = []
    back = file.stem.startswith(HELD_BACK)
    for number, line in enumerate([*file.read_text("utf-8").splitlines(), ""], 1):
        line = line.strip()
        if line.startswith("#"):
            continue
        if not line or line.startswith("% "):
            if said:
                yield Letter(voice, asked, subject, tuple(said), back)
                asked, subject, said = "", "", []
            voice = line[2:].strip() or voice
        elif line.startswith("= "):
            asked = line[2:].strip()
        elif line.startswith("Subject:") and not said:
            subject = line[8:].strip()
        else:
            said.append(_said(line, f"{file}, line {number}"))


def _said(line: str, where: str) -> Said:
    found = _LABELLED.fullmatch(line)
    if not found:
        return Said(line, frozenset())
    labels = frozenset(label.strip() for label in found.group(1).split(","))
    if unknown := labels - LABELS:
        raise Permanent(f"{where}: {', '.join(sorted(unknown))} is no label; they are {', '.join(sorted(LABELS))}")
    return Said(found.group(2), labels)
