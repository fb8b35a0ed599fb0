"""Mailbox → message → ledger: new mail is read, understood and written down before anything else happens with it.

Each batch is one transaction together with the place up to which its folder was read, so that a crash leaves the batch either
wholly known or wholly to be read again. A mail that makes no sense is written down as unreadable, never skipped.
"""

from __future__ import annotations

import email.parser
import email.policy
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from triage import contact, hearing, parsing, template
from triage.label import NOTE_HEADER
from triage.ledger import Cursor, Ledger, Location, Recording
from triage.mailbox import Arrival, FolderState, Mailbox
from triage.message import Message, Role, Unreadable
from triage.settings import Settings
from triage.verdict import Choice, Verdict


@dataclass(slots=True)
class Taken:
    """What one reading of a mailbox brought."""

    messages: int = 0
    unreadable: int = 0
    verdicts: int = 0


def take_in(box: Mailbox, ledger: Ledger, settings: Settings, now: datetime) -> Taken:
    """Reads what is new in every folder that matters and writes it down, verdicts too. Nothing in the mailbox is changed.

    Raises Temporary when the line breaks; what was written down until then stays, and the next pass goes on from there.
    """
    taken = Taken()
    absent = set(box.missing_folders())
    for folder, role in _folders(box):
        if folder not in absent:
            _read_folder(box, ledger, settings, folder, role, now, taken)
    taken.verdicts += hearing.write_down(ledger, hearing.by_label(box, ledger, now))
    return taken


def _folders(box: Mailbox) -> Iterator[tuple[str, Role]]:
    names = box.folders
    yield names.inbox, "inbox"
    if names.sent:
        yield names.sent, "sent"
    yield names.held, "inbox"
    yield names.agree, "inbox"
    yield names.dismiss, "inbox"


def _read_folder(box: Mailbox, ledger: Ledger, settings: Settings, folder: str, role: Role, now: datetime, taken: Taken) -> None:
    state = box.open(folder)
    name = box.account.name
    cursor = ledger.cursor(name, folder)
    if cursor is None or cursor.uidvalidity != state.uidvalidity:
        if cursor is not None:
            ledger.unplace_folder(name, folder)  # RFC 3501 section 2.3.1.1: the old UIDs mean nothing any more
        cursor = Cursor(state.uidvalidity, 0, None)
    if state.uidnext and state.uidnext <= cursor.last_uid + 1:
        return
    uids = box.new_uids(folder, cursor.last_uid)
    for batch in box.fetch(uids, limit=settings.reading.largest_mail):
        _write_down(batch, box, ledger, settings, state, role, now, taken)
    if uids:
        ledger.set_cursor(name, folder, Cursor(state.uidvalidity, max(uids), state.highestmodseq))


def _write_down(
    batch: Iterable[Arrival],
    box: Mailbox,
    ledger: Ledger,
    settings: Settings,
    state: FolderState,
    role: Role,
    now: datetime,
    taken: Taken,
) -> None:
    rows: list[Recording] = []
    heard: list[Verdict] = []
    last = 0
    since = settings.since()
    name, folder = box.account.name, state.name
    choices: dict[str, Choice] = {box.folders.agree: "agree", box.folders.dismiss: "dismiss"}
    choice = choices.get(folder)
    for arrival in batch:
        last = arrival.uid
        ours = _our_note(arrival.raw)
        if ours and hearing.is_our_note(ledger, name, ours[1]):
            if choice:
                heard.append(hearing.on_note(ledger, name, choice, *ours, now))
            continue
        if since is not None and arrival.received_at < since:
            continue
        read = _understood(arrival, box, settings, role)
        if choice and arrival.raw:
            heard.append(Verdict(now, name, choice, "", frozenset({read.key})))
        rows.append(recorded(read, Location(name, folder, state.uidvalidity, arrival.uid)))
    with ledger.transaction():
        new = ledger.record_many(rows)  # without mail that only came to lie elsewhere, as held mail does
        taken.messages += len(new)
        taken.unreadable += sum(isinstance(row.message, Unreadable) for row in rows if row.message.key in new)
        taken.verdicts += hearing.write_down(ledger, heard)
        if last:
            ledger.set_cursor(name, folder, Cursor(state.uidvalidity, last, None))


def _understood(arrival: Arrival, box: Mailbox, settings: Settings, role: Role) -> Message | Unreadable:
    """The mail as a message, or as something a person must look at: not given out by the server, or without a sender."""
    if not arrival.raw:
        place = f"{box.account.name} {arrival.folder} {arrival.uidvalidity} {arrival.uid}"
        key = hashlib.sha256(place.encode()).hexdigest()
        made_up = f"<{key[:32]}@no-message-id.invalid>"
        return Unreadable(key, made_up, box.account.name, role, arrival.received_at, "the server would not give it out")
    read = parsing.read(
        arrival.raw,
        mailbox=box.account.name,
        role=role,
        received_at=arrival.received_at,
        truncated=arrival.truncated,
        size=arrival.size,
        trusted_authserv=settings.organisation.trusted_authserv_id,
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


def _our_note(raw: bytes) -> tuple[str, str] | None:
    """(proposal id, Message-ID) when a mail says that it is one of our own notes."""
    if NOTE_HEADER.lower().encode() not in raw[:16_384].lower():
        return None
    header = email.parser.BytesHeaderParser(policy=email.policy.compat32).parsebytes(raw[:65_536])
    value = header.get(NOTE_HEADER)
    return (str(value).strip(), " ".join(str(header.get("Message-ID", "")).split())) if value else None
