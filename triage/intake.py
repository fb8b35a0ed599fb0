"""Mailbox → message → ledger: new mail is read, understood and written down before anything else happens with it.

Each batch is one transaction together with the place up to which its folder was read, so that a crash leaves the batch either
wholly known or wholly to be read again. A mail that makes no sense is written down as unreadable, never skipped.
"""

from __future__ import annotations

import email.parser
import email.policy
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from triage import at_delivery, contact, crew, hearing, incident_mail, note, parsing, telling, template, unread
from triage.label import HELD, NOTE_HEADER
from triage.ledger import Cursor, Ledger, Location, Recording
from triage.mailbox import Arrival, FolderState, Mailbox
from triage.message import Message, Role, Unreadable
from triage.progress import UNWATCHED, Progress
from triage.settings import Settings
from triage.verdict import Choice, Verdict


@dataclass(slots=True)
class Taken:
    """What one reading of a mailbox brought."""

    messages: int = 0
    unreadable: int = 0
    verdicts: int = 0
    unclear: list[str] = field(default_factory=list)
    """Reports of mails that are not known, in words for the operator."""


def take_in(
    box: Mailbox,
    ledger: Ledger,
    settings: Settings,
    now: datetime,
    waiting: unread.Unread | None = None,
    progress: Progress = UNWATCHED,
) -> Taken:
    """Reads what is new in every folder that matters and writes it down, verdicts too. Nothing in the mailbox is changed.
    `waiting`: is told what is not read yet.

    Raises Temporary when the line breaks; what was written down until then stays, and the next pass goes on from there.
    """
    taken = Taken()
    absent = set(box.missing_folders())
    for folder, role in unread.folders(box):
        if folder not in absent:
            _read_folder(box, ledger, settings, folder, role, now, taken, waiting, progress)
    if waiting:
        waiting.read(box.account.name, now)
    notes = [*hearing.moved_back(box, ledger, now), *hearing.labelled_notes(box, ledger, now)]
    labels = hearing.labels_standing(box, ledger)
    lost = hearing.lost_reports(ledger, box.account.name, now - hearing.TOLD_FOR)
    late = [found for one in lost if (found := hearing.by_report(ledger, one, now))]  # the mail lay in what was read after it
    with ledger.transaction():
        by_label = hearing.by_label(labels, box.account.name, ledger, now)
        taken.verdicts += hearing.write_down(ledger, [*notes, *late, *by_label])
    return taken


def _read_folder(
    box: Mailbox,
    ledger: Ledger,
    settings: Settings,
    folder: str,
    role: Role,
    now: datetime,
    taken: Taken,
    waiting: unread.Unread | None,
    progress: Progress,
) -> None:
    state = box.open(folder)
    name = box.account.name
    cursor = ledger.cursor(name, folder)
    if cursor is not None and cursor.uidvalidity != state.uidvalidity:
        ledger.unplace_folder(name, folder)  # RFC 3501 section 2.3.1.1: the old UIDs mean nothing any more
    uids = unread.beyond(box, state, cursor)
    if waiting and uids:
        waiting.lies(name, folder, len(uids), box.arrived(uids[0]))
    batches = box.fetch(uids, limit=settings.reading.largest_mail)
    reading = partial(
        _read_batch, mailbox=name, role=role, trusted=settings.organisation.trusted_authserv_id, since=settings.since()
    )
    if len(uids) >= crew.MUCH and crew.size():
        both: Iterable[tuple[list[Arrival], list[Recording]]] = crew.ordered(reading, batches)
    else:
        both = ((batch, reading(batch)) for batch in batches)
    progress.begins(f"{name}: reading {folder}", len(uids))
    left = len(uids)
    for batch, rows in both:
        _write_down(batch, rows, box, ledger, settings, state, now, taken)
        progress.goes_on(len(batch))
        left -= len(batch)
        if waiting:
            waiting.lies(name, folder, left, None)
    if uids:
        ledger.set_cursor(name, folder, Cursor(state.uidvalidity, max(uids), state.highestmodseq))


def _read_batch(
    batch: Sequence[Arrival], *, mailbox: str, role: Role, trusted: str | None, since: datetime | None
) -> list[Recording]:
    """What the ledger is to keep of each mail that is not too old. Pure: workers do it for a mailbox that is read the first time."""
    return [
        recorded(_understood(one, mailbox, role, trusted), Location(mailbox, one.folder, one.uidvalidity, one.uid))
        for one in batch
        if since is None or one.received_at >= since
    ]


def _write_down(
    batch: Iterable[Arrival],
    read: Iterable[Recording],
    box: Mailbox,
    ledger: Ledger,
    settings: Settings,
    state: FolderState,
    now: datetime,
    taken: Taken,
) -> None:
    rows: list[Recording] = []
    staff = settings.directory()
    heard: list[Verdict] = []
    replies: list[tuple[Message, str]] = []
    passed_on: list[Message] = []
    tales: list[Message] = []
    last = 0
    name, folder = box.account.name, state.name
    choices: dict[str, Choice] = {box.folders.agree: "agree", box.folders.dismiss: "dismiss"}
    choice = choices.get(folder)
    by_uid = {row.location.uid: row for row in read if row.location}
    for arrival in batch:
        last = arrival.uid
        row = by_uid.get(arrival.uid)
        ours = _our_note(arrival.raw)
        if ours and _wrote(ledger, name, arrival.raw, ours, row if choice else None):
            if choice and ours[0].startswith("p-") and not hearing.expected(ledger, name, ours[1], choice):
                heard.append(hearing.on_note(ledger, name, choice, *ours, now))
            continue
        if row is None:
            continue  # older than what is to be read
        if isinstance(row.message, Message) and (answered := hearing.noted_by(ledger, row.message, staff)):
            replies.append((row.message, answered))
            if row.message.proved:
                continue  # between us and our notes: no part of anybody's story
        if isinstance(row.message, Message) and incident_mail.meant(row.message, settings.organisation.incidents, staff):
            tales.append(row.message)
            if row.message.proved:
                continue  # between us and the program
        if isinstance(row.message, Message) and hearing.reports(row.message, staff):
            passed_on.append(row.message)
        if choice and arrival.raw:
            heard.append(Verdict(now, name, choice, "", frozenset({row.message.key})))
        rows.append(row)
    heard = hearing.as_one_act(ledger, heard)
    with ledger.transaction():
        new = ledger.record_many(rows)  # without mail that only came to lie elsewhere, as held mail does
        if folder == box.folders.held:
            _filed(ledger, name, [row.message for row in rows if row.message.key in new], now)
        taken.messages += len(new)
        taken.unreadable += sum(isinstance(row.message, Unreadable) for row in rows if row.message.key in new)
        for one in tales:
            telling.write_down(ledger, one, staff, settings.organisation.time_zone, now)
        for one in passed_on:
            if report := hearing.by_report(ledger, one, now):
                heard.append(report)
            else:
                hearing.write_lost(ledger, one, now)
                taken.unclear.append(
                    f"{name}: {one.sender.email} reported a mail that is not known here; move it to Triage/Agree instead"
                )
        said = [hearing.write_answer(ledger, one, note, staff, settings.deciders, now) for one, note in replies]
        taken.verdicts += hearing.write_down(ledger, [*heard, *(verdict for verdict in said if verdict)])
        if last:
            ledger.set_cursor(name, folder, Cursor(state.uidvalidity, last, None))


def _filed(ledger: Ledger, mailbox: str, new: Iterable[Message | Unreadable], now: datetime) -> None:
    """New mail that our Sieve script filed was put there by us: what no restriction covers goes back to the inbox in this very pass."""
    senders = {one.key: one.sender.email if isinstance(one, Message) else one.sender for one in new}
    ours = [key for key, sender in senders.items() if at_delivery.filed_by_it(ledger, mailbox, sender, now)]
    if ours:
        ledger.remember_applied(mailbox, HELD, ours, now)


def _understood(arrival: Arrival, mailbox: str, role: Role, trusted: str | None) -> Message | Unreadable:
    """The mail as a message, or as something a person must look at: not given out by the server, or without a sender."""
    if not arrival.raw:
        place = f"{mailbox} {arrival.folder} {arrival.uidvalidity} {arrival.uid}"
        key = hashlib.sha256(place.encode()).hexdigest()
        made_up = f"<{key[:32]}@no-message-id.invalid>"
        return Unreadable(key, made_up, mailbox, role, arrival.received_at, "the server would not give it out")
    read = parsing.read(
        arrival.raw,
        mailbox=mailbox,
        role=role,
        received_at=arrival.received_at,
        truncated=arrival.truncated,
        size=arrival.size,
        trusted_authserv=trusted,
    )
    if isinstance(read, Message) and not read.sender.email:
        reason = "it does not say who sent it"
        return Unreadable(read.key, read.message_id, read.mailbox, role, read.received_at, reason, read.sender.name, read.subject)
    return read


def recorded(read: Message | Unreadable, location: Location | None) -> Recording:
    """What the ledger keeps of one mail: itself, where it lies, what it shows of its sender, and the bands of its wording."""
    if isinstance(read, Unreadable):
        return Recording(read, location, frozenset(), ())
    return Recording(read, location, contact.marks(read), template.bands(read.own) if read.role == "inbox" else ())


def _wrote(ledger: Ledger, mailbox: str, raw: bytes, ours: tuple[str, str], judged: Recording | None) -> bool:
    """Whether a mail that bears a note's mark is a note of ours, and so nobody's mail. Where mail arrives it must be one word for word:
    mark and id can be copied, a digest's id even guessed, and a stranger must not hide a mail behind them. `judged`: the mail where it
    lies among verdicts, into which only staff move anything; there it is enough that it was not read as a mail before."""
    if not hearing.is_our_note(ledger, mailbox, ours[1]):
        return False
    return note.is_as_written(raw, *ours, hearing.fingerprint_of(ledger, ours[1])) or (
        judged is not None and not ledger.messages([judged.message.key])
    )


def _our_note(raw: bytes) -> tuple[str, str] | None:
    """(proposal id, Message-ID) when a mail says that it is one of our own notes."""
    if NOTE_HEADER.lower().encode() not in raw[:16_384].lower():
        return None
    header = email.parser.BytesHeaderParser(policy=email.policy.compat32).parsebytes(raw[:65_536])
    value = header.get(NOTE_HEADER)
    return (str(value).strip(), " ".join(str(header.get("Message-ID", "")).split())) if value else None
