"""Ledger → conclusions → ledger: which contacts a new mail, a verdict or the time has touched, and what follows for each.

A contact is concluded anew from all its mail, so the work is the size of that contact's history; the others are not looked at.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from triage import contact, crew, detect, hearing, matter, record, story, terms
from triage.conclusion import Conclusion, Ground, Row, Standing, conclude, standing, twins
from triage.conduct_model import Scorer, load
from triage.contact import Join
from triage.errors import TriageError
from triage.evidence import Directory
from triage.learning import shifts
from triage.ledger import ConclusionRows, Ledger
from triage.message import Message
from triage.progress import UNWATCHED, Progress
from triage.ruling import Ties, ties
from triage.settings import Settings
from triage.verdict import Verdict

Scores = Mapping[str, tuple[tuple[str, float], ...]]
"""Kind → the sentences of a mail that stand out to the trained model, each with its probability."""

_FEW = 100
"""Mails that are in memory at once where all new ones are gone through, and contacts where no worker helps."""
_MANY = 60
"""Addresses to be concluded from which on workers are worth their beginning."""
_AT_ONCE = 16
"""Contacts that a worker judges in one go."""
_AHEAD = 4
"""Such lots that wait for each worker: one contact may have a thousand mails, and the others are not to wait for him."""
_TOGETHER = 50
"""Contacts whose conclusions are written down together."""
_EVERYBODY = 1_000_000_000
_MOST_HEARD = 200_000
_WORD = re.compile(r"[^\W\d_]+")
_MOST_SCORED = 20_000
"""Characters of one mail that the model is asked about."""


def ground(settings: Settings, ledger: Ledger, now: datetime) -> Ground:
    """What conclusions stand on at `now`: settings, policy pack, and the verdicts in the journal."""
    verdicts = hearing.verdicts(ledger)
    return Ground(
        now=now.astimezone(UTC),
        directory=settings.directory(),
        pack=settings.pack(),
        standard=settings.organisation.service_standard,
        zone=settings.organisation.time_zone,
        verdicts=verdicts,
        shifts=shifts(verdicts) if settings.acting.learning else {},
        rulings=record.rulings(ledger),
        without_reply=settings.acting.no_reply,
        semantic=settings.models.semantic,
    )


def _each(ledger: Ledger, keys: Sequence[str]) -> Iterator[Message]:
    """The readable mails with these keys, a few at a time, so that any number of them needs no more memory."""
    for start in range(0, len(keys), _FEW):
        for one in ledger.messages(keys[start : start + _FEW]):
            if isinstance(one, Message):
                yield one


def touched(ledger: Ledger, on: Ground, fresh: Sequence[str] | None = None) -> set[str]:
    """The outside addresses whose conclusions may change: of new mail, of later mail in the same words, of due contacts.

    `fresh`: the keys of the new mails; looked up when left out.
    """
    found = {email for email in ledger.senders_alike_after_new() if not on.directory.employs(email)}
    found |= _touched_by(_each(ledger, ledger.unconcluded() if fresh is None else fresh), ledger, on)
    for addresses in ledger.contact_addresses(ledger.due(on.now)).values():
        found |= set(addresses)
    return found


def touched_by_verdicts(verdicts: Iterable[Verdict], ledger: Ledger, on: Ground) -> set[str]:
    """The outside addresses whose conclusions these verdicts may change: those of the mails and of the proposals that were judged."""
    judged = list(verdicts)
    keys = sorted({key for one in judged for key in one.keys})
    found = _touched_by(_each(ledger, keys), ledger, on)
    for addresses in ledger.contact_addresses(ledger.contacts_of(one.proposal for one in judged)).values():
        found |= set(addresses)
    return found


def _touched_by(messages: Iterable[Message], ledger: Ledger, on: Ground) -> set[str]:
    """Whoever is a party to one of these mails, or may have written for the people who signed them."""
    found, names = set[str](), set[contact.Mark]()
    for message in messages:
        found |= set(on.directory.outside(message)) or _answered_to(message, ledger, on.directory)
        names |= {("for", name) for name in contact.signed_names(message)} if message.role == "inbox" else set()
    return found | _addresses(ledger.sharing(names))


def take_up(ledger: Ledger, on: Ground, also: Iterable[str] = (), known: Mapping[str, str] | None = None) -> None:
    """Writes down whose conclusions new mail, the time and whatever touched the addresses in `also` call for: from then on they are
    owed until they are drawn, whatever happens to the program. `known`: facts about the ledger that hold with it, by name."""
    fresh = ledger.unconcluded()
    emails = touched(ledger, on, fresh) | set(also)
    with ledger.transaction():
        ledger.owe(sorted(emails))
        ledger.mark_concluded(fresh)
        for name, value in (known or {}).items():
            ledger.set_meta(name, value)


def _answered_to(message: Message, ledger: Ledger, staff: Directory) -> set[str]:
    """The outside parties of the mails that a mail among ourselves refers to."""
    keys = {key for cited in {message.in_reply_to, *message.references} - {""} for key in ledger.keys_by_message_id(cited)}
    found: set[str] = set()
    for one in ledger.messages(keys):
        if isinstance(one, Message):
            found |= set(staff.outside(one))
    return found


def _among_ourselves(message_ids: Iterable[str], known: set[str], ledger: Ledger, staff: Directory) -> list[Message]:
    """Mails between colleagues that refer to one of these mails: part of the story, though the contact is no party to them."""
    return [one for one in _each(ledger, sorted(ledger.citing(message_ids) - known)) if not staff.outside(one)]


_PLAIN_ADDRESS = 300
"""Characters up to which an address is searched as it is."""


def _mails_with(people: frozenset[str], ledger: Ledger, staff: Directory) -> tuple[list[Message], set[str]] | None:
    """The mails that a contact's story may be told from, and the keys of all mails of which the contact is a party; None where
    there is none.

    All that the contact wrote or that we wrote; what others wrote with a copy to the contact (on a mailing list that is nearly
    every mail) only where it may belong to a thread of these, as `story.tell` takes nothing else from it.
    """
    facts = ledger.facts_with(people)
    if not facts:
        return None
    known = {one.key for one in facts}
    own = {
        one.key
        for one in facts
        if one.sender in people or one.role == "sent" or staff.employs(one.sender)
        or not one.sender.isascii() or len(one.sender) > _PLAIN_ADDRESS
    }  # fmt: skip
    found = list(_each(ledger, sorted(own)))
    found += _among_ourselves((one.message_id for one in facts), known, ledger, staff)
    if found:
        cited = {reference for message in found for reference in (*message.references, message.in_reply_to)} - {""}
        others = ledger.threads_with(people, {message.message_id for message in found}, cited) - own
        found += _each(ledger, sorted(others))
    return sorted(found, key=story.order), known


_SPOKEN_FOR = 5


def _written_to_together(messages: Sequence[Message], people: frozenset[str], staff: Directory) -> set[str]:
    """Outside addresses that a mail of ours went to as well which the contact has answered: we have put them together."""
    answered = {one.in_reply_to for one in messages if one.sender.email in people}
    ours = [one for one in messages if one.role == "sent" and one.message_id in answered and not one.automatic]
    return {email for one in ours for email in staff.outside(one)} - people


def _spoken_for(
    theirs: Iterable[Message], people: frozenset[str], ledger: Ledger, staff: Directory, beside_them: set[str]
) -> list[Message]:
    """The mails of people this contact may be writing for, as a councillor, a solicitor or a husband does, and of those who say
    that they write for this contact. So does a mail that holds the other's surname and a house or reference number that the other
    has shown, or that says it is written for somebody and gives the other's whole name. A number or a name alone ties nobody
    together (practice, traps T4 and T9). `beside_them`: whose mail belongs here in any case."""
    by_key = {message.key: message for message in theirs}
    shown: dict[contact.Mark, list[str]] = {}
    for_whom = set[contact.Mark]()
    for key, marks in ledger.marks_by_mail(people, ("place", "reference", "for")).items():
        for mark in marks if key in by_key else ():
            if mark[0] == "for":
                for_whom.add(("name", mark[1]))
            else:
                shown.setdefault(mark, []).append(key)
    names = {name for marks in ledger.marks_of(people).values() for kind, name in marks if kind == "name"}
    for_whom |= {("for", name) for name in names}
    found = {email for email in _addresses(ledger.sharing(for_whom, limit=_SPOKEN_FOR)) - people if not staff.employs(email)}
    found |= beside_them
    if not shown and not found:
        return []
    beside: dict[str, set[str]] = {}  # by address, the mails that show what it has shown
    for mark, owners in ledger.sharing(shown, limit=_SPOKEN_FOR * 4).items():
        for other in owners - people:
            if not staff.employs(other):
                beside.setdefault(other, set()).update(shown[mark])
    words = {key: _words(by_key[key]) for key in set().union(*beside.values())}
    said = {other: set().union(*(words[key] for key in keys)) for other, keys in beside.items()}
    own = {name.split()[-1] for name in names}
    for other, marks in ledger.marks_of(said).items():
        called = [name.split() for kind, name in marks if kind == "name"]
        if any(said[other].issuperset(name) or (len(name[-1]) > 2 and name[-1] in said[other] - own) for name in called):
            found.add(other)
    return ledger.messages_with(frozenset(sorted(found)[:_SPOKEN_FOR])) if found else []


def _words(message: Message) -> set[str]:
    return set(_WORD.findall(terms.fold(f"{message.subject} {message.own[:_MOST_SCORED]}")))


def _addresses(sharing: Mapping[contact.Mark, set[str]]) -> set[str]:
    return {address for owners in sharing.values() for address in owners}


def one_person(email: str, ledger: Ledger, staff: Directory, said: Ties | None = None) -> tuple[frozenset[str], tuple[Join, ...]]:
    """All addresses of the person behind one address, and why they are one. `said`: what people said of addresses; looked up in the
    ledger when left out."""
    said = ties(record.rulings(ledger)) if said is None else said
    known = frozenset({email})
    while True:
        shown = {mark for marks in ledger.marks_of(known).values() for mark in marks}
        near = _addresses(ledger.sharing((mark for mark in shown if mark[0] in contact.DECISIVE), limit=_EVERYBODY)) - known
        if near:  # for most people there is nobody, which spares looking up every thread they wrote in
            near &= _addresses(ledger.sharing(mark for mark in shown if mark[0] in contact.LOOKED_UP))
        sharers = {other for other in near | said.named(known) if not staff.employs(other)}
        marks_of = ledger.marks_of(known | sharers)
        for address in known | sharers:
            marks_of.setdefault(address, set())
        people, joins = contact.groups(marks_of, said)
        grown = next(group for group in people if email in group)
        if grown <= known:
            return grown, tuple(join for join in joins if join.one in grown and join.other in grown)
        known = known | grown


Group = tuple[frozenset[str], tuple[Join, ...]]
"""The addresses of one contact, and why they are one."""


def conclude_touched(ledger: Ledger, on: Ground, emails: Iterable[str], progress: Progress = UNWATCHED) -> tuple[int, list[str]]:
    """Concludes every contact behind these addresses anew and writes it down, some at a time: how many, and what went wrong, in words.

    A contact whose mail makes the program stumble is set aside with what was known of it before; a person is told, the
    others go on, and its conclusion stays owed, so that the next pass tries again.
    """
    count = 0
    problems: list[str] = []
    done, replaced, rows = set[str](), set[str](), ConclusionRows()
    asked = set(emails)
    progress.begins("judging, by address", len(asked))
    for (people, _), conclusion in _concluded(ledger, on, sorted(asked)):
        progress.goes_on(len(asked & people))
        if isinstance(conclusion, str):
            problems.append(conclusion)
            ledger.owe(sorted(people))
            continue
        done |= people
        replaced |= set(ledger.contacts_with(people))  # asked now: what is written meanwhile under an old name stays
        if conclusion:
            add(rows, conclusion)
            count += 1
        if len(rows.contacts) + len(replaced) >= _TOGETHER:
            _write(ledger, done, replaced, rows)
    _write(ledger, done, replaced, rows)
    return count, problems


def _groups(ledger: Ledger, on: Ground, emails: Iterable[str]) -> Iterator[Group]:
    """The contacts behind these addresses, and behind those that were one contact with them until now."""
    waiting, done = sorted(emails, reverse=True), set[str]()
    said = ties(on.rulings)
    while waiting:
        email = waiting.pop()
        if email in done:
            continue
        people, joins = one_person(email, ledger, on.directory, said)
        old = ledger.contact_addresses(ledger.contacts_with(people))
        left_over = {address for addresses in old.values() for address in addresses} - people
        waiting += sorted(left_over - done)
        done |= people
        yield people, joins


def _concluded(ledger: Ledger, on: Ground, emails: Sequence[str]) -> Iterator[tuple[Group, Conclusion | str | None]]:
    """What follows for each contact, or in words why that could not be told; by workers where there is much to do."""
    groups = _groups(ledger, on, emails)
    url = ledger.url if len(emails) >= _MANY and crew.size() else None
    if url is None:
        for some in _batched(groups, _FEW):
            yield from zip(some, _judge_lot(some, ledger, on), strict=True)
        return
    load(semantic=on.semantic)  # what there is to say about the model is said here; only the workers keep it
    lots = _batched(groups, _AT_ONCE)
    for some, conclusions in crew.ordered(_judge_some, lots, prepare=partial(_prepare, url, on), ahead=_AHEAD):
        yield from zip(some, conclusions, strict=True)


def _batched(groups: Iterator[Group], size: int) -> Iterator[list[Group]]:
    while some := list(islice(groups, size)):
        yield some


_beside: list[tuple[Ledger, Ground]] = []
"""In a worker: what it works with."""


def _prepare(url: str, on: Ground) -> None:
    _beside.append((Ledger.open(url), on))


def _judge_some(groups: Sequence[Group]) -> list[Conclusion | str | None]:
    """In a worker: what follows for some contacts."""
    return _judge_lot(groups, *_beside[0])


def _judge_lot(groups: Sequence[Group], ledger: Ledger, on: Ground) -> list[Conclusion | str | None]:
    """What follows for some contacts, the model asked about all their mail together."""
    if len(groups) > 1:  # about the mail of one contact it is asked together anyway
        written = (one.key for people, _ in groups for one in ledger.facts_with(people) if one.sender in people)
        _hear(_each(ledger, [key for key in written if key not in _heard]), on)
    return [_attempt(group, ledger, on) for group in groups]


def _attempt(group: Group, ledger: Ledger, on: Ground) -> Conclusion | str | None:
    try:
        return conclusion_of(*group, ledger, on)
    except TriageError:
        raise
    except Exception as fault:  # noqa: BLE001 - the one place: a bug met in one contact's mail must not stop everybody else's
        where = traceback.extract_tb(fault.__traceback__)[-1]
        return (
            f"one contact could not be concluded ({type(fault).__name__} in {where.name}, line {where.lineno} of {where.filename}); "
            "its mail stays where it is and its conclusions are those of before; please report this"
        )


def _theirs(people: frozenset[str], messages: Iterable[Message]) -> list[Message]:
    return [m for m in messages if m.sender.email in people and m.role == "inbox" and not m.automatic]


def conclusion_of(people: frozenset[str], joins: tuple[Join, ...], ledger: Ledger, on: Ground) -> Conclusion | None:
    """What follows for one contact; None for an address without any mail of which it is a party."""
    found = _read(people, ledger, on)
    if found is None:
        return None
    return conclude(people, found.messages, found.on, template_twins=found.twins, joins=joins, related=found.related)


def standing_of(people: frozenset[str], ledger: Ledger, on: Ground, before: datetime | None = None) -> Standing:
    """Where one contact stands at `on.now`; or stood at `before`, from what was written and recorded until then."""
    found = _read(people, ledger, on) or _Mail([], on, {}, ())
    messages, related, on = found.messages, found.related, found.on
    if before is not None:
        messages = [message for message in messages if message.sent_at < before]
        related = [message for message in related if message.sent_at < before]
        on = replace(on, now=before, rulings=tuple(one for one in on.rulings if one.at < before))
    return standing(people, messages, on, found.twins, related)


class _Mail(NamedTuple):
    """The mail that one contact's story is told from, and the ground with what the model says of it."""

    messages: list[Message]
    on: Ground
    twins: Mapping[str, tuple[str, ...]]
    """Message key → earlier mails by other people in the same words."""
    related: Sequence[Message]
    """Mails of people the contact may be writing for."""


def _read(people: frozenset[str], ledger: Ledger, on: Ground) -> _Mail | None:
    """None where there is no mail of which the contact is a party."""
    found = _mails_with(people, ledger, on.directory)
    if found is None:
        return None
    messages, known = found
    theirs = _theirs(people, messages)
    ours = [m for m in messages if m.role == "sent" and not m.automatic] if on.pack.binds_both_sides else []
    _hear((*theirs, *ours), on)
    on = replace(on, scores={m.key: _heard[m.key] for m in (*theirs, *ours) if m.key in _heard})
    alike = {m.key: twins(m, _each(ledger, ledger.alike_before(m))) for m in theirs}
    # what has a copy to the contact belongs to the story or to nothing
    together = _written_to_together(messages, people, on.directory)
    related = [one for one in _spoken_for(theirs, people, ledger, on.directory, together) if one.key not in known]
    return _Mail(messages, on, alike, related)


@cache
def _model(semantic: Path | None) -> Scorer | None:
    """The trained model, opened when the first mail needs it; None when there is none that fits (the reason is logged)."""
    return load(semantic=semantic)


def load_all() -> None:
    """Loads what judging needs and what else is loaded when the first mail asks for it: phrase books and models."""
    if model := _model(None):
        model.remarkable(["Good morning."])
    detect.load_all()
    matter.load_all()


_heard: dict[str, Scores] = {}
"""Message key → what the model says of it; little, for most mails nothing, and kept while the program runs."""


def _hear(messages: Iterable[Message], on: Ground) -> None:
    """Asks the model about the mails it was not asked about yet, many at a time, which takes it a fraction of the time."""
    model, waiting = _model(on.semantic), dict[str, Message]()
    if model is None:
        return
    if len(_heard) > _MOST_HEARD:
        _heard.clear()
    for message in messages:
        if not message.automatic and message.key not in _heard:
            waiting[message.key] = message
        if len(waiting) == _FEW:
            _ask(model, waiting)
    _ask(model, waiting)


def _ask(model: Scorer, waiting: dict[str, Message]) -> None:
    if not waiting:
        return
    said = model.remarkable([message.own[:_MOST_SCORED] for message in waiting.values()])
    _heard.update(zip(waiting, said, strict=True))
    waiting.clear()


def add(rows: ConclusionRows, conclusion: Conclusion) -> None:
    """Adds a conclusion, in the form the ledger keeps."""
    rows.contacts.append(conclusion.contact)
    rows.matters.extend(conclusion.matters)
    rows.findings.extend(asdict(finding) for finding in conclusion.findings)
    rows.restrictions.extend(conclusion.restrictions)
    rows.proposals.extend(conclusion.proposals)
    rows.wanted.extend(conclusion.wanted)


def _write(ledger: Ledger, done: set[str], replaced: set[str], rows: ConclusionRows) -> None:
    """Writes down what was concluded about the addresses `done` in one transaction, as each takes a moment of the disk, and empties
    all three."""
    with ledger.transaction():
        ledger.replace_conclusions(replaced, rows)
        ledger.settle(sorted(done))
    done.clear()
    replaced.clear()
    for part in (rows.contacts, rows.matters, rows.findings, rows.restrictions, rows.proposals, rows.wanted):
        part.clear()


def everyone(ledger: Ledger, on: Ground) -> Iterator[str]:
    """Every outside address there is mail from or to, for concluding everything anew."""
    for email in ledger.all_senders():
        if not on.directory.employs(email):
            yield email


def differences(before: ConclusionRows, after: ConclusionRows) -> list[str]:
    """What a second conclusion says otherwise than the first, a sentence each (for `triage replay`)."""
    lines = []

    def stages(rows: list[Row]) -> dict[str, str]:
        return {", ".join(row["addresses"]): row["stage"] for row in rows}

    def findings(rows: list[Row]) -> set[tuple[str, str]]:
        return {(row["message_id"], row["kind"]) for row in rows if not row["dismissed"]}

    was, now = stages(before.contacts), stages(after.contacts)
    for who in sorted(was.keys() | now.keys()):
        if was.get(who) != now.get(who):
            lines.append(f"{who}: {was.get(who, 'unknown')} would become {now.get(who, 'unknown')}")
    for message_id, kind in sorted(findings(before.findings) - findings(after.findings)):
        lines.append(f"{message_id}: {kind} would no longer be found")
    for message_id, kind in sorted(findings(after.findings) - findings(before.findings)):
        lines.append(f"{message_id}: {kind} would be found")
    held_before = {row["message_key"] for row in before.wanted if row["held"]}
    held_after = {row["message_key"] for row in after.wanted if row["held"]}
    if held_before != held_after:
        lines.append(f"held mail: {len(held_before)} would become {len(held_after)}")
    return lines
