"""What lies in a mailbox and was not read by the program yet: how many mails, and since when the oldest of them waits.

A mailbox that cannot be reached shows nothing; of it is known only when it was read to its end the last time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from triage.ledger import Cursor, Ledger
from triage.mailbox import FolderState, Mailbox
from triage.message import Role


def folders(box: Mailbox) -> Iterator[tuple[str, Role]]:
    """The folders in which mail is read, each with whose mail lies there; some may not be there yet."""
    names = box.folders
    yield names.inbox, "inbox"
    if names.sent:
        yield names.sent, "sent"
    yield names.held, "inbox"
    yield names.agree, "inbox"
    yield names.dismiss, "inbox"


def beyond(box: Mailbox, state: FolderState, cursor: Cursor | None) -> list[int]:
    """The UIDs in the opened folder above the last one read, ascending; all of them when the folder has new numbers."""
    last = cursor.last_uid if cursor and cursor.uidvalidity == state.uidvalidity else 0
    if state.uidnext and state.uidnext <= last + 1:
        return []
    return box.new_uids(state.name, last)


def in_mailbox(box: Mailbox, ledger: Ledger) -> tuple[int, datetime | None]:
    """How many mails wait in it, and when the oldest came (by the server's INTERNALDATE). Changes nothing."""
    absent, count, times = set(box.missing_folders()), 0, []
    for folder, _ in folders(box):
        if folder in absent:
            continue
        name = box.account.name
        known = ledger.placed_in(name, folder)  # what we have moved there ourselves
        uids = [uid for uid in beyond(box, box.open(folder), ledger.cursor(name, folder)) if uid not in known]
        count += len(uids)
        times += [at for uid in uids[:1] if (at := box.arrived(uid))]
    return count, min(times, default=None)


def not_concluded(ledger: Ledger) -> tuple[datetime, ...]:
    """When the mails came that were read and from which nothing was concluded yet: those that no pass has taken up, and of people whose
    conclusions are still owed those that no matter of theirs holds."""
    came = {one.key: one.received_at for one in ledger.messages(ledger.unconcluded())}
    if owed := set(ledger.owed()):
        matters = ledger.conclusions(ledger.contacts_with(owed)).matters
        known = {key for row in matters for key in row["keys"]}
        theirs = (one for one in ledger.messages_with(owed) if one.sender.email in owed and not one.automatic)
        came |= {one.key: one.received_at for one in theirs if one.key not in known}
    return tuple(sorted(came.values()))


class Unread:
    """The same as a daemon's passes go on, kept from one to the next, so that a pass that breaks is no silence.

    Written by the pass, asked by whoever fetches the metrics, in another thread. Times are aware.
    """

    def __init__(self, started: datetime) -> None:
        self._started = started
        self._lock = threading.Lock()
        self._lying: dict[tuple[str, str], tuple[int, datetime]] = {}
        """(mailbox, folder) → how many, and when the first came."""
        self._read: dict[str, datetime] = {}
        """Mailbox → when a pass last read it to its end."""
        self._open: dict[str, datetime] = {}
        """Mailboxes that no pass has read to their end since then."""

    def begin(self, mailboxes: Sequence[str], now: datetime) -> None:
        """A pass begins: none of them counts as read until it is."""
        with self._lock:
            for name in mailboxes:
                self._open.setdefault(name, now)

    def lies(self, mailbox: str, folder: str, count: int, since: datetime | None) -> None:
        """So many mails wait in this folder. `since`: when the first came; None keeps what is known of it."""
        with self._lock:
            _, known = self._lying.pop((mailbox, folder), (0, None))
            if count and (since := since or known):
                self._lying[mailbox, folder] = count, since

    def read(self, mailbox: str, now: datetime) -> None:
        """Every folder of it was read to its end."""
        with self._lock:
            self._read[mailbox] = now
            self._open.pop(mailbox, None)
            self._lying = {place: one for place, one in self._lying.items() if place[0] != mailbox}

    def end(self) -> None:
        """The pass is over: what it could not read may hold mail since it was last read."""
        with self._lock:
            for name in self._open:
                self._open[name] = self._read.get(name, self._started)

    def count(self) -> int:
        """Mails that were seen in a mailbox and not read."""
        with self._lock:
            return sum(count for count, _ in self._lying.values())

    def oldest(self, further: Iterable[datetime] = ()) -> datetime | None:
        """Since when the oldest of them waits, `further` ones too; of a mailbox that was not read to its end, since when it was not."""
        with self._lock:
            return min((*(since for _, since in self._lying.values()), *self._open.values(), *further), default=None)

    def last_read(self) -> dict[str, datetime]:
        """Mailbox → when it was last read to its end; without those that never were."""
        with self._lock:
            return dict(self._read)
