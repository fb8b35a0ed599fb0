"""Moving, appending and, for our own notes alone, deleting. A mail of anybody else's is never deleted and never expunged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from triage.errors import Permanent
from triage.label import NOTE_HEADER
from triage.mailbox.labels import known_flag
from triage.mailbox.reading import header, search
from triage.mailbox.records import date_time
from triage.mailbox.uids import batches, parse_uid_set, uid_set
from triage.mailbox.wire import Wire, folder_name, quoted


def move(wire: Wire, uids: Iterable[int], to_folder: str) -> dict[int, tuple[int, int]]:
    """Moves mails of the opened folder; old UID → (UIDVALIDITY, new UID) as far as the server told.

    UID MOVE (RFC 6851), else COPY, then the removal of exactly those that COPYUID confirms (RFC 4315). A bare EXPUNGE, which
    would take away what staff marked for deletion, is never sent. Raises Permanent where neither way is offered.
    """
    moved: dict[int, tuple[int, int]] = {}
    for batch in batches(uids):
        if "MOVE" in wire.capabilities:
            moved |= copied(wire.command("UID MOVE", uid_set(batch), folder_name(to_folder)).codes("COPYUID"))
        else:
            moved |= _copy_and_remove(wire, batch, to_folder)
    return moved


def _copy_and_remove(wire: Wire, uids: Sequence[int], to_folder: str) -> dict[int, tuple[int, int]]:
    _need_uidplus(wire, "mail cannot be moved safely")
    there = search(wire, f"UID {uid_set(uids)}")
    if not there:
        return {}
    confirmed = copied(wire.command("UID COPY", uid_set(there), folder_name(to_folder)).codes("COPYUID"))
    confirmed = {uid: place for uid, place in confirmed.items() if uid in there}
    if not confirmed:
        raise Permanent(f"{wire.name}: the server did not say which mails it copied to {to_folder}, so none was taken away")
    _remove(wire, sorted(confirmed))
    return confirmed


def copy(wire: Wire, uids: Iterable[int], to_folder: str) -> dict[int, tuple[int, int]]:
    """Copies mails of the opened folder; old UID → (UIDVALIDITY, new UID). Raises Permanent where the server would not tell."""
    _need_uidplus(wire, "copies could not be told from originals, and none is made")
    made: dict[int, tuple[int, int]] = {}
    for batch in batches(uids):
        made |= copied(wire.command("UID COPY", uid_set(batch), folder_name(to_folder)).codes("COPYUID"))
    return made


def remove_copies(wire: Wire, uids: Iterable[int]) -> None:
    """Removes exactly these mails from the opened folder."""
    _need_uidplus(wire, "copies cannot be removed without touching other mail")
    for batch in batches(uids):
        _remove(wire, batch)


def copied(replies: Iterable[str]) -> dict[int, tuple[int, int]]:
    """Old UID → (UIDVALIDITY, new UID) from COPYUID codes (RFC 4315 section 3); what makes no sense is left out."""
    found: dict[int, tuple[int, int]] = {}
    for text in replies:
        words = text.partition("]")[0].split()
        try:
            uidvalidity, old, new = int(words[0]), parse_uid_set(words[1]), parse_uid_set(words[2])
        except (ValueError, IndexError):
            continue
        if len(old) == len(new):
            found |= {before: (uidvalidity, after) for before, after in zip(old, new, strict=True)}
    return found


def _remove(wire: Wire, uids: Sequence[int]) -> None:
    wire.command("UID STORE", uid_set(uids), "+FLAGS.SILENT", "(\\Deleted)")
    wire.command("UID EXPUNGE", uid_set(uids))


def _need_uidplus(wire: Wire, otherwise: str) -> None:
    if "UIDPLUS" not in wire.capabilities:
        raise Permanent(f"{wire.name}: the server offers neither MOVE nor UIDPLUS (RFC 4315), so {otherwise}")


def append(wire: Wire, folder: str, raw: bytes, flags: Iterable[str], at: datetime | None) -> int | None:
    """Writes one mail; its UID where the server tells (APPENDUID). Line ends become CRLF; NUL is refused (ValueError)."""
    if b"\0" in raw:
        raise ValueError("a mail to be written may not hold NUL (RFC 3501 section 6.3.11)")
    crlf = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    words = [folder_name(folder), "(" + " ".join(known_flag(flag) for flag in flags) + ")"]
    if at is not None:
        words.append(date_time(at))
    for text in wire.command("APPEND", *words, literal=crlf).codes("APPENDUID"):
        try:
            return parse_uid_set(text.partition("]")[0].split()[1])[0]
        except (ValueError, IndexError):
            continue
    return None


def find_by_message_id(wire: Wire, message_id: str) -> list[int]:
    """The UIDs in the opened folder of mails with exactly this Message-ID. What no such header can hold is found nowhere, nor, where
    we can only mark what we remove, what is so marked."""
    wanted = message_id.strip()
    if not wanted or not wanted.isascii() or not wanted.isprintable():
        return []
    there = "" if "UIDPLUS" in wire.capabilities else "UNDELETED "
    hits = search(wire, f"{there}HEADER Message-ID {quoted(wanted[:900])}")  # finds parts too (RFC 3501 section 6.4.4)
    return sorted(uid for uid, found in message_ids(wire, hits).items() if found == wanted)


def message_ids(wire: Wire, uids: Iterable[int]) -> dict[int, str]:
    """The Message-ID of each of these mails in the opened folder; "" where it has none."""
    values = header(wire, uids, "Message-ID")
    return {uid: value.partition(b":")[2].strip().decode("ascii", "replace") for uid, value in values.items()}


def delete_own(wire: Wire, uids: Iterable[int]) -> None:
    """Removes notes that this program wrote from the opened folder. Raises Permanent, removing none, if one is not our note.

    Where the server has no UIDPLUS to remove these and nothing else, they are marked as read and deleted, for clients to hide and for
    people to take away: a bare EXPUNGE would take with them what staff have marked meanwhile.
    """
    wanted = sorted(set(uids))
    found = header(wire, wanted, NOTE_HEADER)
    foreign = [uid for uid, value in found.items() if not value.lower().startswith(NOTE_HEADER.lower().encode() + b":")]
    if foreign:
        raise Permanent(f"{wire.name}: mail {foreign[0]} is not a note of this program, so nothing was deleted")
    for batch in batches(found):
        if "UIDPLUS" in wire.capabilities:
            _remove(wire, batch)
        else:
            wire.command("UID STORE", uid_set(batch), "+FLAGS.SILENT", "(\\Seen \\Deleted)")
