"""What verdicts teach: how sure the program must be of a signal that people here dismiss again and again. Pure.

Only optional signals learn: those that policies leave to judgement. What protects (welfare, rights, appeals …), what endangers
(threats, harassment …), plain abuse and every safeguard never do. It only ever makes the program more careful: each dismissal that is
not outweighed by agreement takes a little off the strength of that kind, a few at least and a bounded amount at most; agreement takes
that back and no more. It is worked out anew from the verdicts that stand, so taking one back unlearns it, and nothing is kept but
the journal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from triage.verdict import Verdict, standing

LEARNS = frozenset(
    {"hostile_tone", "off_topic", "allegation", "falsehood", "urgent_demand", "unreasonable_demand", "named_staff", "process_refusal"}
    | {"repeat", "volume", "staff_shopping", "arguing", "mingled"}
)  # fmt: skip
"""Kinds whose strength verdicts may lower."""
FEWEST = 5
"""So many verdicts on a kind are needed before it learns anything."""
STEP, MOST = 0.02, 0.15
"""Off the strength for each dismissal more than agreements, and at most."""
OFTEN = 3
"""From so many reports of one person's mails by one of us on, it is shown."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What verdicts say of one kind of finding."""

    kind: str
    agreed: int
    dismissed: int

    @property
    def shift(self) -> float:
        """What is taken off the strength of such a finding, from 0 to `MOST`."""
        if self.kind not in LEARNS or self.agreed + self.dismissed < FEWEST:
            return 0.0
        return round(min(MOST, max(0.0, STEP * (self.dismissed - self.agreed))), 3)


def lessons(verdicts: Iterable[Verdict]) -> dict[str, Lesson]:
    """Kind → what the verdicts that stand say of it: each proposal or mail counts once, whoever judged it and however often."""
    agreed, dismissed = Counter[str](), Counter[str]()
    for one in standing(verdicts):
        (agreed if one.choice == "agree" else dismissed).update(one.kinds)
    return {kind: Lesson(kind, agreed[kind], dismissed[kind]) for kind in sorted(agreed.keys() | dismissed.keys())}


def shifts(verdicts: Iterable[Verdict]) -> Mapping[str, float]:
    """Kind → what is taken off its strength; only those of which something is."""
    return {kind: one.shift for kind, one in lessons(verdicts).items() if one.shift}


def reports_of(verdicts: Iterable[Verdict], keys: Iterable[str]) -> dict[str, frozenset[str]]:
    """Who of us has reported any of these mails (all of one person's) → which; one reported twice over is one."""
    known, found = set(keys), dict[str, frozenset[str]]()
    for one in verdicts:
        if one.choice == "agree" and not one.proposal and one.keys & known:
            found[one.by] = found.get(one.by, frozenset()) | (one.keys & known)
    return found


def again_and_again(verdicts: Iterable[Verdict], keys: Iterable[str]) -> dict[str, int]:
    """Who of us has reported these mails (all of one person's) `OFTEN` times or more, and how often."""
    return {by: len(told) for by, told in sorted(reports_of(verdicts, keys).items()) if len(told) >= OFTEN}
