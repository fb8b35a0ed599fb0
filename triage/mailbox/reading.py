"""Reading a folder without changing it: opening, which mails are new, fetching them, their flags. Never sets \\Seen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime

from triage.errors import Permanent
from triage.mailbox.account import Arrival, FolderState
from triage.mailbox.records import Record, by_uid, flags_of, labels_of, time_of
from triage.mailbox.refusal import Refused
from triage.mailbox.stream import LARGEST_LITERAL
from triage.mailbox.uids import LARGEST_UID, batches, uid_set
from triage.mailbox.wire import Reply, Wire, folder_name

MOST_MAILS = 200
MOST_OCTETS = 4 * 1024 * 1024
"""In one FETCH, so that a slow line brings it within the deadline and memory stays small."""
_WINDOW = 10_000
GMAIL_LABELS = "X-GM-LABELS"
_PERMANENT = re.compile(r"^\(([^)]*)\)")
_NUMBER = re.compile(r"^\d+")


def open_folder(wire: Wire, folder: str, *, write: bool, labels: Iterable[str]) -> tuple[FolderState, frozenset[str]]:
    """SELECT or EXAMINE; what was found, and the flags the server says it keeps (lower case; "\\*" for any keyword).

    Raises Permanent when the folder is missing, read-only though `write` is asked, or has no UIDVALIDITY.
    """
    # Without QRESYNC the modification sequence must be asked for in the opening itself (RFC 7162 section 3.1.8).
    ask = ["(CONDSTORE)"] if "CONDSTORE" in wire.capabilities and not _enabled(wire) else []
    wire.imap.is_readonly = not write
    try:
        reply = wire.command("SELECT" if write else "EXAMINE", folder_name(folder), *ask)
    except Refused as refused:
        wire.imap.state = "AUTH"  # RFC 3501 section 6.3.1: after a failed SELECT nothing is selected
        raise Permanent(f"{wire.name}: the folder {folder} cannot be opened: {refused}") from refused
    wire.imap.state = "SELECTED"
    if write and reply.text.upper().startswith("[READ-ONLY]"):
        raise Permanent(f"{wire.name}: this account may not change the folder {folder}; it needs the right to write there")
    uidvalidity = _number(reply, "UIDVALIDITY")
    if not uidvalidity:
        raise Permanent(f"{wire.name}: the server gives {folder} no UIDVALIDITY, so its mails cannot be told apart for sure")
    kept = _kept(reply)
    state = FolderState(
        name=folder,
        uidvalidity=uidvalidity,
        uidnext=_number(reply, "UIDNEXT") or _uidnext(wire, folder),
        highestmodseq=_number(reply, "HIGHESTMODSEQ") or None,
        exists=_count(reply, "EXISTS"),
        keeps_keywords="\\*" in kept or all(label in kept for label in labels) or has_gmail_labels(wire),
    )
    return state, kept


def _enabled(wire: Wire) -> bool:
    return {"ENABLE", "QRESYNC"} <= wire.capabilities


def _number(reply: Reply, code: str) -> int:
    found = [int(m[0]) for text in reply.codes(code) if (m := _NUMBER.match(text))]
    return found[-1] if found else 0


def _kept(reply: Reply) -> frozenset[str]:
    found = [m[1].lower().split() for text in reply.codes("PERMANENTFLAGS") if (m := _PERMANENT.match(text))]
    return frozenset(found[-1]) if found else frozenset({"\\*"})  # RFC 3501 section 7.1: not said means all are kept


def _count(reply: Reply, name: str) -> int:
    numbers = [int(line) for line in reply.untagged.get(name, []) if line.strip().isdigit()]
    return numbers[-1] if numbers else 0


def _uidnext(wire: Wire, folder: str) -> int:
    """RFC 3501 lets a server leave UIDNEXT out; then the last mail's UID tells."""
    found = search(wire, "UID *")
    return max(found, default=0) + 1


def search(wire: Wire, criteria: str) -> list[int]:
    """UID SEARCH, ascending. `criteria` is already quoted."""
    reply = wire.command("UID SEARCH", criteria)
    return sorted({int(word) for line in reply.untagged.get("SEARCH", []) for word in _before_modseq(line).split()})


def _before_modseq(line: bytes) -> bytes:
    return line.partition(b"(")[0]


def uids_after(wire: Wire, after: int, uidnext: int) -> list[int]:
    """The UIDs above `after` in the opened folder, ascending.

    Asked for in windows of UIDs, so that no answer grows beyond what clients and servers can take; a window widens where
    UIDs are sparse. Windows by sequence number would miss mails when somebody deletes others meanwhile.
    """
    found: list[int] = []
    low, width = after + 1, _WINDOW
    while low <= LARGEST_UID:
        last = low + width >= uidnext
        window = search(wire, f"UID {low}:{'*' if last else low + width - 1}")
        found.extend(uid for uid in window if uid >= low)  # "n:*" names the last mail even when its UID is below n
        if last:
            break
        low += width
        width = width * 2 if len(window) < _WINDOW // 2 else _WINDOW
    return found


def fetch(wire: Wire, folder: FolderState, uids: Iterable[int], limit: int) -> Iterator[list[Arrival]]:
    """Mails of the opened folder in ascending batches; those larger than `limit` octets only in part. Vanished ones are left out.

    A mail that the server lists but will not give out comes with empty `raw`, since somebody must still be told of it.
    """
    limit = max(1, min(limit, LARGEST_LITERAL // 2))
    for batch in batches(uids, MOST_MAILS):
        facts = _records(wire, batch, "(UID FLAGS INTERNALDATE RFC822.SIZE)")
        sizes = {uid: _size(facts[uid]) for uid in batch if uid in facts}
        for part in _by_octets(sizes, limit):
            small = [uid for uid in part if sizes[uid] <= limit]
            large = [uid for uid in part if sizes[uid] > limit]
            bodies = _bodies(wire, folder, small, "BODY.PEEK[]") | _bodies(wire, folder, large, f"BODY.PEEK[]<0.{limit}>")
            yield [_arrival(folder, uid, facts[uid], body, limit) for uid, body in sorted(bodies.items())]


def arrived(wire: Wire, uid: int) -> datetime | None:
    """When this mail came by the server's account; None when it is no longer there."""
    record = _records(wire, [uid], "(UID INTERNALDATE)").get(uid)
    return time_of(record) if record and "INTERNALDATE" in record else None


def _by_octets(sizes: dict[int, int], limit: int) -> Iterator[list[int]]:
    part: list[int] = []
    octets = 0
    for uid, size in sizes.items():
        size = min(size, limit)
        if part and octets + size > MOST_OCTETS:
            yield part
            part, octets = [], 0
        part.append(uid)
        octets += size
    if part:
        yield part


def _bodies(wire: Wire, folder: FolderState, uids: Sequence[int], item: str) -> dict[int, bytes]:
    """The octets of each mail that is still there. What a batch leaves out is asked for once more by itself.

    Raises what the server said when it gives out no mail at all: a right taken away, a password run out is no fault of the mails.
    """
    try:
        records = _records(wire, uids, f"(UID {item})")
    except Refused:
        records = {}
    bodies = {uid: record["BODY"] for uid, record in records.items() if uid in uids and isinstance(record.get("BODY"), bytes)}
    for uid in uids:
        if uid in bodies:
            continue
        try:
            record = _records(wire, [uid], f"(UID {item})").get(uid)
        except Refused:
            if not any(bodies.values()) and not _gives_out_another(wire, folder):
                raise
            record = {}
        if record is None and uid not in _records(wire, [uid], "(UID FLAGS)"):
            continue  # it has vanished meanwhile
        body = (record or {}).get("BODY")
        bodies[uid] = body if isinstance(body, bytes) else b""
    return bodies


def _gives_out_another(wire: Wire, folder: FolderState) -> bool:
    """Whether the server shows the line of any other mail. Where there is no other, the one mail may be at fault."""
    if folder.exists < 2:
        return True
    for number in (1, folder.exists):  # one of them at least is not the mail in question
        with suppress(Refused):
            wire.command("FETCH", str(number), "(BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
            return True
    return False


def _size(facts: Record) -> int:
    size = facts.get("RFC822.SIZE")
    return size if isinstance(size, int) else 0


def _arrival(folder: FolderState, uid: int, facts: Record, body: bytes, limit: int) -> Arrival:
    size = _size(facts)
    return Arrival(
        folder=folder.name,
        uidvalidity=folder.uidvalidity,
        uid=uid,
        received_at=time_of(facts),
        size=size,
        flags=flags_of(facts),
        raw=body[:limit],
        truncated=size > limit or len(body) > limit,  # the size a server tells may be an estimate
    )


def flags(wire: Wire, uids: Iterable[int]) -> dict[int, frozenset[str]]:
    """The flags of each mail that is still there, and on Gmail its labels with them."""
    found: dict[int, frozenset[str]] = {}
    items = f"(UID FLAGS {GMAIL_LABELS})" if has_gmail_labels(wire) else "(UID FLAGS)"
    for batch in batches(uids):
        records = _records(wire, batch, items)
        found |= {u: flags_of(r) | labels_of(r) for u, r in records.items() if u in batch and "FLAGS" in r}
    return found


def has_gmail_labels(wire: Wire) -> bool:
    """Whether mails bear labels that people see in their mail program, as on Gmail (its extension X-GM-EXT-1)."""
    return "X-GM-EXT-1" in wire.capabilities


def changed_flags(wire: Wire, since_modseq: int) -> dict[int, frozenset[str]]:
    """The flags of every mail changed since (RFC 7162 section 3.1.4.1)."""
    reply = wire.command("UID FETCH", "1:*", "(UID FLAGS)", f"(CHANGEDSINCE {int(since_modseq)})")
    return {u: flags_of(r) for u, r in by_uid(reply.untagged.get("FETCH", [])).items() if "FLAGS" in r}


def header(wire: Wire, uids: Iterable[int], name: str) -> dict[int, bytes]:
    """The header fields called `name` of each mail, as they stand there, unfolded; b"" where the mail has none."""
    found: dict[int, bytes] = {}
    for batch in batches(uids, MOST_MAILS):
        records = _records(wire, batch, f"(UID BODY.PEEK[HEADER.FIELDS ({name})])")
        for uid, record in records.items():
            if uid in batch and isinstance(body := record.get("BODY"), bytes):
                found[uid] = re.sub(rb"\r?\n(?=[ \t])", b"", body).strip()
    return found


def _records(wire: Wire, uids: Sequence[int], items: str) -> dict[int, Record]:
    if not uids:
        return {}
    return by_uid(wire.command("UID FETCH", uid_set(uids), items).untagged.get("FETCH", []))
