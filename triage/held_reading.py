"""Held mail has a reader and a day by which it is read: which of it nobody has opened yet, and since when it waits (X01, 002/P1).

A mail counts as read as soon as the server bears \\Seen on it (RFC 9051 section 2.3.2), whoever opened it and wherever it lay then. That
is no verdict: it only stops the clock.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from triage.ledger import Ledger

SEEN = "\\Seen"


def _name(mailbox: str) -> str:
    return f"held unread {mailbox}"


def look(ledger: Ledger, mailbox: str) -> dict[str, datetime]:
    """Message key → when it was held (aware, UTC), of the mail in this mailbox's hold folder that was unread at the last pass."""
    kept: dict[str, str] = json.loads(ledger.meta(_name(mailbox)) or "{}")
    return {key: datetime.fromisoformat(at) for key, at in kept.items()}


def write_down(ledger: Ledger, mailbox: str, unread: Mapping[str, datetime]) -> None:
    """Keeps what was found unread; nothing is written where that is known already."""
    if dict(unread) != look(ledger, mailbox):
        ledger.set_meta(_name(mailbox), json.dumps({key: unread[key].isoformat() for key in sorted(unread)}))


def everywhere(ledger: Ledger, mailboxes: Iterable[str]) -> dict[str, datetime]:
    """The same over several mailboxes; of a mail that lies in two, the earlier time."""
    found: dict[str, datetime] = {}
    for mailbox in mailboxes:
        for key, at in look(ledger, mailbox).items():
            found[key] = min(at, found.get(key, at))
    return found


def late(unread: Mapping[str, datetime], read_days: int, now: datetime) -> dict[str, datetime]:
    """Message key → the day by which it should have been read, of those whose day is over."""
    due = {key: at + timedelta(days=read_days) for key, at in unread.items()}
    return {key: day for key, day in due.items() if day < now}
