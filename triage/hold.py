"""No-reply holds: in force through a notice that staff sent, ended by their date or by a person, with mail that never falls under one.

The program starts no hold. A staff message that tells the customer of a restriction puts one in force (000/4-d, P06); it ends
by itself on its date (F39), and then nothing stays filed. A mail that speaks of welfare, a right, an appeal, an adjustment or
an emergency, one on a new matter, one nobody could authenticate and one without readable words are never held (X01–X05, F33).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from triage import terms
from triage.answer import Notice
from triage.detect import phrasebook
from triage.detect.plain import fold
from triage.evidence import Turn
from triage.finding import Finding
from triage.story import Story

SHIELDED = frozenset({"welfare", "rights", "appeal", "adjustment", "unauthenticated", "campaign"})
UNSURE_IS_ENOUGH = 0.3
"""A protective finding as weak as this already keeps a mail out of the hold folder: being wrong that way costs a minute."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """One restriction that the customer was told of."""

    notice_id: str
    """Message-ID of the notice."""
    words: str
    start: datetime
    until: datetime | None
    subject: str
    matters: tuple[str, ...]
    """The matters it covers: those that existed when it was announced, or the one it names."""
    decided_by: str
    """The address that sent the notice."""
    appeal_offered: str
    ended_early: datetime | None = None

    def in_force(self, now: datetime) -> bool:
        if self.ended_early is not None and now >= self.ended_early:
            return False
        return self.start <= now and (self.until is None or now <= self.until)

    @property
    def over_at(self) -> datetime | None:
        ends = [end for end in (self.until, self.ended_early) if end is not None]
        return min(ends, default=None)


def _covered(notice: Notice, told: Turn, story: Story) -> tuple[str, ...]:
    """The matters a notice covers. A limited notice covers its own matter; an unlimited one every matter begun before it."""
    earlier = [turn for turn in story.turns if turn.message.sent_at <= told.message.sent_at]
    if not notice.subject:
        return tuple(dict.fromkeys(turn.matter for turn in earlier))
    wanted = terms.words(notice.subject)
    alike: dict[str, float] = {}
    for turn in earlier:
        said = terms.words(f"{turn.message.subject}\n{turn.message.own}")
        alike[turn.matter] = max(alike.get(turn.matter, 0.0), terms.overlap(wanted, said))
    best = max(alike, key=lambda one: (alike[one], one == told.matter), default=told.matter)
    return tuple(dict.fromkeys((told.matter, best) if alike.get(best, 0) >= 0.6 else (told.matter,)))


def restrictions(story: Story) -> tuple[Restriction, ...]:
    """Every restriction that staff announced in the story, oldest first; a later notice or lifting ends an earlier one."""
    found: list[Restriction] = []
    for turn in story.turns:
        if not turn.by_staff or turn.act is None:
            continue
        notice, said = turn.act.restriction, turn.message
        if (notice or turn.act.lifted) and found and found[-1].in_force(said.sent_at):
            last = found.pop()
            found.append(
                Restriction(
                    last.notice_id, last.words, last.start, last.until, last.subject, last.matters,
                    last.decided_by, last.appeal_offered, said.sent_at,
                )
            )  # fmt: skip
        if notice:
            found.append(
                Restriction(
                    said.message_id, notice.words, max(notice.start, said.sent_at), notice.until, notice.subject,
                    _covered(notice, turn, story), said.sender.email, notice.appeal_offered,
                )
            )  # fmt: skip
    return tuple(found)


def _emergency(own: str) -> str:
    """The words that tell of danger or damage now (rules/phrases/emergencies.toml), as written; "" when none do."""
    plain = fold(own)
    hit = next(phrasebook.hits(plain, phrasebook.part("emergencies", "danger or damage now")), None)
    return plain.written(hit.start, hit.end)[0] if hit else ""


def why_not_held(turn: Turn, findings: Iterable[Finding]) -> str:
    """Why this mail must reach a person at once although a hold covers its matter; "" when nothing keeps it out."""
    for finding in findings:
        if finding.kind in SHIELDED and finding.strength >= UNSURE_IS_ENOUGH:
            return finding.kind
    if turn.automatic:
        return "an automatic mail"
    if emergency := _emergency(turn.message.own):
        return f'it may be an emergency ("{emergency}")'
    if not turn.message.own.strip():
        return "it holds no text that could be read"
    return ""


def held(story: Story, in_force: Collection[Restriction], findings: Iterable[Finding]) -> dict[str, Restriction]:
    """The contact's mails (by key) that lie under a restriction in force, with the restriction."""
    by_message: dict[str, list[Finding]] = {}
    for finding in findings:
        by_message.setdefault(finding.message_key, []).append(finding)
    found = {}
    for turn in story.turns:
        if turn.by_staff or turn.message.sender.email not in story.addresses:
            continue
        for one in in_force:
            covered = turn.matter in one.matters and turn.message.sent_at > one.start
            if covered and not why_not_held(turn, by_message.get(turn.message.key, ())):
                found[turn.message.key] = one
    return found
