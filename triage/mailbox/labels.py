"""Labels are IMAP keywords, or Gmail's own labels where it is Gmail (which shows no keyword), from a closed set: about conduct, never about a person, and few, since a server may keep only 26.

Nothing that a sender wrote can become a label. After each change the flags are read back: some servers answer OK and keep nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from triage.label import FINDINGS, VERDICTS
from triage.mailbox.reading import GMAIL_LABELS, flags, has_gmail_labels, search
from triage.mailbox.refusal import Refused
from triage.mailbox.uids import batches, uid_set
from triage.mailbox.wire import Wire

LABELS = frozenset((*FINDINGS, *VERDICTS))
_SYSTEM = {"\\seen": "\\Seen", "\\flagged": "\\Flagged", "\\draft": "\\Draft", "\\answered": "\\Answered"}


def known(label: str) -> str:
    """The label itself; ValueError for anything outside the closed set."""
    if label not in LABELS:
        raise ValueError(f"{label!r} is not one of this program's labels")
    return label


def known_flag(flag: str) -> str:
    """A label, or a system flag that a mail may be appended with."""
    return _SYSTEM.get(flag.lower()) or known(flag)


def add(wire: Wire, uids: Iterable[int], label: str) -> frozenset[int]:
    """The UIDs on which the label stands now."""
    return frozenset(uid for uid, found in _stored(wire, uids, "+", label).items() if label in found)


def bearing(wire: Wire, label: str) -> list[int]:
    """The UIDs in the opened folder of the mails on which the label stands."""
    return search(wire, f"{GMAIL_LABELS if has_gmail_labels(wire) else 'KEYWORD'} {known(label)}")


def remove(wire: Wire, uids: Iterable[int], label: str) -> frozenset[int]:
    """The UIDs of mails that are there and no longer bear the label."""
    return frozenset(uid for uid, found in _stored(wire, uids, "-", label).items() if label not in found)


def _stored(wire: Wire, uids: Iterable[int], change: str, label: str) -> dict[int, frozenset[str]]:
    """Only + and -, never the whole set: replacing it would undo what people set meanwhile (RFC 3501 section 6.4.6)."""
    found: dict[int, frozenset[str]] = {}
    item = GMAIL_LABELS if has_gmail_labels(wire) else "FLAGS.SILENT"
    for batch in batches(uids):
        with suppress(Refused):  # such as "too many keywords"; what stands is read back all the same
            wire.command("UID STORE", uid_set(batch), change + item, f"({known(label)})")
        found |= flags(wire, batch)
    return found
