"""`triage group`: contacts and matters over a file of messages, each decided when it arrives, by the judgement of the daemon.

Input and output are JSON lines. A message has: id, time (seconds since 1970, UTC), name, address, staff (true or false), to,
in_reply_to, references, subject, body; out comes id, contact, matter.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
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
            if self._root(other) != self._root(address) and contact.joined(known, self._marks[other], address, other):
                self._home[self._root(address)] = self._root(other)
        return self._root(address)

    def _root(self, address: str) -> str:
        while self._home[address] != address:
            address = self._home[address]
        return address


def group(rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    """Decides each message in turn; the order given is the order of arrival."""
    people = People()
    known = Known(pair_model.loaded())
    boards: dict[str, Board] = {}
    for row in rows:
        message = as_message(row)
        who = people.home(message)
        board = boards.setdefault(who, Board(known))
        link = board.place(message, bool(row.get("staff")))
        yield {"id": str(row["id"]), "contact": "c-" + hashlib.sha256(who.encode()).hexdigest()[:12], "matter": link.matter}


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
