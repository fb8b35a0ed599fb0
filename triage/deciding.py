"""The one door by which a person's decision about a contact comes in: looked up, checked, written down, and acted upon.

    who is meant → where they stand, now and when they were told → triage.admission → journal → concluded anew

All of it is one transaction: after a crash the decision is there with everything that follows from it, or it is not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from triage import policy_versions
from triage.admission import SHORTEST_ID, Circumstances, faults
from triage.conclusion import Ground, Standing
from triage.decision import dealt_with
from triage.errors import Permanent
from triage.evidence import Directory
from triage.explanation import day
from triage.finding import KINDS
from triage.handling import open_inquiries
from triage.judgement import conclude_touched, ground, one_person, standing_of
from triage.ledger import Ledger
from triage.record import rulings, standing_incidents, write_incident, write_ruling
from triage.ruling import Incident, Ruling, ties
from triage.settings import Deciders, Settings


class Refused(Permanent):
    """A decision that cannot be recorded; `faults` holds every reason, one sentence each."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("not recorded:\n" + "\n".join(f"  {fault}" for fault in faults))
        self.faults = tuple(faults)


def people_behind(who: str, ledger: Ledger, staff: Directory) -> frozenset[str]:
    """All addresses of the contact that is meant by one of its addresses or its id. Raises Permanent when there is no such contact."""
    name = who.strip().strip("<>").lower()
    if "@" in name:
        if not ledger.messages_with([name]):
            raise Permanent(
                f"nothing is known of {name}: no mail from or to this address was read; run a pass first, or look for others with "
                "`triage contacts`"
            )
        return one_person(name, ledger, staff)[0]
    known = ledger.contact_addresses([name]).get(name)
    if not known:
        raise Permanent(f"there is no contact {who}; `triage contacts` lists them by address")
    return frozenset(known)


def stands(who: str, ledger: Ledger, settings: Settings, now: datetime) -> Standing:
    """Where the contact stands now."""
    on = ground(settings, ledger, now)
    return standing_of(people_behind(who, ledger, on.directory), ledger, on)


def rule(asked: Ruling, who: str, ledger: Ledger, settings: Settings, *, dry: bool = False) -> Ruling:
    """Records a decision about the contact `who` (an address or an id) at `asked.at`, and concludes the contact anew.

    What the ruling leaves open is filled in: the addresses it binds, the policy, what it means for them, what it rests on. With
    `dry` nothing is written. Raises Refused with every reason why it cannot be recorded, Permanent when nobody is meant.
    """
    with ledger.transaction():
        on = ground(settings, ledger, asked.at)
        people = people_behind(who, ledger, on.directory)
        now = standing_of(people, ledger, on)
        told_of = standing_incidents(ledger, people)
        ruling = replace(_filled(asked, now, on, told_of), named=who.strip().strip("<>").lower() if "@" in who else "")
        told = _when_told(ruling, now, people, ledger, on)
        known = frozenset(one for one in ruling.others if ledger.messages_with([one]))
        joined, bound = _joined(ruling, people, ledger, on)
        circumstances = Circumstances(
            now, told, on.pack, on.directory, deciders(settings.deciders), told_of, known, joined, bound
        )
        if found := faults(ruling, circumstances):
            raise Refused(found)
        if dry:
            return ruling
        policy_versions.keep(ledger, on.pack, ruling.at)
        kept = write_ruling(ledger, ruling, now.contact)
        conclude_touched(ledger, replace(on, rulings=rulings(ledger)), people | ruling.others)
    return kept


def deciders(of: Deciders) -> dict[str, tuple[str, ...]]:
    """Role → who has it."""
    return {"warn": of.warn, "restrict": of.restrict, "appeal": of.appeal, "terminate": of.terminate}


def _filled(ruling: Ruling, now: Standing, on: Ground, known: Sequence[Incident]) -> Ruling:
    notice = next((turn for turn in now.story.turns if turn.by_staff and turn.message.message_id == ruling.notice), None)
    told = notice.message.sent_at if notice else ruling.told
    announced = notice.act.restriction if notice and notice.act else None
    start = ruling.start
    if ruling.act == "restrict" and start is None:
        start = (
            max(announced.start, told) if announced and told else ruling.at
        )  # by post it begins with its record, not with that day
    until = ruling.until or (announced.until if announced and ruling.act in ("restrict", "renew") else None)
    if ruling.act == "restrict" and ruling.until is None and ruling.notice:  # an appeal may have brought its end forward since
        until = next((one.until for one in now.restrictions if one.notice_id == ruling.notice and one.end_named), until)
    about = ruling.about
    if not about and ruling.act in ("renew", "lift", "appeal", "appeal-decided", "department") and len(now.in_force) == 1:
        about = now.in_force[0].id
    if ruling.act == "inquiry-closed" and len(inquiries := open_inquiries(now.rulings)) == 1:
        about = about or inquiries[0].id
    if ruling.act == "withdraw" and len(about) >= SHORTEST_ID:
        about = next((one.id for one in known if one.id.startswith(about)), about)
    rests = tuple(dict.fromkeys(one.message_id for one in now.decision.rests_on))
    filled = replace(
        ruling, addresses=now.story.addresses - ruling.others, told=told, start=start, until=until, about=about,
        reader=ruling.reader or ruling.by, policy=f"{on.pack.id} {on.pack.version}",
        grounds=tuple(dict.fromkeys((*ruling.grounds, *rests))),
    )  # fmt: skip
    return replace(filled, impact=impact(filled, now)) if ruling.act in ("restrict", "terminate") else filled


def _when_told(ruling: Ruling, now: Standing, people: frozenset[str], ledger: Ledger, on: Ground) -> Standing:
    """Where the contact stood just before the letter told them; as of now where no mail of ours did."""
    if ruling.act != "restrict" or not ruling.notice.startswith("<") or ruling.told is None or ruling.told > ruling.at:
        return now
    return standing_of(people, ledger, on, ruling.told)


def _joined(
    ruling: Ruling, people: frozenset[str], ledger: Ledger, on: Ground
) -> tuple[Standing | None, frozenset[tuple[str, str]]]:
    """Where the one person stands that this ruling makes of two, and each restriction's id with an address it binds before that.

    None where it makes nobody one.
    """
    undone = ruling.undone(on.rulings)
    if not (ruling.act == "same-person" or (undone and undone.act == "not-same-person")):
        return None, frozenset()
    after = replace(on, rulings=(*on.rulings, ruling))
    before, said = ties(on.rulings), ties(after.rulings)
    everybody = set(people)
    for email in sorted(people | ruling.others | (undone.addresses | undone.others if undone else frozenset())):
        everybody |= one_person(email, ledger, on.directory, said)[0]
    each = {one_person(email, ledger, on.directory, before)[0] for email in everybody}
    alone = (standing_of(one, ledger, on) for one in sorted(each, key=sorted))
    bound = frozenset((one.id, address) for at in alone for one in at.in_force for address in one.binds)
    return standing_of(one_person(min(people), ledger, on.directory, said)[0], ledger, after), bound


def impact(ruling: Ruling, now: Standing) -> tuple[str, ...]:
    """What a restriction would mean: each matter it covers with where it stands, the open ones first."""
    announced = next((one.matters for one in now.restrictions if ruling.notice and one.notice_id == ruling.notice), ())
    begun = (
        turn.matter
        for turn in now.story.turns
        if not turn.by_staff and (not ruling.start or turn.message.sent_at <= ruling.start)
    )
    covered = ruling.matters or announced or tuple(dict.fromkeys(begun))
    lines = []
    for matter in covered:
        turns = [turn for turn in now.story.turns if turn.matter == matter]
        if turns:
            state = "dealt with" if dealt_with(matter, now.story, now.now) else "OPEN: work on it would stop"
            lines.append(f"{turns[0].message.subject or '(no subject)'} ({state})")
    return tuple(sorted(lines, key=lambda line: "OPEN" not in line))


def report(incident: Incident, who: str, ledger: Ledger, settings: Settings) -> Incident:
    """Writes down what happened by another way than mail (P15). Raises Refused, or Permanent when nobody is meant."""
    with ledger.transaction():
        on = ground(settings, ledger, incident.at)
        people = people_behind(who, ledger, on.directory)
        wrong = []
        if not on.directory.is_colleague(incident.reported_by):
            wrong.append(f"{incident.reported_by or 'nobody'} is none of us; --by takes the address of whoever writes it down")
        if not incident.words.strip():
            wrong.append("--words says what was seen and heard")
        if incident.on > incident.at:
            wrong.append(f"{day(incident.on)} lies ahead; --on names the day on which it happened")
        if incident.kind != "other" and KINDS.get(incident.kind, "protective") == "protective":
            known = ", ".join(kind for kind, family in KINDS.items() if family != "protective")
            wrong.append(f"there is no kind {incident.kind}; write one of {known} or other")
        if wrong:
            raise Refused(wrong)
        clause = on.pack.clause_for(incident.kind)
        now = standing_of(people, ledger, on)
        filled = replace(incident, addresses=people, clause=incident.clause or (clause.ref if clause else ""))
        return write_incident(ledger, filled, now.contact)
