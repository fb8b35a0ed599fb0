"""Whether a decision about a contact may be recorded: every gate, every field, every role. Pure.

This is the one place that lets a person come under a restriction by a decision recorded here, whatever way the decision
came. It never asks whether the restriction is wise, which is for people; it asks whether the policy's conditions are met:

- a decider with the role, and another one for an appeal (004/APP, X09);
- a reason, the circumstances, an end date that is not too far off (004/PR3, RS3c, F39);
- proof that the contact was told, or the reason of safety why not (000/4-d, P06);
- conduct after a warning, or one grave incident (000/4-b, 002/W1, 004/PRC);
- every safeguard met, when the contact was told and now, or set aside by name with a reason (004/SG1, SG2).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from triage.conclusion import Standing
from triage.decision import Check, counts
from triage.evidence import Directory, Turn
from triage.explanation import day
from triage.finding import SAFEGUARDS
from triage.handling import open_inquiries
from triage.hold import Restriction
from triage.policy import Pack
from triage.ruling import CORRECTIONS, FILED, Act, Incident, Ruling, ties

ROLE: Mapping[Act, str] = {
    "warn": "warn", "restrict": "restrict", "renew": "restrict", "lift": "restrict", "appeal-decided": "appeal",
    "terminate": "terminate", "refer": "restrict", "no-action": "", "appeal": "", "intend": "restrict", "shorten": "restrict",
    "withdraw": "", "inquire": "", "inquiry-closed": "", "senior": "", "hand-over": "", "department": "",    "less": "", "close": "", "reopen": "", "split": "", "rejoin": "", "same-person": "restrict", "not-same-person": "", "undo": "",
}  # fmt: skip
"""Which role decides; "" when any of us may record it."""

EFFORT, POLICY = "no_effort", "policy_not_given"
GATES = (*SAFEGUARDS, EFFORT, POLICY)
"""Every gate before a restriction: those the program sees in the mail, and two that a person helps to answer."""

SHORTEST_ID = 8
"""Characters of an incident's id by which people may name it."""
_FRIVOLOUS, _VEXATIOUS = ("cause", "merit", "trivial"), ("malice", "harassment", "nuisance")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a ruling is measured against."""

    now: Standing
    told: Standing
    """As of just before the contact was told; the same as `now` where no mail told them."""
    pack: Pack
    directory: Directory
    deciders: Mapping[str, Collection[str]]
    """Role → addresses, as the settings name them."""
    incidents: Sequence[Incident] = ()
    """What was written down about this contact from other channels."""
    known: frozenset[str] = frozenset()
    """Of the addresses that a "same-person" names, those from which there is mail."""
    joined: Standing | None = None
    """Where the one person stands that the ruling makes of two; None where it makes nobody one."""
    bound: frozenset[tuple[str, str]] = frozenset()
    """The id of each restriction in force with each address that it binds before that."""


def faults(ruling: Ruling, on: Circumstances) -> tuple[str, ...]:
    """Every reason why this ruling cannot be recorded, in words; none when it can."""
    found = [*_decider(ruling, on), *_words(ruling), *_grounds(ruling, on)]
    match ruling.act:
        case "restrict":
            found += [*_restriction(ruling, on), *_told(ruling, on), *_end(ruling, on), *_route(ruling, on), *_gates(ruling, on)]
        case "renew":
            found += [*_about(ruling, on), *_told(ruling, on), *_end(ruling, on), *_gates(ruling, on)]
        case "lift":
            found += [*_about(ruling, on)]
        case "warn":
            found += [*_warned(ruling, on)]
        case "appeal":
            found += _appeal(ruling, on)
        case "appeal-decided":
            found += _outcome(ruling, on)
        case "terminate":
            found += [*_told(ruling, on), *_termination(ruling, on)]
        case "intend":
            found += _end(replace(ruling, start=on.now.now), on)
            found += _to_be_renewed(replace(ruling, act="renew"), on) if ruling.about else ()
        case "shorten":
            found += [*_about(ruling, on), *_shorter(ruling, on)]
        case "less" | "close" | "reopen" | "split" | "rejoin":
            found += _correction(ruling, on)
        case "same-person" | "not-same-person":
            found += [*_persons(ruling, on), *_brought_under(ruling, on)]
        case "undo":
            found += [*_undoing(ruling, on), *_brought_under(ruling, on)]
        case "withdraw" if not any(one.id == ruling.about for one in on.incidents):
            found.append(f"no incident with them has the id {ruling.about or '(none)'}, or it was taken back before")
        case "inquire" | "inquiry-closed" | "senior" | "hand-over" | "department":
            found += _handling(ruling, on)
        case "refer" if not ruling.to.strip():
            found.append("say where it was taken, such as --to police")
    return tuple(dict.fromkeys(found))


def _decider(ruling: Ruling, on: Circumstances) -> Iterable[str]:
    if not on.directory.may_decide(ruling.by):
        yield f"{ruling.by or 'nobody'} is none of us; --by takes the address of the member of staff who decided"
        return
    undone = ruling.undone(on.now.rulings)
    role = ROLE[undone.act if undone else ruling.act]
    if undone and on.joined and (newly_bound(on) or any(pair & undone.others for pair in ties(on.joined.rulings).same)):
        role = "restrict"  # who was set free comes under a restriction again only on the word of whoever may restrict
    if not role or (undone and undone.act == "same-person"):  # whoever was joined wrongly is set free by any of us
        return
    named = on.deciders.get(role, ())
    if role == "warn" and not named:
        return  # a warning is anybody's who answers, unless the settings say otherwise
    if not named:
        who = on.pack.decider(role) or "the person the policy names"
        yield f"nobody is named to decide this; write {role} = their address under [deciders] in the settings (the policy says: {who})"
    elif ruling.by not in named:
        yield f"{ruling.by} has not the role; under [deciders] {role} stand {', '.join(sorted(named))}"


def _words(ruling: Ruling) -> Iterable[str]:
    if not ruling.reason.strip():
        yield "a reason is missing; --reason says it in a sentence"
    if ruling.act in ("restrict", "terminate") and not ruling.circumstances.strip():
        yield "the circumstances are missing; --circumstances says what is known of the person, how serious it is, and our own part"
    for name, known in (("frivolous", _FRIVOLOUS), ("vexatious", _VEXATIOUS)):
        for test in getattr(ruling, name):
            head, _, why = test.partition("=")
            if head not in known or not why.strip():
                yield f"--{name} {test}: write one of {', '.join(known)}, =, and the reason"
    if ruling.vexatious and not ruling.frivolous:
        yield "nothing is vexatious that is not frivolous as well; give --frivolous with its reason, or leave --vexatious out"


def _incidents(ruling: Ruling, on: Circumstances) -> list[Incident]:
    return [
        one for one in on.incidents if any(one.id.startswith(ground) for ground in ruling.grounds if len(ground) >= SHORTEST_ID)
    ]


def _rests_on(ruling: Ruling, on: Circumstances) -> bool:
    return bool(on.told.decision.rests_on or on.now.decision.rests_on or _incidents(ruling, on))


def _grounds(ruling: Ruling, on: Circumstances) -> Iterable[str]:
    if ruling.act in ("warn", "restrict", "terminate", "refer") and ruling.ground == "conduct" and not _rests_on(ruling, on):
        yield "nothing was found that it could rest on; write down what happened with `triage incident`, and name it with --ground"
    if ruling.act in ("warn", "restrict") and ruling.ground != "conduct":
        yield "a dispute about money is no conduct: it is no ground for a warning or a restriction"


def _restriction(ruling: Ruling, on: Circumstances) -> Iterable[str]:
    if not on.pack.allows("restrict"):
        yield f"the {on.pack.title} gives nobody the power to restrict contact"
    if ruling.start is None:
        yield "a start is missing"
    elif ruling.start > on.now.now:
        yield f"it begins on {day(ruling.start)}: record it then, as only on that day can be seen whether a safeguard stands against it"
    known = {turn.matter for turn in on.now.story.turns}
    if unknown := [one for one in ruling.matters if one not in known]:
        yield f"no matter of theirs has the id {', '.join(unknown)}; `triage matters` lists them"
    if not known:
        yield "no mail with them is known, so nothing could be covered"
    if not on.directory.is_colleague(ruling.reader) and ruling.reader != ruling.by:
        yield "say with --reader which of us reads the mail that is held"
    if ruling.kind == "limited-subjects" and not ruling.matters:
        yield "say with --matter which subjects it is limited to"
    if ruling.kind == "number-per-period" and not (ruling.number > 0 and ruling.days > 0):
        yield "say with --number and --days how many mails in how many days are answered"


def _end(ruling: Ruling, on: Circumstances) -> Iterable[str]:
    longest = timedelta(days=on.pack.periods.longest_restriction_days)
    start = on.now.now if ruling.act == "renew" else ruling.start
    if ruling.until is None:
        yield "an end is missing; --until names the last day, and without one nothing is recorded"
    elif start is not None and (ruling.until <= on.now.now or ruling.until <= start):
        yield f"the end, {day(ruling.until)}, lies in the past or before the start"
    elif start is not None and ruling.until - start > longest + timedelta(days=1):
        yield f"the end, {day(ruling.until)}, is too far off; the longest is {longest.days} days, and it can be renewed"


def _letter(ruling: Ruling, on: Circumstances) -> Turn | None:
    """The mail of ours that the ruling names as its notice, if it went to this contact."""
    for turn in on.now.story.turns:
        said = turn.message
        to = {one.email for one in (*said.to, *said.cc)}
        if said.message_id == ruling.notice and turn.by_staff and said.role == "sent" and to & on.now.story.addresses:
            return turn
    return None


def _told(ruling: Ruling, on: Circumstances) -> Iterable[str]:
    """That the contact was told, or why not."""
    if ruling.safety_reason.strip():
        if not (on.now.decision.grave or on.told.decision.grave or _grave(ruling, on)):
            yield "only where somebody's safety is at stake may it begin without telling them: no grave incident is on file"
        return
    turn = _letter(ruling, on)
    if not ruling.notice:
        yield "no proof that they were told: --notice names the letter in Sent, --notice-file one that went another way"
    elif ruling.notice.startswith("<") and turn is None:
        yield f"{ruling.notice} is no letter of ours to them in Sent; run a pass first, or check the Message-ID"
    elif ruling.told is None or ruling.told > on.now.now:
        yield "they were not told yet: the day on which they were told lies ahead or is missing"
    elif turn is not None and ruling.act == "restrict":
        yield from _letter_told(ruling, turn, on)
    if ruling.start is not None and ruling.told is not None and ruling.start < ruling.told:
        yield "it cannot begin before they were told"


def _letter_told(ruling: Ruling, letter: Turn, on: Circumstances) -> Iterable[str]:
    """That the letter tells of this restriction: of one that is not over, not recorded already, and not longer than it says."""
    if not (letter.act and letter.act.restriction):
        yield f"{ruling.notice} does not tell of a restriction; name the letter that does, or give it as --notice-file"
        return
    one = next((each for each in on.now.restrictions if each.notice_id == ruling.notice), None)
    if one is None:
        return
    if one.ruling:
        yield f"the restriction of that letter is recorded already, as {one.id}"
        return
    if one.over_at < on.now.now:
        yield f"the restriction of that letter is over since {day(one.over_at)}; a new one needs a new letter"
        return
    if one.end_named and ruling.until is not None and ruling.until > one.until:
        yield f"the letter told them that it ends on {day(one.until)}; it cannot be recorded as longer"
    if ruling.kind in FILED and one.kind != ruling.kind and one.kind not in ("no-reply", "limited-subjects"):
        yield f"the letter told them of another kind of restriction; say so with --kind {one.kind}"
    elif ruling.kind == one.kind == "number-per-period" and ruling.number * one.rate[1] < one.rate[0] * ruling.days:
        yield f"the letter told them of {one.rate[0]} mails in {one.rate[1]} days; it cannot be recorded as fewer"


def _grave(ruling: Ruling, on: Circumstances) -> bool:
    return any(one.kind in on.pack.single_incident for one in _incidents(ruling, on))


def _route(ruling: Ruling, on: Circumstances) -> Iterable[str]:
    """Two ways lead to a restriction: conduct after a warning, and one grave incident (004/PRC)."""
    seen = on.told.decision
    if not (seen.went_on or seen.grave or _grave(ruling, on) or _incident_after_warning(ruling, on)):
        yield "no conduct after a warning is on file, and no grave incident: the next step would be a warning, not a restriction"


def _incident_after_warning(ruling: Ruling, on: Circumstances) -> bool:
    warned = on.told.decision.warned_at
    return warned is not None and any(one.on > warned for one in _incidents(ruling, on))


def open_gates(ruling: Ruling, on: Circumstances) -> tuple[Check, ...]:
    """The gates that stand open against a restriction, when the contact was told or now, each once.

    A letter in Sent has put its restriction in force already: to record who decided it and why, what was open then counts.
    """
    found: dict[str, Check] = {}
    announced = any(one.notice_id == ruling.notice for one in on.now.restrictions)
    for at in (on.told,) if announced and on.told is not on.now else (on.told, on.now):
        for check in at.decision.checks:
            if check.name in SAFEGUARDS and not check.met:
                found.setdefault(check.name, check)
    grave = on.told.decision.grave or _grave(ruling, on)
    if ruling.act == "renew" or grave or on.told.decision.warned_at:
        found.pop("not_warned", None)  # told now by the notice itself, or not needed
    elif "not_warned" not in found:
        said = next((one.words for one in on.told.decision.checks if one.name == "not_warned" and not one.met), "")
        found["not_warned"] = Check("not_warned", met=False, words=said or "no warning is on file")
    if not (efforts(on.now) or ruling.efforts.strip()):
        found[EFFORT] = Check(
            EFFORT, met=False, words="nothing shows that we tried to help; --efforts says what was done by other ways"
        )
    given = ruling.policy_given
    if on.pack.policy_first and (given is None or given > _first_conduct(on).date()):
        found[POLICY] = Check(
            POLICY, met=False, words="they were not given the policy before; --policy-given says on which day they were"
        )
    return tuple(found.values())


def _first_conduct(on: Circumstances) -> datetime:
    """When the first of what counts was written; now, where nothing was."""
    when = {turn.message.key: turn.message.sent_at for turn in on.now.story.turns}
    return min((when[one.message_key] for one in on.now.findings if counts(one)), default=on.now.now)


def efforts(at: Standing) -> tuple[str, ...]:
    """What our mails show that we did to help, a line each with its date: answers, other ways offered, adjustments (004/SG2)."""
    lines = []
    for turn in at.story.turns:
        if not turn.by_staff or turn.act is None or not at.story.owns(turn):
            continue
        did = (
            ("answered", turn.act.answer), ("offered another way", turn.act.alternative), ("showed the way up", turn.act.escalation),
            ("settled an adjustment", turn.act.adjustment_agreed), ("asked what was needed", turn.act.asks),
        )  # fmt: skip
        lines += [f'{day(turn.message.sent_at)}, {name}: "{words}"' for name, words in did if words]
    return tuple(lines)


def newly_bound(on: Circumstances) -> tuple[str, ...]:
    """The addresses that come under a restriction in force when two become one person."""
    every = {(one.id, address) for one in on.joined.in_force for address in one.binds} if on.joined else set()
    return tuple(sorted({address for _, address in every - on.bound}))


def _brought_under(ruling: Ruling, on: Circumstances) -> Iterable[str]:
    """That nobody comes under a restriction, by being said to be somebody else, while a safeguard is open (F08, 004/SG1)."""
    yield from _reasons_aside(ruling)
    addresses = newly_bound(on)
    if not addresses or on.joined is None:
        return
    decision = on.joined.decision
    for check in decision.checks:
        told = check.name == "not_warned" and (decision.warned_at or decision.grave)
        if check.name in SAFEGUARDS and not check.met and not told and check.name not in ruling.aside:
            yield (
                f"it would bring {', '.join(addresses)} under the restriction, and a safeguard is open: {check.words} ({check.name}); "
                "see to that first, or lift the restriction"
            )


def _reasons_aside(ruling: Ruling) -> Iterable[str]:
    for one in ruling.overrides:
        if one.gate not in GATES:
            yield f"there is no safeguard {one.gate}; they are {', '.join(GATES)}"
        elif not one.reason.strip():
            yield f"the safeguard {one.gate} cannot be set aside without a reason; write --override {one.gate}=REASON"


def _gates(ruling: Ruling, on: Circumstances) -> Iterable[str]:
    yield from _reasons_aside(ruling)
    for check in open_gates(ruling, on):
        if check.name not in ruling.aside:
            yield f"a safeguard is open: {check.words} ({check.name})"


def _find(ruling: Ruling, on: Circumstances) -> Restriction | None:
    return next((one for one in on.now.restrictions if one.id == ruling.about), None)


def _about(ruling: Ruling, on: Circumstances) -> Iterable[str]:
    one = _find(ruling, on)
    if one is None:
        known = ", ".join(each.id for each in on.now.in_force) or "none is in force"
        yield f"no restriction of theirs has the id {ruling.about}; {known}"
        return
    if not one.in_force(on.now.now):
        yield f"the restriction {one.id} is over since {day(one.over_at)}; it cannot be brought back, only decided anew"
    elif ruling.act == "renew" and ruling.notice != one.notice_id:  # the letter of a renewal has put it in force already
        if ruling.until is not None and ruling.until <= one.until:
            yield f"it runs until {day(one.until)} already"
        soonest = one.until - timedelta(days=on.pack.periods.review_days)
        if on.now.now < soonest:
            yield f"its review begins on {day(soonest)}; before that it cannot be renewed"


def _to_be_renewed(ruling: Ruling, on: Circumstances) -> Iterable[str]:
    """That a restriction may be renewed, but for the letter that is still to tell of it."""
    yield from _about(ruling, on)
    yield from _gates(ruling, on)


def _warned(ruling: Ruling, on: Circumstances) -> Iterable[str]:
    if not ruling.notice:
        yield "no proof that they were warned: --notice names the letter in Sent, --notice-file one that went another way"
    elif ruling.told is None or ruling.told > on.now.now:
        yield "the day on which they were warned lies ahead or is missing"
    elif ruling.notice.startswith("<"):
        turn = _letter(ruling, on)
        if turn is None:
            yield f"{ruling.notice} is no letter of ours to them in Sent; run a pass first, or check the Message-ID"
        elif not (turn.act and turn.act.warning):
            yield f"{ruling.notice} gives no warning; name the letter that does, or give it as --notice-file"


def _appeal(ruling: Ruling, on: Circumstances) -> Iterable[str]:
    if _find(ruling, on) is None:
        yield f"no restriction of theirs has the id {ruling.about}; `triage register` lists them"
    if ruling.received is None or ruling.received > on.now.now:
        yield "say with --received when the appeal came in; it cannot lie ahead"


def deciders_of(one: Restriction) -> frozenset[str]:
    """Everybody who had a part in a restriction, and so cannot decide an appeal about it."""
    recorded = (one.ruling.by,) if one.ruling else ()
    return frozenset((one.decided_by, *recorded, *(each.by for each in one.renewed)))


def _outcome(ruling: Ruling, on: Circumstances) -> Iterable[str]:
    one = _find(ruling, on)
    if one is None:
        yield f"no restriction of theirs has the id {ruling.about}; `triage register` lists them"
        return
    if ruling.by in deciders_of(one):
        yield f"{ruling.by} had a part in the restriction; an appeal is decided by somebody else"
    if not ruling.outcome:
        yield "say with --outcome whether it is allowed, varied or refused"
    if ruling.outcome == "varied" and (ruling.until is None or ruling.until >= one.until):
        yield "an appeal can only shorten: --until names an earlier end"


def _shorter(ruling: Ruling, on: Circumstances) -> Iterable[str]:
    one = _find(ruling, on)
    if ruling.until is None:
        yield "an end is missing; say on which day it is to end"
    elif ruling.until <= on.now.now:
        yield f"the end, {day(ruling.until)}, lies in the past; to end it at once, `triage hold lift`"
    elif one and ruling.until >= one.until:
        yield f"it ends on {day(one.until)} already; longer is a renewal, which has gates of its own"


def _handling(ruling: Ruling, on: Circumstances) -> Iterable[str]:
    """Who of us it is for, and that there is something to handle."""
    person, seniors = on.directory.may_decide, on.deciders.get("restrict", ())
    match ruling.act:
        case "inquire" if not person(ruling.to):
            yield "say with --who which of us inquires"
        case "inquiry-closed" if not any(one.id == ruling.about for one in open_inquiries(on.now.rulings)):
            yield (
                "no inquiry about them is open"
                if not open_inquiries(on.now.rulings)
                else "say with --inquiry which one; several are open"
            )
        case "inquiry-closed" if len(ruling.reason.split()) < _WORDS_OF_CLOSING:
            yield "say with --found what was found out, in a few words"
        case "senior" if not seniors:
            yield "nobody is named who could look; write restrict = their address under [deciders] in the settings"
        case "senior" if ruling.to and ruling.to not in seniors:
            yield f"{ruling.to} has not the role; under [deciders] restrict stand {', '.join(sorted(seniors))}"
        case "hand-over" if not (person(ruling.to) and person(ruling.relieved)) or ruling.to == ruling.relieved:
            yield "say with --from and --to which of us steps back and which takes over"
        case "department":
            yield from _department(ruling, on)


def _department(ruling: Ruling, on: Circumstances) -> Iterable[str]:
    if not ruling.to.strip():
        yield "say which department"
    if _find(ruling, on) is None:
        yield f"no restriction of theirs has the id {ruling.about}; `triage register` lists them"
    if any(at and at > on.now.now for at in (ruling.told, ruling.received)):
        yield "the day on which they were told or read it lies ahead"


_WORDS_OF_CLOSING = 3


def _correction(ruling: Ruling, on: Circumstances) -> Iterable[str]:
    """That it names mails of theirs; that closing says what was done; that a mail is split off where it can be."""
    turns = {
        key: turn for turn in on.now.story.turns for key in (turn.message.key, *on.now.story.copies.get(turn.message.key, ()))
    }
    about = [turns[key] for key in ruling.mails if key in turns]
    if not about:
        yield "the mail it is about is not known any more"
        return
    if ruling.act == "close" and len(ruling.reason.split()) < _WORDS_OF_CLOSING:
        yield "to close a matter, say in a few words what was done, such as: CLOSE, told her by telephone on 3 May that the repair is booked"
    if ruling.act == "less" and ruling.about not in ("warn", "restrict"):
        yield "there is no milder step: this asks for no step against anybody"
    for turn in about if ruling.act == "split" else ():
        first = next(one for one in on.now.story.turns if one.matter == turn.matter)
        if turn.by_staff or not on.now.story.owns(turn):
            yield "only a mail of theirs can be said to be about another matter"
        elif first is turn:
            yield "it stands at the beginning of its matter, so there is nothing to part it from; answer a note about a later mail"


def _persons(ruling: Ruling, on: Circumstances) -> Iterable[str]:
    if not ruling.others or not ruling.addresses:
        yield "name the other address, such as: SAME PERSON j.doe@example.org, she signs with the same name and flat"
        return
    if ours := sorted(one for one in ruling.others if on.directory.employs(one)):
        yield f"{', '.join(ours)} is one of us"
    if ruling.act == "same-person" and (strange := sorted(ruling.others - on.known)):
        yield f"there is no mail from {', '.join(strange)}; check the spelling"


def _undoing(ruling: Ruling, on: Circumstances) -> Iterable[str]:
    undone = ruling.undone(on.now.rulings)
    if undone is None:
        yield "there is nothing left to take back"
    elif undone.act not in CORRECTIONS | {"intend", "shorten"}:
        yield f"a decision of this kind ({undone.act}) is not taken back, only decided anew"


def _termination(ruling: Ruling, on: Circumstances) -> Iterable[str]:
    gates_open = open_gates(ruling, on) if ruling.ground == "conduct" else ()
    for check in gates_open:
        if check.name not in ruling.aside:
            yield f"a safeguard is open: {check.words} ({check.name})"
    if ruling.ground == "conduct" and not on.pack.allows("restrict"):
        yield f"the {on.pack.title} gives nobody the power to end the service over conduct"
