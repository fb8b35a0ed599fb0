"""Our notes and digests in a mailbox: wanted minus present.

There is one note for each proposal, renewed in its place and never multiplied. While it waits it lies in Triage/Review; when a verdict
was given it says so and lies where the verdict put it; when an answer has made the proposal fall it stays in Triage/Review, read, and
says what came of the answer. What staff deleted or put elsewhere is left alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from triage import digest, explanation, hearing, held_reading, judged, note, telling
from triage.actor import Actor, Done
from triage.conclusion import Row
from triage.explanation import Section
from triage.hearing import JUDGED, NOTE, SETTLED, Answer
from triage.ledger import Ledger
from triage.message import Message
from triage.policy import Pack
from triage.record import incidents, rulings
from triage.ruling import Ruling
from triage.settings import Settings
from triage.verdict import Verdict, agreed, on_mails, voices_on

BEGUN = " begun"
"""Stands after a proposal's id in the ledger while its note is being written; after a crash it tells which note may be there."""
DIGEST = "digest-"
"""Stands before the period in the id of a digest."""
_DISPUTED = "disputed:"
_TOLD = "told:"
"""Stands before the fingerprint of a note that confirms an incident."""
_OVER = "over:"
"""Stands before the fingerprint of a note whose proposal has fallen."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """A note as it should be."""

    title: str
    about: Mapping[str, Any]
    """What the journal keeps of what it is about: the keys of mails, and no words."""
    fingerprint: str
    message_id: str
    compose: Callable[[], bytes]
    folder: str
    choice: str = ""
    """The verdict that it tells of, where it tells of one."""

    @property
    def confirms(self) -> bool:
        return self.fingerprint.startswith((SETTLED, _OVER, _DISPUTED, _TOLD))


@dataclass(frozen=True, slots=True)
class _Heard:
    """What staff have said of each proposal."""

    voices: Mapping[str, tuple[Verdict, ...]]
    answers: Mapping[str, Sequence[Answer]]
    decided: Mapping[str, Ruling]
    on_mails: Sequence[tuple[str, Verdict, datetime]]
    """What was said of single mails: the key of each, the verdict, and when the mail was sent."""
    rested: Mapping[str, frozenset[str]]
    """The mails that its notes have rested on until now."""
    alone: frozenset[str]
    """The ids of the notes that only tell of what was said of single mails."""
    opinions: frozenset[str]
    """The Message-IDs of answers by somebody without the role that decides the step."""

    def of_mails(self, proposal: str, keys: Iterable[str] = ()) -> list[str]:
        """What was said of single mails on which it rests (`keys`), or of which its note has told, in words."""
        about = {*keys, *self.rested.get(proposal, ())}
        return [explanation.mail_judged(one, sent) for key, one, sent in self.on_mails if key in about]

    def section(self, row: Row) -> tuple[Section, ...]:
        """What was said of it and what came of that, as a section; () where nobody has said anything."""
        proposal = row["id"]
        voices = self.voices.get(proposal, ())
        lines = [explanation.moved_words(one) for one in voices if not one.by_answer]
        if row["kind"] != "reported":  # whose note says by itself who reported the mail
            lines += self.of_mails(proposal, row["keys"])[-explanation.MAILS_SHOWN :]
        for one in self.answers.get(proposal, ())[-explanation.MAILS_SHOWN :]:
            came = explanation.came_of(self.decided.get(one.ruling), one.faults, unproved=one.unproved)
            came += explanation.decided_elsewhere(row) if one.answer in self.opinions else ""
            lines += explanation.answer_words(one.at, one.by, one.reply, came, unproved=one.unproved)
        if voices and agreed(voices) is None:
            lines.append(explanation.IN_DISPUTE)
        return (Section("What you said", tuple(lines)),) if lines else ()


def proposals(actor: Actor) -> list[Row]:
    """What this mailbox should hold a note about: unanswered proposals of its contacts, and mail nobody could read."""
    rows = [row for row in actor.ledger.proposals() if row["mailbox"] == actor.name and not row["verdict"]]
    unread = [explanation.unreadable(one) for one in actor.ledger.unreadable() if one.mailbox == actor.name]
    return rows + unread


def _heard(actor: Actor) -> _Heard:
    said: dict[str, list[Answer]] = {}
    for one in hearing.answers(actor.ledger):
        if one.done or one.unproved:
            said.setdefault(one.proposal, []).append(one)
    given = hearing.verdicts(actor.ledger)
    decided = {one.id: one for one in rulings(actor.ledger)} if said else {}
    told: dict[str, frozenset[str]] = {}
    alone = set[str]()
    standing = on_mails(given)
    for entry in actor.ledger.entries(kinds=(NOTE,)) if any(not one.proposal for one in given) else ():
        name = str(entry.subject["proposal"])
        told[name] = told.get(name, frozenset()) | frozenset(entry.subject["keys"])
        alone |= {name} if entry.subject.get("kind") == JUDGED else set()
    mails = actor.ledger.messages(sorted({key for one in standing for key in one.keys})) if standing else ()
    sent = {one.key: one.sent_at for one in mails if isinstance(one, Message)}
    on = [(key, one, sent[key]) for one in standing for key in sorted(one.keys) if key in sent]
    opinions = frozenset(
        one.answer for one in given if one.by_answer and one.proposal and not one.decides and one.choice != "open"
    )
    return _Heard(voices_on(given), said, decided, on, told, frozenset(alone), opinions)


def _about(proposal: Row) -> Mapping[str, Any]:
    return {"keys": list(proposal["keys"]), "kind": proposal["kind"], "about": proposal["about_key"]}


def _titled(proposal: Row) -> str:
    return f"{explanation.title(proposal)}: {note.one_line(proposal['subject'], 60)}"


def _draft(actor: Actor, proposal: Row, pack: Pack, heard: _Heard) -> _Draft:
    """The note about a proposal that waits."""
    names, address = actor.box.folders, actor.box.account.address
    if proposal["kind"] == "hold":
        proposal = proposal | {"unread": _unread_of(actor, proposal, pack)}
    first, *rest = explanation.note(proposal, pack, safeguarding=actor.settings.organisation.safeguarding or "")
    how = explanation.how_to_answer(proposal, names.agree, names.dismiss)
    sections = (first, *heard.section(proposal), *rest, how)
    message_id = note.message_id(proposal, sections, address.rpartition("@")[2])
    compose = partial(note.compose, proposal, sections, mailbox=address, now=actor.now)
    return _Draft(_titled(proposal), _about(proposal), note.fingerprint(proposal, sections), message_id, compose, names.review)


def _unread_of(actor: Actor, proposal: Row, pack: Pack) -> Row:
    """What the note about a restriction says of held mail that nobody has opened."""
    unread = held_reading.everywhere(actor.ledger, [one.name for one in actor.settings.mailboxes])
    theirs = {key: at for key, at in unread.items() if key in proposal["held_keys"]}
    late = held_reading.late(theirs, pack.periods.read_days, actor.now)
    since = min((theirs[key] for key in late), default=actor.now)
    return {"late": len(late), "since": since.isoformat(), "days": pack.periods.read_days}


def _confirmation(
    actor: Actor, proposal: Row, mark: str, rest: Sequence[Section], said: tuple[Section, ...], folder: str, choice: str = ""
) -> _Draft:
    """The note as it is once something was `said`: it changes only when more is said."""
    address = actor.box.account.address
    print_ = hashlib.sha256(f"{mark} {proposal['id']}\n{note.plain(said)}".encode()).hexdigest()[:16]
    message_id = f"<{proposal['id']}.{print_}@triage.{address.rpartition('@')[2]}>"
    sections = (*said, *rest)
    compose = partial(note.compose, proposal, sections, mailbox=address, now=actor.now, message_id_=message_id)
    about = {**_about(proposal), "words": note.fingerprint(proposal, sections)}
    return _Draft(_titled(proposal), about, mark + print_, message_id, compose, folder, choice)


def _confirmations(actor: Actor, known: Iterable[str], pack: Pack, heard: _Heard) -> dict[str, _Draft]:
    """The notes that tell what was said: of proposals with a verdict, and of those that fell by an answer."""
    found, names = {}, actor.box.folders
    rows = {row["id"]: row for row in actor.ledger.proposals() if row["mailbox"] == actor.name and row["verdict"]}
    rows |= {one["id"]: one for one in map(explanation.unreadable, actor.ledger.unreadable()) if one["mailbox"] == actor.name}
    waiting = {row["id"] for row in actor.ledger.proposals() if not row["verdict"]}
    for name in known:
        verdict, row = agreed(heard.voices.get(name, ())), rows.get(name)
        if name in waiting or not (verdict or heard.answers.get(name) or heard.of_mails(name)):
            continue
        rest = explanation.note(row, pack) if row else explanation.fallen()
        if verdict and (about := row or _fallen(actor, name)):
            folder = names.agree if verdict.choice == "agree" else names.dismiss
            rest = (*rest, explanation.how_to_take_back(names.review))
            found[name] = _confirmation(actor, about, SETTLED, rest, heard.section(about), folder, verdict.choice)
        elif heard.voices.get(name) and not verdict and (about := row or _fallen(actor, name)):
            rest = (explanation.how_to_answer(about, names.agree, names.dismiss),)
            found[name] = _confirmation(actor, about, _DISPUTED, rest, heard.section(about), names.review)
        elif not row and (about := _fallen(actor, name)):
            rest = (*rest, explanation.how_to_take_back())
            found[name] = _confirmation(
                actor, about | {"title": "fallen"}, _OVER, rest, heard.section(about | {"title": "fallen"}), names.review
            )
    return found


def _fallen(actor: Actor, name: str) -> Row | None:
    """A proposal that is made no more, as far as its note needs it; None when nothing is known any more of the mail it was about."""
    told = [e.subject for e in actor.ledger.entries(kinds=(NOTE,)) if e.subject["proposal"] == name and e.subject.get("about")]
    for mail in actor.ledger.messages([told[-1]["about"]] if told else ()):
        if isinstance(mail, Message):
            return _row(name, told[-1]["kind"], told[-1]["keys"], mail)
    return None


def _row(name: str, kind: str, keys: Iterable[str], mail: Message) -> Row:
    """As much of a proposal as a note needs that only tells of something. `mail`: in whose thread it lies."""
    return {
        "id": name, "kind": kind, "keys": list(keys), "about_key": mail.key, "subject": mail.subject, "sent_at": mail.sent_at.isoformat(),
        "restriction": None, "references": [*mail.references, mail.message_id], "sender": asdict(mail.sender),
    }  # fmt: skip


def _judged(actor: Actor, known: Collection[str], heard: _Heard) -> dict[str, _Draft]:
    """The notes that confirm verdicts on mails on which no other note rests, by their ids: each lies where its verdict belongs, and in
    Triage/Review once that was taken back."""
    ledger, names = actor.ledger, actor.box.folders
    claimed = {key for row in ledger.proposals() for key in row["keys"]} if heard.on_mails else set[str]()
    claimed |= {key for name in known if name not in heard.alone for key in heard.rested.get(name, ())}
    found = {}
    for one in judged.judged(ledger, actor.name, actor.settings.directory(), claimed, known, actor.now):
        row = _row(one.id, JUDGED, [mail.key for mail in one.mails], one.about)
        (said,) = heard.section(row) or (Section("What you said", ()),)
        told = (explanation.IN_DISPUTE,) if one.disputed else ()
        if one.choice == "open" and not one.disputed and not one.last.by_answer:
            told = (explanation.taken_back(one.last),)
        section = (Section(said.heading, (*said.lines, *told)),)
        if one.disputed:
            rest: tuple[Section, ...] = (explanation.how_to_answer(row, names.agree, names.dismiss),)
            found[one.id] = _confirmation(actor, row, _DISPUTED, rest, section, names.review)
        elif one.choice == "open":
            found[one.id] = _confirmation(actor, row, _OVER, explanation.judged_note("open"), section, names.review)
        else:
            folder = names.agree if one.choice == "agree" else names.dismiss
            rest = (*explanation.judged_note(one.choice), explanation.how_to_take_back(names.review))
            found[one.id] = _confirmation(actor, row, SETTLED, rest, section, folder, one.choice)
    return found


def _told(actor: Actor, heard: _Heard) -> dict[str, _Draft]:
    """The notes that confirm mails to the address for incidents, by their ids; each stays for a month."""
    found = {}
    every = [one for one in telling.tellings(actor.ledger) if one.mailbox == actor.name and actor.now - one.at < hearing.TOLD_FOR]
    known = {one.id: one for one in incidents(actor.ledger)} if every else {}
    for one in every:
        if not one.unproved and (one.told is None or not one.done):
            continue  # erased, or still to be written down
        name = "p-" + hashlib.sha256(f"told {one.mailbox} {one.message_id} {one.by}".encode()).hexdigest()[:12]
        said = explanation.incident_note(
            one.by, known.get(one.incident), one.faults, day_said=bool(one.told and one.told.day_said)
        )
        subject = one.subject or one.by
        about = {"id": name, "kind": "incident", "keys": [], "subject": subject, "references": [*one.references, one.message_id]}
        sections = (*heard.section(about), *said)
        address = actor.box.account.address
        message_id = note.message_id(about, sections, address.rpartition("@")[2])
        compose = partial(note.compose, about, sections, mailbox=address, now=actor.now)
        mark = _TOLD + note.fingerprint(about, sections)
        told = {"keys": [], "kind": "incident", "about": "", "telling": one.number}
        found[name] = _Draft(_titled(about), told, mark, message_id, compose, actor.box.folders.review)
    return found


def tells(actor: Actor) -> bool:
    """Whether there is a note to write besides those about proposals: the folders are needed for it too."""
    if not actor.settings.acting.notes:
        return False
    heard = _heard(actor)
    return bool(digests(actor) or _told(actor, heard) or _lost(actor, heard) or _judged(actor, (), heard))


def _lost(actor: Actor, heard: _Heard) -> dict[str, _Draft]:
    """The notes for whoever reported a mail that is not known here, by their ids; one that somebody put away is let be."""
    found = {}
    for one in hearing.lost_reports(actor.ledger, actor.name, actor.now - hearing.TOLD_FOR):
        name = "p-" + hashlib.sha256(f"lost {one.mailbox} {one.message_id} {one.sender.email}".encode()).hexdigest()[:12]
        if name in heard.voices:
            continue
        row = _row(name, "lost", [], one)
        said = explanation.lost_report_note(one.sender.email, incidents=actor.settings.organisation.incidents)
        found[name] = _confirmation(actor, row, _TOLD, said, heard.section(row), actor.box.folders.review)
    return found


def digests(actor: Actor) -> dict[str, _Draft]:
    """The digest of this day or week, by its id; it is written once and stands until the next."""
    every, first = actor.settings.acting.digest, actor.settings.mailboxes[0].name
    if every == "never" or actor.name != first:
        return {}
    stands_for = digest.period(every, actor.now, actor.settings.organisation.time_zone)
    name, address = f"{DIGEST}{stands_for}", actor.box.account.address
    message_id = f"<{name}@triage.{address.rpartition('@')[2]}>"

    def compose() -> bytes:
        return digest.compose(
            summed_up(actor.ledger, actor.settings, actor.now), name=name, message_id=message_id, mailbox=address
        )

    return {name: _Draft(f"digest of {stands_for}", {"keys": []}, stands_for, message_id, compose, actor.box.folders.review)}


def summed_up(ledger: Ledger, settings: Settings, now: datetime) -> digest.Digest:
    """What waits as of `now` (aware), as the digest tells it."""
    staff = settings.directory()
    rows = ledger.conclusions()
    judged = voices_on(hearing.verdicts(ledger))
    unclear = [explanation.unreadable(one) for one in ledger.unreadable()]
    rows = replace(rows, proposals=[*rows.proposals, *(one for one in unclear if one["id"] not in judged)])
    recent = ledger.arrived(now - timedelta(weeks=digest.WEEKS))
    keys = {row["message_key"] for row in rows.findings if row["kind"] in digest.ABUSIVE}
    mails = [mail for mail in ledger.messages(sorted(keys)) if isinstance(mail, Message)]
    last = now - timedelta(days=7)
    periods = settings.pack().periods
    unread = held_reading.everywhere(ledger, [one.name for one in settings.mailboxes])
    return digest.summed_up(
        rows,
        [at for at, sender in recent if not staff.employs(sender) and at <= now],
        {mail.key: [one.email for one in (*mail.to, *mail.cc)] for mail in mails if last < mail.sent_at <= now},
        staff={one.email for mail in mails for one in (*mail.to, *mail.cc) if staff.employs(one.email)} - staff.mailboxes,
        now=now,
        zone=settings.organisation.time_zone,
        unread=held_reading.late(unread, periods.read_days, now),
        review=timedelta(days=periods.review_days),
    )


def write(actor: Actor, waiting: list[Row], done: Done) -> None:
    """One note per proposal, the same note while nothing changed; a changed one takes the place of its forerunner."""
    pack, heard = actor.settings.pack(), _heard(actor)
    known = {one.note_id: one for one in actor.ledger.notes(actor.name)}
    begun = [known.pop(name) for name in list(known) if name.endswith(BEGUN)]
    on_mails_alone = _judged(actor, known, heard) if actor.box.can_move else {}
    settled = _confirmations(actor, known.keys() - heard.alone, pack, heard) | on_mails_alone if actor.box.can_move else {}
    open_ = [
        one for one in waiting if one["id"] not in settled
    ]  # a mail that could not be read waits for ever, but for a verdict
    drafts = (
        settled
        | {one["id"]: _draft(actor, one, pack, heard) for one in open_}
        | _told(actor, heard)
        | _lost(actor, heard)
        | digests(actor)
    )
    for half in begun:
        draft = drafts.get(half.note_id.removesuffix(BEGUN))
        if not actor.dry and not (draft and draft.message_id == half.message_id):
            _remove(actor, half.message_id, _ours(actor))
            actor.ledger.forget_note(half.note_id, actor.name)
    for name, draft in drafts.items():
        before = known.get(name)
        if before and before.fingerprint == draft.fingerprint:
            continue
        if draft.confirms and before and not _lies(actor, before.message_id) and not _lies(actor, draft.message_id):
            if not actor.dry:  # staff deleted it or put it elsewhere: they are told nothing they did not want to see
                actor.ledger.remember_note(name, actor.name, before.message_id, draft.fingerprint)
            continue
        _plan(draft, heard.voices.get(name, ()), name, done)
        if not actor.dry:
            _write_note(actor, name, draft, before.message_id if before else "")
    answered = {row["id"] for row in actor.ledger.proposals() if row["verdict"]}
    for one in known.values():
        if one.note_id not in drafts and one.note_id not in answered:
            done.plan.append(f"take away a note that no longer holds: {one.note_id}")
            done.notes_removed += 1
            if not actor.dry:
                _remove(actor, one.message_id, [actor.box.folders.review])
                actor.ledger.forget_note(one.note_id, actor.name)


def _plan(draft: _Draft, voices: Sequence[Verdict], name: str, done: Done) -> None:
    if draft.choice and voices and voices[-1].by_answer:
        done.plan.append(f"note of {name} to {draft.folder}, as {voices[-1].by} answered it")
        done.notes_moved += 1
        return
    done.plan.append(f"{'confirmed' if draft.confirms else 'note'}: {draft.title}")
    done.notes += 1


def _ours(actor: Actor) -> list[str]:
    """The folders a note may lie in, as far as they are there."""
    names, absent = actor.box.folders, set(actor.box.missing_folders())
    return [folder for folder in (names.review, names.agree, names.dismiss) if folder not in absent]


def _lies(actor: Actor, message_id: str) -> bool:
    return any(actor.box.find_by_message_id(folder, message_id) for folder in _ours(actor))


def _write_note(actor: Actor, name: str, draft: _Draft, before: str) -> None:
    """Writes a note unless it is there, then takes away the one it takes the place of (`before`, its Message-ID).

    That it was begun is written down first: what a crash leaves must be found although its words may have changed since. And before a
    note is laid where a verdict belongs, that it will lie there by our doing, or it would look like a verdict.
    """
    box, ledger, review = actor.box, actor.ledger, actor.box.folders.review
    with ledger.transaction():
        ledger.remember_note(name + BEGUN, actor.name, draft.message_id, "")
        if draft.choice:
            hearing.expect(ledger, actor.name, draft.message_id, draft.choice)
    if not box.find_by_message_id(draft.folder, draft.message_id):
        box.append(draft.folder, draft.compose(), flags=("\\Seen",) if draft.fingerprint.startswith(_OVER) else (), at=actor.now)
    if before and before != draft.message_id:
        _remove(actor, before, _ours(actor) if name.startswith("p-") else [review])
    if draft.confirms or before:
        _remove(actor, draft.message_id, [folder for folder in _ours(actor) if folder != draft.folder])
    told = {"mailbox": actor.name, "proposal": name, "message_id": draft.message_id, **draft.about}
    with ledger.transaction():
        ledger.forget_note(name + BEGUN, actor.name)
        ledger.remember_note(name, actor.name, draft.message_id, draft.fingerprint)
        ledger.journal(NOTE, at=actor.now, actor="triage", subject=told)


def _remove(actor: Actor, message_id: str, folders: Iterable[str]) -> None:
    """Takes one of our notes out of these folders; where staff have put it anywhere else, it stays."""
    absent = set(actor.box.missing_folders())
    for folder in folders:
        if folder not in absent and (uids := actor.box.find_by_message_id(folder, message_id)):
            actor.box.delete_own(folder, uids)


def written(actor: Actor) -> set[str]:
    """Message-ID of every note we ever wrote."""
    told = {str(entry.subject["message_id"]) for entry in actor.ledger.entries(kinds=(NOTE,))}
    return told | {one.message_id for one in actor.ledger.notes(actor.name)}


def take_away(actor: Actor, folders: Iterable[str], done: Done) -> None:
    """Takes away every note we ever wrote that lies in one of these folders."""
    known, ours = actor.ledger.notes(actor.name), written(actor)
    for folder in folders:
        mails = actor.ledger.placed_in(actor.name, folder)  # a stranger's, with a note's id copied into it, was read as a mail
        uids = [uid for uid, message_id in actor.box.message_ids(folder).items() if message_id in ours and uid not in mails]
        done.notes_removed += len(uids)
        if uids and not actor.dry:
            actor.box.delete_own(folder, uids)
    if not actor.dry:
        for one in known:
            actor.ledger.forget_note(one.note_id, actor.name)
