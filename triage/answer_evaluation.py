"""How well the program tells answers from what only sounds like one: `triage evaluate answers`, on the letters that were held back.

What is measured is `triage.staff_reading.read`, rules and model together, beside the rules alone. A "dealt with" that is wrong
restricts somebody who was never answered; one that is missed leaves a matter open.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from triage import answer_data, answer_training, staff_reading
from triage.answer import StaffAct
from triage.answer_data import Letter
from triage.errors import Permanent

_ALSO = {"explains": "explains", "final": "final", "alternative": "offer"}
"""What else a letter may do, beside how our letters are labelled."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How often something was true of a letter, how often it was seen, and how often something else was taken for it."""

    true: int
    seen: int
    false: int
    wrong: int

    @property
    def recall(self) -> float:
        return self.seen / max(self.true, 1)

    @property
    def mistaken(self) -> float:
        """Share of the others that were taken for it."""
        return self.wrong / max(self.false, 1)


def counted(truth: Sequence[bool], said: Sequence[bool]) -> Counted:
    """The figures of one thing over all letters."""
    pairs = list(zip(truth, said, strict=True))
    seen = sum(is_so and found for is_so, found in pairs)
    return Counted(sum(truth), seen, len(truth) - sum(truth), sum(said) - seen)


def acts(letters: Sequence[Letter]) -> tuple[list[StaffAct], list[StaffAct]]:
    """What the program makes of each letter, and what the rules alone would."""
    mails = [answer_training.messages(letter) for letter in letters]
    by_rules = [staff_reading.by_rules(*mail).act for mail in mails]
    return [staff_reading.read(*mail) for mail in mails], by_rules


def figures(letters: Sequence[Letter], said: Sequence[StaffAct]) -> dict[str, Counted]:
    """Of answers, reasons, last words and alternatives: how often each was there and seen."""
    found = {"answer": counted([one.answers for one in letters], [bool(act.answer) for act in said])}
    answered = [(one, act) for one, act in zip(letters, said, strict=True) if one.answers and act.answer]
    for name, label in _ALSO.items():
        truth = [any(label in sentence.labels for sentence in one.said) for one, _ in answered]
        found[name] = counted(truth, [bool(getattr(act, name)) for _, act in answered])
    return found


def evaluate(folder: Path) -> Iterator[str]:
    """The report, line by line. Raises Permanent when nothing was held back."""
    letters = [one for one in answer_data.read(folder) if one.held_back]
    if not letters:
        raise Permanent(f"{folder / answer_data.TEXTS} holds no letters that were held back: see {folder / 'card.md'}")
    started = time.process_time()
    together, by_rules = acts(letters)
    took = time.process_time() - started
    yield f"held back: {len(letters)} letters, {sum(one.answers for one in letters)} of them answer"
    for title, said in (("rules and model", together), ("rules alone", by_rules)):
        for name, one in figures(letters, said).items():
            yield (
                f"{title:15} {name:11} seen {one.seen} of {one.true} ({one.recall:.2f}), "
                f"others taken for one {one.wrong} of {one.false} ({one.mistaken:.3f})"
            )
    yield "explains, final and alternative: of letters that answer and were seen to"
    yield f"letters a second, read by the rules twice and by the model once: {len(letters) / max(took, 1e-6):.0f}"
