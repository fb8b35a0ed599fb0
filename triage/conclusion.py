"""What follows from one contact's mail: matters, findings, restrictions, the stage, proposals, and the labels that are wanted.

`conclude` is the pure middle of the program. Everything it needs is passed in, the time included, and it is run anew for a
contact whenever a mail, a verdict or a date touches it; so one backlog pass and a message at a time end the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from triage import detect, disagreement, handling, hold, label, left_open, no_reply, template
from triage.answer import StaffAct
from triage.contact import Join, signed_names
from triage.decision import WARNING_LASTS, WELFARE_LASTS, Decision, counts, dealt_with, decide, open_appeals
from triage.detect.pressing import accepts
from triage.evidence import Directory, Evidence, Turn
from triage.explanation import not_looked_at, standing_of
from triage.finding import KINDS, SURE, Finding
from triage.learning import again_and_again
from triage.message import Message
from triage.policy import Pack
from triage.ruling import CORRECTIONS, Ruling, in_effect, ties
from triage.service_standard import ServiceStandard
from triage.story import Story, tell
from triage.verdict import Verdict, agreed, dismissed, mildest, reported, voices_on

Row = dict[str, Any]
"""A record as the ledger keeps it: JSON values only."""
MOST_TWINS = 50
"""So many letters by others show that it is a campaign; of a thousand, each letter would else carry all that came before."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What conclusions stand on besides the mail: the organisation, its policy, the time, and what people decided."""

    now: datetime
    directory: Directory
    pack: Pack
    standard: ServiceStandard | None = None
    zone: tzinfo = field(default=ZoneInfo("UTC"))
    verdicts: tuple[Verdict, ...] = ()
    rulings: tuple[Ruling, ...] = ()
    """What people recorded about contacts, oldest first."""
    without_reply: no_reply.Mode = "propose"
    """What is done with one severely abusive mail."""
    shifts: Mapping[str, float] = field(default_factory=dict)
    """Kind → what verdicts have taught to take off the strength of such a finding."""
    scores: Mapping[str, Mapping[str, tuple[tuple[str, float], ...]]] = field(default_factory=dict)
    """Message key → what the trained model says of it."""
    semantic: Path | None = None
    """Where the network lies by which the trained model looks twice; None: it does not."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    contact: Row
    matters: tuple[Row, ...]
    findings: tuple[Finding, ...]
    restrictions: tuple[Row, ...]
    proposals: tuple[Row, ...]
    wanted: tuple[Row, ...]


def contact_id(story: Story) -> str:
    """The name of a contact: made from the address that wrote first, so that it does not depend on the order of arrival."""
    first = next((t.message.sender.email for t in story.turns if not t.by_staff and story.owns(t)), min(story.addresses))
    return "c-" + hashlib.sha256(first.encode()).hexdigest()[:12]


def twins(message: Message, others: Iterable[Message]) -> tuple[str, ...]:
    """Message-IDs of earlier mails by other people that use (nearly) the same words, oldest first, one per sender.

    `others` in order of time; no more of them are taken than it needs to find `MOST_TWINS`.
    """
    found: dict[str, Message] = {}
    for other in others:
        earlier = (other.sent_at, other.message_id) < (message.sent_at, message.message_id)
        somebody_else = other.sender.email != message.sender.email and other.role == "inbox" and not other.automatic
        if (
            earlier
            and somebody_else
            and other.sender.email not in found
            and template.alike(message.own, other.own) >= template.TWIN
        ):
            found[other.sender.email] = other
            if len(found) == MOST_TWINS:
                break
    return tuple(one.message_id for one in found.values())


def _findings(story: Story, ground: Ground, template_twins: Mapping[str, tuple[str, ...]], contact: str) -> tuple[Finding, ...]:
    gone = dismissed(ground.verdicts)
    standard = ground.standard.approximate if ground.standard else None
    handed = tuple((one.at, one.to) for one in handling.taken_over(in_effect(ground.rulings)) if one.concerns(story.addresses))
    found = []
    on_matter: dict[str, list[Turn]] = {}
    for place, turn in enumerate(story.turns):
        message = turn.message
        before = on_matter.setdefault(turn.matter, [])
        same_matter = tuple(before)
        before.append(turn)
        quotes_theirs = turn.act is not None and bool(turn.act.warning or turn.act.restriction)
        if turn.automatic or not story.owns(turn) or (turn.by_staff and (quotes_theirs or not ground.pack.binds_both_sides)):
            continue  # a warning quotes the words it is about: those are not its writer's
        evidence = Evidence(
            message=message,
            by_staff=turn.by_staff,
            matter=turn.matter,
            history=story.turns[:place],
            same_matter=same_matter,
            directory=ground.directory,
            thresholds=ground.pack.thresholds,
            service_standard=standard,
            template_twins=template_twins.get(message.key, ()),
            scores=ground.scores.get(message.key, {}),
            handed_over=handed,
        )
        for sign in detect.detect(evidence):
            clause = ground.pack.clause_for(sign.kind)
            verdict = next((gone[one] for one in (message.key, *story.copies.get(message.key, ())) if one in gone), None)
            applies = verdict is not None and KINDS[sign.kind] != "protective" and not turn.by_staff
            unproved = message.authenticity == "fail" and KINDS[sign.kind] != "protective"
            found.append(
                Finding(
                    message_id=message.message_id,
                    message_key=message.key,
                    contact=contact,
                    matter=turn.matter,
                    kind=sign.kind,
                    clause=clause.ref if clause else "",
                    strength=round(max(0.0, sign.strength - ground.shifts.get(sign.kind, 0.0)), 3),
                    severity="advisory" if unproved else ground.pack.severity(sign.kind, sign.severity),
                    quotes=sign.quotes,
                    reason=sign.reason,
                    earlier=sign.earlier,
                    number=sign.number,
                    by_staff=turn.by_staff,
                    dismissed=verdict.words() if verdict and applies else "",
                )
            )
    return tuple(found)


def _excused(findings: Sequence[Finding], story: Story, ground: Ground) -> tuple[Finding, ...]:
    """Whoever presses on because we stayed silent is not held to it (S03). Where people said of a mail that it did not press on an
    answered question, it was owed an answer: once that is late, what presses on further is shown and not counted."""
    granted = {one.message_key for one in findings if one.dismissed and one.kind in PRESSING}
    waiting: dict[str, datetime] = {}
    late: set[str] = set()
    for turn in story.turns:
        key, matter = turn.message.key, turn.matter
        if turn.by_staff and turn.act and _settles(turn.act):
            waiting.pop(matter, None)
        elif not turn.by_staff and matter in waiting and _deadline(waiting[matter], ground) < turn.message.sent_at:
            late.add(key)
        elif key in granted:
            waiting.setdefault(matter, turn.message.sent_at)
    words = " An answer to an earlier mail was late by then, so it is not counted."
    return tuple(
        replace(one, severity="advisory", reason=one.reason + words) if one.message_key in late and one.kind in PRESSING else one
        for one in findings
    )


def _needs_answer(turn: Turn, story: Story) -> bool:
    return not turn.by_staff and not turn.automatic and story.owns(turn) and not accepts(turn.message)


def _deadline(since: datetime, ground: Ground) -> datetime:
    if ground.standard:
        return ground.standard.deadline(since, ground.zone)
    return since + timedelta(days=ground.pack.thresholds.overdue_days * 7 / 5)


def _settles(act: StaffAct) -> bool:
    """Whether nobody waits for us after this: any reply in substance, and a restriction or a request to stop, promises beside it
    or not."""
    return not act.no_answer_because or bool(act.restriction or act.stop)


NO_REPLY_OWED = frozenset({"repeat", "after_stop", "arguing"})
"""A mail on a closed matter that is one of these does not keep us late."""
PRESSING = NO_REPLY_OWED | {"volume", "staff_shopping"}
"""Kinds of persistence: what a person is not held to where we had fallen silent."""


def _matter(matter: str, story: Story, ground: Ground, findings: Sequence[Finding], held: Collection[str], contact: str) -> Row:
    """One matter as this contact sees it: its messages, whether it was dealt with and by which words, who waits for whom."""
    turns = [turn for turn in story.turns if turn.matter == matter]
    owned = [turn for turn in turns if story.owns(turn)]
    answers = [turn for turn in turns if turn.act and turn.act.answer]
    words = dealt_with(matter, story, ground.now)
    last_staff = next((t for t in reversed(turns) if t.by_staff and not t.automatic and t.act and _settles(t.act)), None)
    after = last_staff.message.sent_at if last_staff else None
    said = story.settled_by(matter, ground.now)
    said = None if said and after and after > said.at else said  # what we wrote since counts
    if said:
        after = said.at if said.act == "close" else None
    final = bool(said and said.act == "close") or bool(
        last_staff and last_staff.act and (last_staff.act.final or last_staff.act.stop)
    )
    closed = bool(words) and final
    settled = {f.message_key for f in findings if f.kind in NO_REPLY_OWED} if closed else set()
    asking = [t for t in turns if _needs_answer(t, story) and t.message.key not in settled.union(held)]
    waiting = next((t for t in asking if after is None or t.message.sent_at > after), None)
    since = waiting.message.sent_at if waiting else None
    if waiting and said and said.act == "reopen":  # whoever reopened it owes the answer from then on
        waiting = next((t for t in asking if t.message.sent_at > said.at), None) or asking[-1]
        since = said.at if asking[0].message.sent_at <= said.at else waiting.message.sent_at
    deadline = _deadline(since, ground) if since else None
    reasons = {link.key: link.reasons for link in story.links}
    every = [t.message for t in owned]
    return {
        "id": matter,
        "contact": contact,
        "title": turns[0].message.subject or "(no subject)",
        "state": "closed" if closed else "answered" if words else "open",
        "messages": [message.message_id for message in every],
        "keys": [key for message in every for key in (message.key, *story.copies.get(message.key, ()))],
        "answers": [turn.message.message_id for turn in answers],
        "answer_words": words,
        "settled": {"act": said.act, "by": said.by, "at": said.at.isoformat(), "reason": said.reason} if said else None,
        "waiting_since": since.isoformat() if since else None,
        "waiting_message": waiting.message.key if waiting else None,
        "deadline": deadline.isoformat() if deadline else None,
        "number": "" if ground.standard else "overdue_days",
        "overdue": bool(deadline and deadline < ground.now),
        "no_answer": {t.message.message_id: _why_no_answer(t.act) for t in turns if t.act and t.act.no_answer_because},
        "left_open": [asdict(one) for one in left_open.left_open(turns)],
        "disagreements": [_disagreement(one) for one in disagreement.disagreements(turns)],
        "links": {message.message_id: list(reasons[message.key]) for message in every},
    }


def _why_no_answer(act: StaffAct) -> str:
    """Why a mail of ours is no answer. A letter of the ladder promises a look at what was written, and holds nobody off by that."""
    return "a notice of a restriction" if act.restriction else "a warning" if act.warning else act.no_answer_because


def _disagreement(one: disagreement.Disagreement) -> Row:
    """Two mails of ours that do not agree, as JSON values."""
    both = [{"message_id": each.message_id, "at": each.at.isoformat(), "text": each.text} for each in (one.first, one.second)]
    return {"statements": both, "differ": list(one.differ)}


def _review_at(
    story: Story, ground: Ground, matters: Sequence[Row], restrictions: Sequence[hold.Restriction],
    further: Iterable[datetime],
) -> datetime | None:  # fmt: skip
    """The next moment at which the passing of time alone may change this conclusion; None when there is none."""
    moments = list(further)
    moments += [datetime.fromisoformat(row["deadline"]) for row in matters if row["deadline"]]
    for one in restrictions:
        moments += [one.start, one.over_at, _review_of(one, ground.pack)]
    for turn in story.turns:
        if turn.act and turn.act.promise_due:
            moments.append(turn.act.promise_due)
        if turn.act and turn.act.warning:
            moments.append(turn.message.sent_at + WARNING_LASTS)
        if not turn.by_staff:
            moments.append(turn.message.sent_at + WELFARE_LASTS)
    return min((moment for moment in moments if moment > ground.now), default=None)


def _review_of(one: hold.Restriction, pack: Pack) -> datetime:
    """From when on a person is asked to look at a restriction before it lapses."""
    return max(one.start, one.until - timedelta(days=pack.periods.review_days))


def _proposal_id(contact: str, kind: str, anchor: str) -> str:
    return "p-" + hashlib.sha256(f"{contact} {kind} {anchor}".encode()).hexdigest()[:12]


_MOST_QUOTED = 400


def _proposal(kind: str, anchor: str, about: Turn, rests_on: Collection[Finding], story: Story, contact: str) -> Row:
    named = {one.message_id for one in rests_on} | {earlier for one in rests_on for earlier in one.earlier}
    dates = {t.message.message_id: t.message.sent_at.isoformat() for t in story.turns if t.message.message_id in named}
    return {
        "id": _proposal_id(contact, kind, anchor),
        "contact": contact,
        "kind": kind,
        "mailbox": about.message.mailbox,
        "about": about.message.message_id,
        "about_key": about.message.key,
        "references": [*about.message.references, about.message.message_id],
        "subject": about.message.subject,
        "sender": asdict(about.message.sender),
        "sent_at": about.message.sent_at.isoformat(),
        "matter": about.matter,
        "dates": dates,
        "keys": sorted({finding.message_key for finding in rests_on}),
        "findings": [asdict(finding) for finding in rests_on],
    }


def _reported(story: Story, ground: Ground, findings: Sequence[Finding], contact: str) -> list[Row]:
    """A proposal for each mail that one of us asks to be looked at, unless something that counts was found on it anyhow."""
    copies = {copy: first for first, same in story.copies.items() for copy in same}
    told_of: dict[str, tuple[Verdict, ...]] = {}
    for key, said in reported(ground.verdicts).items():
        told_of[copies.get(key, key)] = (*told_of.get(copies.get(key, key), ()), *said)
    if not told_of:
        return []
    counting = {finding.message_key for finding in findings if counts(finding) or finding.severity == "grave"}
    often = again_and_again(ground.verdicts, [turn.message.key for turn in story.turns])
    rows = []
    for turn in story.turns:
        key = turn.message.key
        if key in told_of and not turn.by_staff and story.owns(turn) and key not in counting:
            row = _proposal("reported", key, turn, [f for f in findings if f.message_key == key], story, contact)
            by = [f"{one.by} on {one.at:%Y-%m-%d}" for one in told_of[key]]
            due = min(one.at for one in told_of[key]) + timedelta(days=ground.pack.periods.report_days)
            clock = {"due": due.isoformat(), "late": due < ground.now}
            rows.append(row | clock | {"reported": by, "often": often, "words": turn.message.own[:_MOST_QUOTED], "keys": [key]})
    return rows


def _handled(story: Story, ground: Ground, rulings: Sequence[Ruling], contact: str, matters: Sequence[Row]) -> list[Row]:
    """A note for each inquiry that is open and for each senior who is asked to look, in the thread of the contact's last mail."""
    theirs = [turn for turn in story.turns if not turn.by_staff and story.owns(turn)]
    about = theirs[-1:] or story.turns[-1:]
    rows: list[Row] = []
    if not about:
        return rows
    for one in handling.open_inquiries(rulings):
        due = _inquiry_due(one, ground)
        late = due < ground.now
        row = _proposal("inquiry", f"{one.id}{' late' if late else ''}", about[0], (), story, contact)
        told = {"who": one.to, "since": one.at.isoformat(), "reason": one.reason, "ours": [standing_of(each) for each in matters]}
        rows.append(row | told | {"due": due.isoformat(), "late": late})
    for one in handling.seniors_asked(rulings):
        asked = next((turn for turn in story.turns if turn.message.key in one.mails), about[0])
        row = _proposal("senior", one.id, asked, (), story, contact)
        rows.append(row | {"who": one.to, "since": one.at.isoformat(), "asked_by": one.by, "reason": one.reason})
    return rows


def _inquiry_due(one: Ruling, ground: Ground) -> datetime:
    return one.at + timedelta(days=ground.pack.periods.inquiry_days)


def _proposals(
    story: Story, ground: Ground, findings: Sequence[Finding], decision: Decision, in_force: Sequence[hold.Restriction],
    held: Mapping[str, hold.Restriction], matters: Sequence[Row], contact: str, restrictions: Sequence[Row],
    abusive: Sequence[no_reply.Candidate], rulings: Sequence[Ruling],
) -> tuple[Row, ...]:  # fmt: skip
    """What a person is asked to look at: mail to read now, a warning or a restriction to consider, a hold that is in force or ends
    soon, one abusive mail that may go without a reply."""
    turns = {turn.message.key: turn for turn in story.turns}
    rows = []
    urgent: dict[str, list[Finding]] = {}  # by matter: one note, renewed when another such mail comes
    for finding in findings:
        grave = finding.severity == "grave" and not finding.by_staff and not finding.dismissed and finding.strength >= SURE
        if grave or (finding.kind == "welfare" and finding.strength >= SURE):
            urgent.setdefault(finding.matter, []).append(finding)
    for matter, reasons in urgent.items():
        last = max((turns[f.message_key] for f in reasons), key=lambda turn: turn.message.sent_at)
        rows.append(_proposal("urgent", matter, last, reasons, story, contact))
    if decision.stage in ("warn", "restrict") and decision.rests_on:
        last = max((turns[f.message_key] for f in decision.rests_on), key=lambda turn: turn.message.sent_at)
        first = min((turns[f.message_key] for f in decision.rests_on), key=lambda turn: turn.message.sent_at)
        rows.append(_proposal(decision.stage, first.message.key, last, decision.rests_on, story, contact))
    for one in in_force:
        notice = next((turn for turn in story.turns if turn.message.message_id == one.notice_id), None)
        notice = notice or next((turn for turn in reversed(story.turns) if turn.matter in one.matters), None)
        if notice is None:
            continue  # nothing of theirs is known that it could cover
        row = _proposal("hold", one.notice_id, notice, [f for f in decision.rests_on if f.matter in one.matters], story, contact)
        row["restriction_id"], row["customer"] = one.id, _customer(story)
        row["held"] = [turns[key].message.message_id for key, which in held.items() if which is one]
        row["held_keys"] = sorted(key for key, which in held.items() if which is one)
        rows.append(row)
        if ground.now >= _review_of(one, ground.pack):
            rows.append(row | _review(one, story, findings, contact))
    rows += _appeal(story, ground, findings, restrictions, contact)
    for each in no_reply.to_propose(abusive, story):
        row = _proposal("no-reply", each.turn.message.key, each.turn, each.why, story, contact)
        about_it = {"keys": [], "until": each.until.isoformat(), "filed": each.because if each.filed else ""}
        rows.append(row | about_it)  # a verdict on it is about the reply; what was found stands as it is
    for turn in story.turns:
        if not turn.by_staff and story.owns(turn) and (fault := _unread(turn)):
            row = _proposal("unreadable", turn.message.key, turn, (), story, contact)
            rows.append(row | {"reason": fault, "keys": [turn.message.key]})
    rows += _reported(story, ground, findings, contact)
    rows += _handled(story, ground, rulings, contact, matters)
    told, by_matter = voices_on(ground.verdicts), {row["id"]: row for row in matters}
    for row in rows:
        _heard(row, told.get(row["id"], ()))
        said = (not_looked_at(turns[key].message.own) for key in row["keys"] if key in turns and not turns[key].by_staff)
        row["not_looked_at"] = list(dict.fromkeys(words for words in said if words))
        row["stage"] = decision.stage
        row["unmet"] = list(decision.unmet)
        row["checks"] = [asdict(check) for check in decision.checks]
        row["our_part"] = by_matter.get(row["matter"])
        row["warned_on"] = decision.warned_at.isoformat() if decision.warned_at else None
        row["warning"] = decision.warned.act.warning if decision.warned and decision.warned.act else ""
        row["restriction"] = next((one for one in restrictions if one["id"] == row.get("restriction_id")), None)
        row["policy"] = ground.pack.title
        row["decided_by"] = ground.pack.decider("restrict" if row["kind"] in ("restrict", "hold", "senior") else "warn")
        _who_knows(row, rulings)
    return tuple(rows)


def _with_ties(rows: tuple[Row, ...], joins: Sequence[Join], rulings: Sequence[Ruling]) -> tuple[Row, ...]:
    """The notes on restrictions, with the addresses among those they bind that only the program takes for the same person's."""
    said = ties(rulings)
    for row in rows:
        bound = set(row["restriction"]["addresses"]) if row["kind"] in ("hold", "review") and row["restriction"] else set()
        row["tied"] = [
            asdict(one) for one in joins if {one.one, one.other} <= bound and frozenset({one.one, one.other}) not in said.same
        ]
    return rows


def _heard(row: Row, voices: tuple[Verdict, ...]) -> None:
    """What staff said of a proposal."""
    verdict = agreed(voices)
    if verdict and (row["kind"] == "urgent" or verdict.choice == "dismiss") and not set(row["keys"]) <= verdict.keys:
        verdict = None  # something has come since that nobody has looked at; who agreed that a warning is due has said so
    if verdict and verdict.choice == "agree" and verdict.by_answer and not verdict.decides:
        verdict = None  # an opinion: the note waits for whoever has the role
    row["verdict"] = {"choice": verdict.choice, "words": verdict.words()} if verdict else None
    row["dispute"] = [one.words() for one in voices] if voices and not agreed(voices) else []


def _who_knows(row: Row, rulings: Sequence[Ruling]) -> None:
    """Which colleague took over, and which departments were told of the restriction that a note is about."""
    last = next(reversed(handling.taken_over(rulings)), None)
    row["handler"] = {"to": last.to, "from": last.relieved, "at": last.at.isoformat()} if last else None
    told = handling.departments(rulings, row["restriction_id"]) if row.get("restriction_id") else ()
    row["departments"] = [
        {"name": one.name, "told": one.told.isoformat(), "read": one.read.isoformat() if one.read else None} for one in told
    ]


def _customer(story: Story) -> str:
    """What to call the contact: by the name in their last mail."""
    own = [turn.message.sender for turn in story.turns if not turn.by_staff and story.owns(turn)]
    return own[-1].name or own[-1].email if own else ", ".join(sorted(story.addresses))


def _review(one: hold.Restriction, story: Story, findings: Iterable[Finding], contact: str) -> Row:
    """What the reminder before the end of a restriction says otherwise than the note on the restriction itself."""
    own = [turn for turn in story.turns if not turn.by_staff and story.owns(turn)]
    later = {turn.message.key for turn in own if turn.message.sent_at > one.start and turn.matter in one.matters}
    return {
        "id": _proposal_id(contact, "review", f"{one.id} {one.until}"),
        "kind": "review",
        "keys": [],  # moving it away settles nothing that was found
        "since": sorted({each.kind for each in findings if each.message_key in later and counts(each)}),
    }


def _appeal_due(story: Story, ground: Ground, findings: Iterable[Finding]) -> datetime | None:
    """By when the oldest open appeal of this contact is to be decided; None where none is open."""
    waiting = open_appeals(story, findings, [one for one in ground.rulings if one.concerns(story.addresses)])
    return waiting[0] + timedelta(days=ground.pack.periods.appeal_answer_days) if waiting else None


def _appeal(story: Story, ground: Ground, findings: Sequence[Finding], restrictions: Sequence[Row], contact: str) -> list[Row]:
    """The note that an appeal waits: once when it came in, and again when it is late."""
    due = _appeal_due(story, ground, findings)
    theirs = [turn for turn in story.turns if not turn.by_staff and story.owns(turn)]
    if due is None or not theirs:
        return []
    said = [each for each in findings if each.kind == "appeal" and each.strength >= SURE and not each.dismissed]
    keys = {each.message_key for each in said}
    about = next((turn for turn in reversed(theirs) if turn.message.key in keys), theirs[-1])
    late = due < ground.now
    row = _proposal("appeal", f"{due}{' late' if late else ''}", about, said, story, contact)
    barred = sorted({one["decided_by"] for one in restrictions})
    return [row | {"keys": [], "due": due.isoformat(), "late": late, "barred": barred, "decider": ground.pack.decider("appeal")}]


def _unread(turn: Turn) -> str:
    """Why a person must open a mail whose words the program could not see (encrypted, a picture, broken); "" when it could."""
    return next((f for f in turn.message.faults if f.endswith("a person must look") and "somebody else's" not in f), "")


def _gaps(one: hold.Restriction, at: Standing, pack: Pack) -> list[str]:
    """What a restriction that only a letter announced lacks: people sent it, so it holds, and this is told to them."""
    gone = {ruling.about for ruling in at.rulings if ruling.act == "withdraw"}
    if one.ruling:
        lost = any(each.startswith(ground) for each in gone for ground in one.ruling.grounds)
        return ["an incident it rests on was taken back: look whether it should stand"] if lost else []
    said = [
        "who decided and why is not recorded: whoever runs triage for you can add it (`triage hold start`; the restriction stays as it is)"
    ]
    if not one.end_named:
        said.append(f"the letter names no end: it lapses after the usual {pack.periods.restriction_days} days")
    before = replace(at.story, turns=tuple(turn for turn in at.story.turns if turn.message.sent_at < one.start))
    keys = {turn.message.key for turn in before.turns}
    known = [finding for finding in at.findings if finding.message_key in keys]
    earlier = [each for each in at.restrictions if each.start < one.start]
    then = decide(before, known, earlier, now=one.start, rulings=[ruling for ruling in at.rulings if ruling.at < one.start])
    renewal = any(each.over_at >= one.start for each in earlier)
    open_then = [check for check in then.checks if check.name in then.unmet and not (renewal and check.name == "not_warned")]
    return said + [f"when it was sent a safeguard was open: {check.words}" for check in open_then]


def _restriction(one: hold.Restriction, at: Standing, pack: Pack) -> Row:
    now = at.now
    return {
        "gaps": _gaps(one, at, pack),
        "id": one.id,
        "contact": at.contact,
        "notice": one.notice_id,
        "words": one.words,
        "start": one.start.isoformat(),
        "until": one.until.isoformat(),
        "end_named": one.end_named,
        "ended_early": one.ended_early.isoformat() if one.ended_early else None,
        "in_force": one.in_force(now),
        "subject": one.subject,
        "matters": list(one.matters),
        "kind": one.kind,
        "reason": one.reason,
        "reader": one.reader,
        "recorded": one.ruling.id if one.ruling else "",
        "overrides": [asdict(each) for each in one.ruling.overrides] if one.ruling else [],
        "decided_by": one.decided_by,
        "appeal_offered": one.appeal_offered,
        "addresses": sorted(one.binds),
        "mailboxes": sorted(one.ruling.mailboxes) if one.ruling else [],
    }


def _wanted(
    story: Story, findings: Iterable[Finding], held: Collection[str], matters: Iterable[Row], contact: str
) -> tuple[Row, ...]:
    """Message key → the labels it should bear and whether it lies in the hold folder; copies of a mail alike."""
    labels: dict[str, set[str]] = {}
    for finding in findings:
        if name := label.of(finding):
            labels.setdefault(finding.message_key, set()).add(name)
    for row in matters:
        if row["overdue"] and row["waiting_message"]:
            labels.setdefault(row["waiting_message"], set()).add(label.OVERDUE)
    for key in held:
        labels.setdefault(key, set()).add(label.HOLD)
    rows = []
    for key, names in labels.items():
        for copy in (key, *story.copies.get(key, ())):
            rows.append({"message_key": copy, "contact": contact, "labels": sorted(names), "held": key in held})
    return tuple(sorted(rows, key=lambda row: str(row["message_key"])))


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one contact stands at a moment: what a person who decides about them goes by."""

    story: Story
    contact: str
    findings: tuple[Finding, ...]
    rulings: tuple[Ruling, ...]
    """Those about this contact."""
    restrictions: tuple[hold.Restriction, ...]
    decision: Decision
    now: datetime

    @property
    def in_force(self) -> list[hold.Restriction]:
        return [one for one in self.restrictions if one.in_force(self.now)]


def standing(
    addresses: Collection[str],
    messages: Iterable[Message],
    ground: Ground,
    template_twins: Mapping[str, tuple[str, ...]],
    related: Iterable[Message] = (),
) -> Standing:
    """Where the contact with these addresses stands at `ground.now`, from these mails (`conclude` says more of each)."""
    rulings = in_effect(one for one in ground.rulings if one.concerns(addresses))
    story = tell(addresses, messages, ground.directory, related, rulings)
    said = ties(rulings)
    rulings = tuple(one for one in rulings if one.act in CORRECTIONS or hold.still_theirs(one, story, said))
    contact = contact_id(story)
    findings = _excused(_findings(story, ground, template_twins, contact), story, ground)
    told = hold.restrictions(story, rulings, timedelta(days=ground.pack.periods.restriction_days))
    decision = decide(story, findings, told, now=ground.now, highest=ground.pack.highest_stage, rulings=rulings)
    return Standing(story, contact, findings, rulings, told, decision, ground.now)


def conclude(
    addresses: Collection[str],
    messages: Iterable[Message],
    ground: Ground,
    *,
    template_twins: Mapping[str, tuple[str, ...]] | None = None,
    joins: Sequence[Join] = (),
    related: Iterable[Message] = (),
) -> Conclusion:
    """Everything that follows from one contact's mail at `ground.now`.

    `addresses`: the contact's, lower case. `messages`: every stored mail from, to or copied to one of them, in any order.
    `template_twins`: message key → earlier mails by other people in the same words. `joins`: why the addresses are one contact.
    `related`: mails of people the contact may be writing for.
    """
    at = standing(addresses, messages, ground, template_twins or {}, related)
    story, contact, findings, told, decision = at.story, at.contact, at.findings, at.restrictions, at.decision
    in_force = at.in_force
    held = hold.held(story, in_force, findings)
    seen = dict.fromkeys(turn.matter for turn in story.turns if story.owns(turn))
    rows = tuple(_matter(one, story, ground, findings, held.keys(), contact) for one in seen)
    restrictions = tuple(_restriction(one, at, ground.pack) for one in told)
    ids = {turn.message.key: _proposal_id(contact, "no-reply", turn.message.key) for turn in story.turns}
    abusive = no_reply.candidates(
        story, findings, mildest(ground.verdicts), ids,
        mode=ground.without_reply, days=ground.pack.periods.no_reply_days, held=held, now=ground.now,
    )  # fmt: skip
    filed = held.keys() | {each.turn.message.key for each in abusive if each.filed}
    due = _appeal_due(story, ground, findings)
    clocks = [_inquiry_due(one, ground) for one in handling.open_inquiries(at.rulings)]
    known = {turn.message.key for turn in story.turns}
    told_of = [one for key, some in reported(ground.verdicts).items() if key in known for one in some]
    clocks += [one.at + timedelta(days=ground.pack.periods.report_days) for one in told_of]
    review = _review_at(story, ground, rows, told, [*(each.until for each in abusive), *((due,) if due else ()), *clocks])
    own = [turn.message for turn in story.turns if not turn.by_staff and story.owns(turn)]
    names = dict.fromkeys(message.sender.name for message in own if message.sender.name)
    record: Row = {
        "id": contact,
        "addresses": sorted(addresses),
        "names": list(names) or sorted({name for message in own for name in signed_names(message)}),
        "stage": decision.stage,
        "unmet": list(decision.unmet),
        "checks": [asdict(check) for check in decision.checks],
        "joins": [asdict(join) for join in joins],
        "policy": f"{ground.pack.id} {ground.pack.version}",
        "messages": len(own),
        "appeal_due": due.isoformat() if due else None,
        "review_at": review.isoformat() if review else None,
        "as_of": ground.now.isoformat(),
    }
    return Conclusion(
        contact=record,
        matters=rows,
        findings=findings,
        restrictions=restrictions,
        proposals=_with_ties(
            _proposals(story, ground, findings, decision, in_force, held, rows, contact, restrictions, abusive, at.rulings),
            joins,
            at.rulings,
        ),
        wanted=_wanted(story, findings, filed, rows, contact),
    )
