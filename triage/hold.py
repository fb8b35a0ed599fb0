"""No-reply holds: in force through a notice that staff sent, ended by their date or by a person, with mail that never falls under one.

The program starts no hold. A staff message that tells the customer of a restriction puts one in force (000/4-d, P06), or a
decision that a person recorded; it ends by itself on its date (F39), and then nothing stays filed. A mail that speaks of welfare, a right, an appeal, an adjustment or
an emergency, one on a new matter, one nobody could authenticate and one without readable words are never held (X01–X05, F33).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from triage import language, terms
from triage.answer import Notice
from triage.detect import emergency
from triage.evidence import Turn
from triage.finding import SURE, Finding
from triage.ruling import FILED, Ruling, Ties, in_effect, ties
from triage.story import Story

SHIELDED = frozenset({"welfare", "rights", "appeal", "adjustment", "unauthenticated", "campaign"})
UNSURE_IS_ENOUGH = 0.3
"""A protective finding as weak as this already keeps a mail out of the hold folder: being wrong that way costs a minute."""


_TOPICLESS = frozenset({"threat", "abuse", "profanity", "harassment", "sexual", "discrimination"})
_MANY_NEW = 7
"""Words that never stood in the matter; a chaser or a rant in other words has fewer, a new trouble told in two sentences more."""
_FEW_NEW = 3
"""The same for a mail that answers none, under a subject of its own."""
_MOSTLY_NEW = 0.6

USUAL = timedelta(days=90)
"""How long a restriction lasts whose notice names no end, where the pack says nothing else: none is for ever (F39)."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """One restriction that the customer was told of."""

    notice_id: str
    """Message-ID of the notice; for one told another way, what was recorded of it."""
    words: str
    start: datetime
    until: datetime
    """Its last moment, in UTC."""
    subject: str
    matters: tuple[str, ...]
    """The matters it covers: those that existed when it was announced, or those it names."""
    decided_by: str
    """Who decided: as recorded, else the address that sent the notice."""
    appeal_offered: str
    ended_early: datetime | None = None
    end_named: bool = True
    """Whether somebody named the end; if not, it is the usual one."""
    ruling: Ruling | None = None
    """The decision as a person recorded it; None where only the notice is known."""
    renewed: tuple[Ruling, ...] = ()
    ended_by: str = ""
    binds: frozenset[str] = frozenset()
    """The addresses it was decided about, and those that somebody said are the same person's."""
    told: tuple[str, int, int] = ("no-reply", 0, 0)
    """What its letter tells of: the kind, and for number-per-period so many mails in so many days."""

    @property
    def id(self) -> str:
        """Short, and the same whenever it is worked out."""
        if self.ruling and not self.notice_id.startswith("<"):
            return f"r-{self.ruling.id[:8]}"
        return "r-" + hashlib.sha256(self.notice_id.encode()).hexdigest()[:8]

    @property
    def kind(self) -> str:
        return self.ruling.kind if self.ruling else self.told[0]

    @property
    def rate(self) -> tuple[int, int]:
        """For number-per-period: so many mails in so many days."""
        return (self.ruling.number, self.ruling.days) if self.ruling else self.told[1:]

    @property
    def reason(self) -> str:
        return self.ruling.reason if self.ruling else self.words

    @property
    def reader(self) -> str:
        return self.ruling.reader if self.ruling else self.decided_by

    def in_force(self, now: datetime) -> bool:
        if self.ended_early is not None and now >= self.ended_early:
            return False
        return self.start <= now <= self.until

    @property
    def over_at(self) -> datetime:
        return self.until if self.ended_early is None else min(self.until, self.ended_early)

    def covers(self, turn: Turn) -> bool:
        """Whether a mail of the contact's falls into its scope of matters, addresses, mailboxes and time."""
        said = turn.message
        if said.sender.email not in self.binds:
            return False
        if self.ruling and self.ruling.mailboxes and said.mailbox not in self.ruling.mailboxes:
            return False
        return turn.matter in self.matters and said.sent_at > self.start


def _covered(notice: Notice, told: Turn, story: Story) -> tuple[str, ...]:
    """The matters a notice covers. A limited notice covers its own matter; an unlimited one every matter begun before it."""
    earlier = [turn for turn in story.turns if turn.message.sent_at <= told.message.sent_at]
    if not notice.subject:
        return tuple(dict.fromkeys(turn.matter for turn in earlier))
    wanted = terms.words(notice.subject)
    alike: dict[str, tuple[float, float, int]] = {}
    for turn in earlier:
        if turn is told:
            continue  # it always speaks of what it names
        said = terms.words(f"{turn.message.subject}\n{turn.message.own}")
        here = terms.overlap(wanted, said)
        titled = terms.overlap(wanted, terms.words(turn.message.subject)) if turn.message.subject else 0.0
        most, named, often = alike.get(turn.matter, (0.0, 0.0, 0))
        alike[turn.matter] = (max(most, here), max(named, titled), often + (here >= 0.6))
    best = max(alike, key=lambda one: (alike[one], one == told.matter), default=told.matter)
    if best not in alike:
        return (told.matter,)
    clear = sum(one == alike[best] for one in alike.values()) == 1
    sure = alike[best][0] >= 0.6 and (clear or best == told.matter)
    return tuple(dict.fromkeys((told.matter, best) if sure else (told.matter,)))


def restrictions(story: Story, rulings: Iterable[Ruling] = (), usual: timedelta = USUAL) -> tuple[Restriction, ...]:
    """Every restriction that staff announced in the story or recorded, oldest first; a later notice or lifting ends an earlier one.

    `rulings`: what people recorded about this contact, in any order. `usual`: the length of one whose notice names no end.
    """
    events: list[tuple[datetime, int, Turn | Ruling]] = [(t.message.sent_at, 0, t) for t in story.turns if t.by_staff and t.act]
    ruled = in_effect(rulings)
    events += [(ruling.at, 1, ruling) for ruling in ruled]
    found: list[Restriction] = []
    for _, _, event in sorted(events, key=lambda one: one[:2]):
        if isinstance(event, Ruling):
            _ruled(event, found, story)
        else:
            _announced(event, found, story, usual)
    said = ties(ruled)
    return tuple(replace(one, binds=_bound(_decided_about(one, story), story, said)) for one in found)


def _decided_about(one: Restriction, story: Story) -> frozenset[str]:
    """The addresses a restriction was decided about: as recorded; all of the contact's where only its letter is known."""
    return one.ruling.addresses if one.ruling else story.addresses


def still_theirs(ruling: Ruling, story: Story, said: Ties) -> bool:
    """Whether a decision about several addresses is one about this contact still, when somebody has said since that they are two people.

    It stays with whom the letter went to, else with whom the decider named, else with those whose mail it rests on.
    """
    gone = ruling.addresses - story.addresses
    if not any(pair & gone and pair & story.addresses for pair in said.apart):
        return True
    if ruling.notice.startswith("<"):
        ours = (one.message for one in story.turns if one.by_staff and one.message.message_id == ruling.notice)
        return any(address.email in story.addresses for one in ours for address in (*one.to, *one.cc))
    if ruling.named:
        return ruling.named in story.addresses
    return any(one.message.message_id in ruling.grounds and one.message.sender.email in story.addresses for one in story.turns)


def _bound(decided: frozenset[str], story: Story, said: Ties) -> frozenset[str]:
    """A restriction stays with the addresses it was decided about; a further one comes under it only when a person said that it is the
    same person's (F08). Whoever somebody said is another person is not meant any more."""
    apart = {email for email in decided - story.addresses for pair in said.apart if email in pair and pair & story.addresses}
    return (decided - apart) | {email for email in story.addresses if said.confirmed(email, decided - apart)}


def _announced(turn: Turn, found: list[Restriction], story: Story, usual: timedelta) -> None:
    assert turn.act is not None
    notice, said = turn.act.restriction, turn.message
    if notice and notice.until and turn.act.appeal_decided and found and found[-1].in_force(said.sent_at):
        found[-1] = replace(found[-1], until=min(found[-1].until, notice.until), end_named=True)  # an appeal never widens one
        return
    if (notice or turn.act.lifted) and found and found[-1].in_force(said.sent_at):
        found[-1] = replace(found[-1], ended_early=said.sent_at, ended_by=said.message_id)
    if notice:
        start = max(notice.start, said.sent_at)
        found.append(
            Restriction(
                said.message_id, notice.words, start, notice.until or start + usual, notice.subject,
                _covered(notice, turn, story), said.sender.email, notice.appeal_offered, end_named=notice.until is not None,
                told=(notice.kind, notice.number, notice.days),
            )
        )  # fmt: skip


def _ruled(ruling: Ruling, found: list[Restriction], story: Story) -> None:
    if ruling.act == "restrict":
        _restricted(ruling, found, story)
        return
    place = next((n for n, one in enumerate(found) if one.id == ruling.about), None)
    if place is None or not found[place].in_force(ruling.at):
        return
    one = found[place]
    ends = ruling.act == "lift" or (ruling.act == "appeal-decided" and ruling.outcome == "allowed")
    if ends:
        found[place] = replace(one, ended_early=ruling.at, ended_by=ruling.by)
    elif ruling.act == "renew" and ruling.until:
        found[place] = replace(one, until=max(one.until, ruling.until), end_named=True, renewed=(*one.renewed, ruling))
    elif ruling.act in ("shorten", "appeal-decided") and ruling.outcome in ("", "varied") and ruling.until:
        found[place] = replace(one, until=min(one.until, ruling.until))


def _restricted(ruling: Ruling, found: list[Restriction], story: Story) -> None:
    """A recorded restriction: it completes the one its notice in Sent announced, or stands by itself."""
    assert ruling.until is not None and ruling.start is not None
    letters = [one.notice_id if one.notice_id.startswith("<") else "" for one in found]
    if ruling.notice and ruling.notice in letters:
        place = letters.index(ruling.notice)
        one = found[place]
        found[place] = replace(
            one,
            until=min(one.until, ruling.until) if one.end_named else ruling.until,
            matters=ruling.matters or one.matters,
            decided_by=ruling.by,
            ruling=ruling,
            end_named=True,
        )
        return
    begun = (turn.matter for turn in story.turns if turn.message.sent_at <= ruling.start)
    matters = ruling.matters or tuple(dict.fromkeys(begun))
    told = ruling.notice or f"not told: {ruling.id}"
    found.append(Restriction(told, ruling.reason, ruling.start, ruling.until, "", matters, ruling.by, "", ruling=ruling))


def why_not_held(turn: Turn, findings: Iterable[Finding]) -> str:
    """Why this mail must reach a person at once although a hold covers its matter; "" when nothing keeps it out."""
    for finding in findings:
        if finding.kind in SHIELDED and finding.strength >= UNSURE_IS_ENOUGH:
            return finding.kind
    if turn.automatic:
        return "an automatic mail"
    if words := emergency.told(turn.message.own):
        return f'it may be an emergency ("{words}")'
    if not turn.message.own.strip():
        return "it holds no text that could be read"
    spoken = language.of(turn.message.own)
    if spoken.foreign and not spoken.beside_english:
        return f"it is written in {spoken.name}, where a legal right or an appeal would not be seen"
    return ""


def _about_something_else(turn: Turn, one: Restriction, before: frozenset[str], findings: Iterable[Finding]) -> bool:
    """Whether a mail, though counted to the matter (as one that answers in its thread is), speaks of things nobody has spoken of there.

    Insults need no topic, so a mail that holds some is about the matter all the same.
    """
    said = terms.words(turn.message.own)
    rude = any(f.kind in _TOPICLESS and f.strength >= SURE and not f.dismissed for f in findings)
    if said & terms.words(one.subject) or rude:
        return False
    novel = said - before
    named = terms.words(turn.message.subject)
    afresh = named and not named & before and not (turn.message.in_reply_to or turn.message.references)
    return len(novel) >= (_FEW_NEW if afresh else _MANY_NEW) and len(novel) >= _MOSTLY_NEW * len(said)


def held(story: Story, in_force: Collection[Restriction], findings: Iterable[Finding]) -> dict[str, Restriction]:
    """The contact's mails (by key) that lie under a restriction in force, with the restriction."""
    by_message: dict[str, list[Finding]] = {}
    for finding in findings:
        by_message.setdefault(finding.message_key, []).append(finding)
    found: dict[str, Restriction] = {}
    answered: dict[str, list[datetime]] = {}
    spoken: dict[str, frozenset[str]] = {}
    for turn in story.turns:
        before = spoken.get(turn.matter, frozenset())
        if in_force:
            spoken[turn.matter] = before | terms.words(f"{turn.message.subject}\n{turn.message.own}"[: terms.LONGEST])
        if turn.by_staff or turn.message.sender.email not in story.addresses:
            continue
        theirs = by_message.get(turn.message.key, ())
        for one in in_force:
            covered = one.kind in FILED and one.covers(turn) and not _about_something_else(turn, one, before, theirs)
            if covered and not why_not_held(turn, theirs) and _beyond(one, turn, answered):
                found[turn.message.key] = one
    return found


def _beyond(one: Restriction, turn: Turn, answered: dict[str, list[datetime]]) -> bool:
    """Whether a covered mail is filed: always, or only beyond the number that is answered in the period."""
    if one.kind != "number-per-period":
        return True
    at, (number, days) = turn.message.sent_at, one.rate
    recent = [moment for moment in answered.get(one.id, ()) if at - moment < timedelta(days=days)]
    if len(recent) >= number:
        return True
    answered[one.id] = [*recent, at]
    return False
