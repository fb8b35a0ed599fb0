"""The journal: what the program and the staff did, in order, never changed afterwards.

Each entry carries a SHA-256 over itself and the hash of the one before, so that changing, removing, or swapping entries
breaks the chain from there on; the database refuses UPDATE and DELETE by trigger; and the head of the chain is kept apart, so
that cutting off the end shows as well. Whoever can rewrite the whole file can still forge all of it: write `head()` down
somewhere else from time to time, and hand it to `verify_journal`.

Entries name mails by key and contacts by id. They hold no mail text: it could not be erased from here.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, text, update

from triage.ledger import tables
from triage.ledger.records import Entry
from triage.ledger.store import Store, upsert

START = "0" * 64
"""Stands for the hash before the first entry."""
_PAGE = 500
_KIND = re.compile(r"[a-z][a-z0-9_-]{0,59}")


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def _hash(previous: str, row: Mapping[str, Any]) -> str:
    """Over the canonical JSON of the list of all fields, subject as its stored text, time in UTC to the microsecond."""
    stamp = row["at"].astimezone(UTC).isoformat(timespec="microseconds")
    entry = [previous, row["number"], row["kind"], stamp, row["actor"], row["subject"]]
    return hashlib.sha256(_canonical(entry).encode()).hexdigest()


def _is_whole(row: Row[Any], previous: str, number: int) -> bool:
    try:
        return bool(row.number == number and row.hash == _hash(previous, row._asdict()))
    except (AttributeError, TypeError, ValueError):  # a field holds what none of ours ever would
        return False


class Journal(Store):
    """What was done."""

    def journal(self, kind: str, *, at: datetime, actor: str, subject: Mapping[str, object]) -> int:
        """Write an entry and give its number. `kind` is a word like "label-added"; `at` is aware; `subject` is JSON-able.

        Raises ValueError when it is not, TypeError when `subject` holds what JSON does not know.
        """
        if not _KIND.fullmatch(kind):
            raise ValueError(f"not a kind of journal entry: {kind!r}")
        if at.utcoffset() is None:
            raise ValueError(f"a time without a time zone cannot be stored: {at.isoformat()}")
        told, actor = _canonical(dict(subject)), tables.storable(actor)
        with self._writing() as connection:
            last, previous = self._head(connection, lock=True)
            if not last and connection.dialect.name == "postgresql":  # no row to lock yet, and several may begin at once
                connection.execute(text("lock table journal_head in share row exclusive mode"))
                last, previous = self._head(connection, lock=True)
            number = last + 1
            row = {"number": number, "kind": kind, "at": at, "actor": actor, "subject": told}
            hashed = _hash(previous, row)
            connection.execute(insert(tables.journal), {**row, "hash": hashed})
            self._set_head(connection, number, hashed)
        return number

    @staticmethod
    def _head(connection: Connection, *, lock: bool = False) -> tuple[int, str]:
        query = select(tables.journal_head.c.number, tables.journal_head.c.hash)
        row = connection.execute(query.with_for_update() if lock else query).one_or_none()
        return (0, START) if row is None else (row.number, row.hash)

    @staticmethod
    def _set_head(connection: Connection, number: int, hashed: str) -> None:
        done = connection.execute(update(tables.journal_head).values(number=number, hash=hashed))
        if done.rowcount == 0:
            upsert(connection, tables.journal_head, [{"only": 1, "number": number, "hash": hashed}])

    def head(self) -> tuple[int, str]:
        """The number and the hash of the last entry, to be kept outside; (0, START) when there is none."""
        with self._reading() as connection:
            return self._head(connection)

    def _pages(self, kinds: Collection[str], since: int) -> Iterator[Row[Any]]:
        of = tables.journal.c
        while True:
            query = select(tables.journal).where(of.number > since).order_by(of.number).limit(_PAGE)
            if kinds:
                query = query.where(of.kind.in_(list(kinds)))
            with self._reading() as connection:
                page = connection.execute(query).all()
            yield from page
            if len(page) < _PAGE:
                return
            since = page[-1].number

    def entries(self, *, kinds: Collection[str] = (), since: int = 0) -> Iterator[Entry]:
        """The entries after number `since`, oldest first; of these kinds, or of all when none is named.

        Read a page at a time, so that writing goes on meanwhile.
        """
        for row in self._pages(kinds, since):
            yield Entry(row.number, row.kind, row.at, row.actor, json.loads(row.subject), row.hash)

    def verify_journal(self, anchor: tuple[int, str] | None = None) -> int | None:
        """The number of the first entry that is not what was written (or is gone), None when all are.

        `anchor` is an earlier answer of `head()`, kept where nobody who can write the database can write.
        """
        with self._reading() as connection:
            head = self._head(connection)
        previous, number = START, 0
        for row in self._pages((), 0):
            number += 1
            if not _is_whole(row, previous, number):
                return number
            previous = row.hash
            if anchor is not None and anchor[0] == number and anchor[1] != previous:
                return number
            if head[0] == number and head[1] != previous:
                return number
        with self._reading() as connection:
            now = self._head(connection)  # others may have written on meanwhile
        if number > now[0]:
            return now[0] + 1
        return number + 1 if number < max(head[0], anchor[0] if anchor else 0) else None
