"""One severely abusive mail may go without a reply (002/R2, 000/3-e, P04): proposed, or done where the settings say so. Pure.

It is about that mail and nothing else. The matter stays open, an answer to it stays owed, the next mail is read like any other, and
the person stands where they stood. The mail lies in Triage/Held, where somebody reads it, and comes back by itself. One that speaks of
a danger, a right, an appeal, an adjustment or an emergency, that threatens anybody, or whose sender is not proved is never left so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from triage.decision import counts
from triage.evidence import Turn
from triage.finding import Finding
from triage.hold import why_not_held
from triage.story import Story
from triage.verdict import Verdict

Mode = Literal["propose", "automatic", "never"]

SEVERE = frozenset({"abuse", "sexual", "discrimination"})
"""Kinds that need no reply when they are serious. Swearing alone is none, and a threat is for a person to read at once."""
_MUST_BE_READ = frozenset({"threat", "illegal", "harassment"})
SURE_ENOUGH = 0.7
"""Above `finding.SURE`: here a mail leaves the inbox."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A severely abusive mail, and whether it is to lie among the held mail now."""

    turn: Turn
    why: tuple[Finding, ...]
    until: datetime
    """When it comes back."""
    filed: bool
    because: str
    """In words: who agreed, or that the settings say so; "" while it is only proposed."""


def severe(turn: Turn, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings that make a mail severely abusive; none where anything speaks against leaving it without a reply.

    `findings`: those on this mail.
    """
    mine = tuple(findings)
    if turn.by_staff or why_not_held(turn, mine):
        return ()
    if any(one.kind in _MUST_BE_READ and not one.dismissed for one in mine):
        return ()
    return tuple(
        one for one in mine if one.kind in SEVERE and counts(one) and one.severity == "serious" and one.strength >= SURE_ENOUGH
    )


def candidates(
    story: Story, findings: Iterable[Finding], told: Mapping[str, Verdict], ids: Mapping[str, str], *,
    mode: Mode, days: int, held: Collection[str], now: datetime,
) -> tuple[Candidate, ...]:  # fmt: skip
    """The contact's severely abusive mails of the last `days` days that no restriction covers, oldest first.

    `told`: the verdict on each proposal; where people differ, the milder. `ids`: message key → the id of the proposal about it. `held`: keys of the mails under a
    restriction.
    """
    if mode == "never":
        return ()
    by_mail: dict[str, list[Finding]] = {}
    for one in findings:
        by_mail.setdefault(one.message_key, []).append(one)
    found = []
    for turn in story.turns:
        key, until = turn.message.key, turn.message.sent_at + timedelta(days=days)
        if key in held or not turn.message.sent_at <= now < until or not story.owns(turn):
            continue
        if why := severe(turn, by_mail.get(key, ())):
            verdict = told.get(ids[key])
            agreed = verdict is not None and verdict.choice == "agree"
            filed = agreed or (verdict is None and mode == "automatic")
            because = verdict.words() if agreed and verdict else "your settings say so ([acting] no_reply)" if filed else ""
            found.append(Candidate(turn, why, until, filed, because))
    return tuple(found)


def to_propose(found: Iterable[Candidate], story: Story) -> tuple[Candidate, ...]:
    """Those a note is about: the last of each matter, unless one of us has answered there since."""
    last = {one.turn.matter: one for one in found}
    answered = {turn.matter: turn.message.sent_at for turn in story.turns if turn.by_staff and not turn.automatic}
    return tuple(
        one for one in last.values() if answered.get(one.turn.matter, one.turn.message.sent_at) <= one.turn.message.sent_at
    )
