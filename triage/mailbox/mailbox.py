"""One connected mailbox, as the rest of the program uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Self

from triage.errors import Permanent, TriageError
from triage.label import FINDINGS
from triage.mailbox import folders as tree
from triage.mailbox import labels, moving, reading
from triage.mailbox.account import Account, Arrival, FolderState
from triage.mailbox.connection import connected
from triage.mailbox.idle import idle
from triage.mailbox.wire import Wire


def connect(account: Account) -> Mailbox:
    """Connects and logs in. Raises Temporary when trying again may help, Permanent when somebody must act."""
    wire = connected(account)
    try:
        return Mailbox(wire, account)
    except BaseException:
        wire.imap.shutdown()
        raise


class Mailbox:
    """A logged-in mailbox. Every method raises Temporary when the line breaks; after that only connecting anew helps.

    UIDs are those of the folder opened last; `new_uids` and `find_by_message_id` open the folder they are given for reading.
    """

    def __init__(self, wire: Wire, account: Account) -> None:
        self._wire = wire
        self._opened: FolderState | None = None
        self._writable = False
        self._kept = frozenset[str]()
        self.account = account
        self.folders = tree.find(wire, account)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Logs out; whatever goes wrong with that no longer matters."""
        if self._wire.alive:
            with suppress(TriageError):
                self._wire.command("LOGOUT", seconds=5.0)
            self._wire.alive = False
            self._wire.imap.shutdown()

    @property
    def can_idle(self) -> bool:
        return "IDLE" in self._wire.capabilities

    @property
    def can_move(self) -> bool:
        """Mail can be moved safely: MOVE, or UIDPLUS to do the same in steps."""
        return bool({"MOVE", "UIDPLUS"} & self._wire.capabilities)

    def missing_folders(self) -> list[str]:
        """The folders of the Triage tree that are not there yet."""
        return tree.missing(self._wire, self.folders)

    def create_folders(self) -> list[str]:
        """Makes and subscribes the Triage tree; returns the folders newly made. Safe to repeat."""
        return tree.create(self._wire, self.folders.ours)

    def create_label_folder(self, label: str) -> str:
        """Makes and subscribes the folder that stands for a label; its name. Safe to repeat."""
        name = self.folders.of_label(labels.known(label))
        tree.create(self._wire, [name])
        return name

    @property
    def label_folders(self) -> tuple[str, ...]:
        """The folders that stand for labels: of copies where the server keeps none, on Gmail the labels themselves."""
        return FINDINGS if reading.has_gmail_labels(self._wire) else tuple(map(self.folders.of_label, FINDINGS))

    def delete_folder_if_empty(self, folder: str) -> bool:
        """Takes away a folder of the Triage tree that holds nothing; True when it is gone. ValueError for any other folder."""
        if self._opened and self._opened.name == folder:
            self.open(self.folders.inbox)
        return tree.delete_if_empty(self._wire, self.folders, folder)

    def open(self, folder: str, *, write: bool = False) -> FolderState:
        """Opens a folder, to look only (EXAMINE) or to change (SELECT). Raises Permanent when it is missing or read-only."""
        self._opened = None
        state, self._kept = reading.open_folder(self._wire, folder, write=write, labels=labels.LABELS)
        self._opened, self._writable = state, write
        return state

    def new_uids(self, folder: str, after_uid: int) -> list[int]:
        """UIDs above `after_uid`, ascending, as of now. Opens the folder for reading unless it is open."""
        state = self._opened
        if state is None or state.name != folder:
            state = self.open(folder)
        else:
            self.noop()  # a server may search only what it has announced
        return reading.uids_after(self._wire, after_uid, state.uidnext)

    def all_uids(self) -> list[int]:
        """Every UID of the opened folder, ascending."""
        return reading.uids_after(self._wire, 0, self._state().uidnext)

    def arrived(self, uid: int) -> datetime | None:
        """When a mail of the opened folder came (INTERNALDATE), aware, in UTC; None when it has vanished."""
        self._state()
        return reading.arrived(self._wire, uid)

    def fetch(self, uids: Sequence[int], *, limit: int) -> Iterator[list[Arrival]]:
        """Batches of at most 200 mails and about 4 MiB, ascending; mails larger than `limit` octets only in part (`truncated`).

        Never marks a mail as read. Vanished mails are left out; one the server will not give out has empty `raw`.
        """
        return reading.fetch(self._wire, self._state(), uids, limit)

    def flags(self, uids: Iterable[int]) -> dict[int, frozenset[str]]:
        """Flags by UID: \\Seen and the like as RFC 3501 spells them, keywords in lower case. Vanished mails are absent."""
        self._state()
        return reading.flags(self._wire, uids)

    def changed_flags(self, since_modseq: int) -> dict[int, frozenset[str]] | None:
        """Flags of mails changed since; None where the server cannot tell, so that all flags must be read."""
        if self._state().highestmodseq is None or "CONDSTORE" not in self._wire.capabilities:
            return None
        return reading.changed_flags(self._wire, since_modseq)

    def add_labels(self, uids: Iterable[int], label: str) -> frozenset[int]:
        """Adds a label and reads back: the UIDs on which it really stands. None where the server would forget it.

        ValueError for a label outside `LABELS`.
        """
        self._to_change()
        if not ({"\\*", labels.known(label)} & self._kept or reading.has_gmail_labels(self._wire)):
            return frozenset()  # a server may show such a flag until we log out, and then drop it
        return labels.add(self._wire, uids, label)

    def remove_labels(self, uids: Iterable[int], label: str) -> frozenset[int]:
        """Takes a label away and reads back: the UIDs of mails that are there and no longer bear it."""
        self._to_change()
        return labels.remove(self._wire, uids, labels.known(label))

    def bearing(self, label: str) -> list[int]:
        """UIDs in the opened folder of the mails that bear a label, whoever put it there."""
        self._state()
        return labels.bearing(self._wire, label)

    def move(self, uids: Iterable[int], to_folder: str) -> dict[int, tuple[int, int]]:
        """Moves mails of the opened folder; old UID → (UIDVALIDITY, new UID) as far as the server told. Vanished ones are left out."""
        self._to_change()
        return moving.move(self._wire, uids, to_folder)

    def copy(self, uids: Iterable[int], to_folder: str) -> dict[int, tuple[int, int]]:
        """Copies mails of the opened folder; old UID → (UIDVALIDITY, new UID) as far as the server told (RFC 4315)."""
        self._state()
        return moving.copy(self._wire, uids, to_folder)

    def remove_copies(self, label: str, uids: Iterable[int]) -> None:
        """Takes copies out of the folder that stands for a label. The caller has seen that each original still lies elsewhere."""
        self.open(self.folders.of_label(labels.known(label)), write=True)
        moving.remove_copies(self._wire, uids)

    def append(self, folder: str, raw: bytes, *, flags: Iterable[str] = (), at: datetime | None = None) -> int | None:
        """Writes a mail of ours into a folder; its UID where the server tells. `flags`: labels, or system flags such as \\Seen."""
        return moving.append(self._wire, folder, raw, flags, at)

    def find_by_message_id(self, folder: str, message_id: str) -> list[int]:
        """UIDs of the mails in `folder` with exactly this Message-ID. Opens the folder for reading unless it is open."""
        if self._opened is None or self._opened.name != folder:
            self.open(folder)
        return moving.find_by_message_id(self._wire, message_id)

    def message_ids(self, folder: str) -> dict[int, str]:
        """Message-ID by UID of every mail in `folder`, "" where it has none. Opens the folder for reading unless it is open."""
        if self._opened is None or self._opened.name != folder:
            self.open(folder)
        return moving.message_ids(self._wire, self.all_uids())

    def delete_own(self, folder: str, uids: Iterable[int]) -> None:
        """Deletes notes this program wrote (header X-Triage-Note), or, where the server has no UIDPLUS, marks them as deleted. Raises
        Permanent, deleting none, when one is anything else,

        or when the folder is one that mail arrives in or is sent from: a stranger can write any header.
        """
        if folder in (self.folders.inbox, self.folders.sent) or folder.upper() == "INBOX":
            raise Permanent(f"{self.account.name}: nothing is ever deleted from {folder}")
        if not (self._opened and self._opened.name == folder and self._writable):
            self.open(folder, write=True)
        moving.delete_own(self._wire, uids)

    def idle(self, seconds: float, stop: Callable[[], bool]) -> bool:
        """Waits, at most nine minutes, for something to happen in the opened folder; True when it did. See triage.mailbox.idle."""
        self._state()
        return idle(self._wire, seconds, stop)

    def noop(self) -> None:
        """Shows the server that we are there, and finds out whether it is."""
        self._wire.command("NOOP")

    def _state(self) -> FolderState:
        if self._opened is None:
            raise ValueError("no folder is open")
        return self._opened

    def _to_change(self) -> None:
        if not self._writable or self._opened is None:
            raise ValueError("no folder is open for writing")
