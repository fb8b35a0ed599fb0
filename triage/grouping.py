"""`triage group`: contacts and matters over a file of messages, each decided when it arrives, by the judgement of the daemon.

Input and output are JSON lines. A message has: id, time (seconds since 1970, UTC), name, address, staff (true or false), to,
in_reply_to, references, subject, body; out comes id, contact, matter.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from triage import contact, pair_model, wording
from triage.errors import Permanent
from triage.matter import Board, Known
from triage.message import Address, Message

NEEDED = ("id", "time", "address", "body")


class People:
    """Contacts as they become known: an address, and the addresses joined to it so far."""

    def __init__(self) -> None:
        self._marks: dict[str, set[contact.Mark]] = {}
        self._owners: dict[contact.Mark, list[str]] = {}
        self._home: dict[str, str] = {}
        self._joined: dict[str, list[str]] = {}

    def home(self, message: Message) -> str:
        """The contact behind a message, all that was seen before it taken into account."""
        address, marks = message.sender.email, contact.marks(message)
        known = self._marks.setdefault(address, set())
        fresh = marks - known
        known |= fresh
        self._home.setdefault(address, address)
        candidates = set()
        for mark in fresh:
            if mark[0] in contact.LOOKED_UP:
                owners = self._owners.setdefault(mark, [])
                candidates |= set(owners[:50])
                owners.append(address)
        for other in sorted(candidates - {address}):
            if self.root(other) != self.root(address) and contact.joined(known, self._marks[other], address, other):
                self.join(address, other)
        return self.root(address)

    def join(self, one: str, other: str) -> None:
        """Reads two addresses as one person from now on."""
        former, now = self.root(one), self.root(other)
        self._home[former] = now
        self._joined.setdefault(now, []).extend([former, *self._joined.pop(former, ())])

    def joined_into(self, address: str) -> Sequence[str]:
        """The addresses that stood for contacts of their own until they were joined to this one."""
        return self._joined.get(address, ())

    def root(self, address: str) -> str:
        """The address that stands for a contact."""
        while self._home[address] != address:
            address = self._home[address]
        return address


class _Desk:
    """All that is known while a file is read: contacts, and the board of each."""

    def __init__(self) -> None:
        self.people = People()
        self._known = Known(pair_model.loaded())
        self._boards: dict[str, Board] = {}

    def place(self, message: Message, by_staff: bool) -> tuple[str, str]:
        """The contact and the matter of the next message."""
        link = self._board(self.people.home(message)).place(message, by_staff)
        address = message.sender.email
        for other in link.namesakes:  # the same name alone joins nobody; in the same matter it does
            if self.people.root(other) != self.people.root(address):
                self.people.join(address, other)
        return self.people.root(address), link.matter

    def _board(self, who: str) -> Board:
        board = self._boards.setdefault(who, Board(self._known))
        for former in [one for one in self.people.joined_into(who) if one in self._boards]:
            board.absorb(self._boards.pop(former))
        return board


def group(rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    """Decides each message in turn; the order given is the order of arrival."""
    desk = _Desk()
    for row in rows:
        who, matter = desk.place(as_message(row), bool(row.get("staff")))
        yield {"id": str(row["id"]), "contact": "c-" + hashlib.sha256(who.encode()).hexdigest()[:12], "matter": matter}


def _ids(value: object) -> tuple[str, ...]:
    words = value.split() if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(str(word) for word in words)


def as_message(row: Mapping[str, Any]) -> Message:
    identity = str(row["id"])
    at = datetime.fromtimestamp(float(row["time"]), UTC)
    to = row.get("to") or ()
    return Message(
        key=hashlib.sha256(identity.encode()).hexdigest(),
        message_id=identity,
        mailbox="file",
        role="sent" if row.get("staff") else "inbox",
        sent_at=at,
        received_at=at,
        sender=Address(str(row.get("name") or ""), str(row["address"]).lower()),
        reply_to=(),
        to=tuple(Address("", str(one).lower()) for one in ([to] if isinstance(to, str) else to)),
        cc=(),
        subject=str(row.get("subject") or ""),
        in_reply_to=next(iter(_ids(row.get("in_reply_to"))), ""),
        references=_ids(row.get("references")),
        wording=wording.separate(str(row["body"]), ""),
    )


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a JSON-lines file. Raises Permanent naming the line and what is wrong with it."""
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _row(path, number, line)
    except (OSError, UnicodeDecodeError) as error:
        raise Permanent(f"{path}: cannot be read: {error}") from error


def _row(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise Permanent(
            f"{path}, line {number}: not JSON ({error.msg}); each line must be one message as a JSON object"
        ) from error
    missing = [name for name in NEEDED if not isinstance(row, dict) or name not in row]
    if missing:
        raise Permanent(f"{path}, line {number}: {', '.join(missing)} missing; a message needs {', '.join(NEEDED)}")
    if not isinstance(row["time"], int | float):
        raise Permanent(f"{path}, line {number}: time must be a number of seconds since 1970 in UTC, not {row['time']!r}")
    return dict(row)


def group_file(source: Path, target: Path) -> None:
    """Groups the messages of one file into another. The target is written whole or not at all."""
    part = target.with_name(target.name + ".part")
    with part.open("w", encoding="utf-8") as out:
        for row in group(read(source)):
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    part.replace(target)
