"""How far folders were read, and where the mails lie in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, delete, select

from triage.ledger import tables
from triage.ledger.records import Cursor, Location
from triage.ledger.store import Store, chunks, upsert


def place_row(key: str, location: Location) -> dict[str, Any]:
    """The row that says that the mail `key` lies at `location`."""
    return {**asdict(location), "key": key}


def _here(location: Location) -> ColumnElement[bool]:
    of = tables.places.c
    folder = (of.mailbox == location.mailbox) & (of.folder == location.folder)
    return folder & (of.uidvalidity == location.uidvalidity) & (of.uid == location.uid)


class Places(Store):
    """Where we are in the mailboxes."""

    def cursor(self, mailbox: str, folder: str) -> Cursor | None:
        """How far this folder was read; None when it never was."""
        of = tables.cursors.c
        with self._reading() as connection:
            query = select(of.uidvalidity, of.last_uid, of.modseq).where(of.mailbox == mailbox, of.folder == folder)
            row = connection.execute(query).one_or_none()
        return None if row is None else Cursor(row.uidvalidity, row.last_uid, row.modseq)

    def set_cursor(self, mailbox: str, folder: str, cursor: Cursor) -> None:
        with self._writing() as connection:
            upsert(connection, tables.cursors, [{"mailbox": mailbox, "folder": folder, **asdict(cursor)}])

    def place(self, key: str, location: Location) -> None:
        """The mail lies here (now); one mail may lie in several places."""
        with self._writing() as connection:
            upsert(connection, tables.places, [place_row(key, location)])

    def unplace(self, location: Location) -> None:
        """Nothing of ours lies here any more."""
        with self._writing() as connection:
            connection.execute(delete(tables.places).where(_here(location)))

    def unplace_folder(self, mailbox: str, folder: str) -> None:
        """Forget where the mails of a folder lie, because its UIDVALIDITY changed; the mails themselves stay recorded."""
        of = tables.places.c
        with self._writing() as connection:
            connection.execute(delete(tables.places).where(of.mailbox == mailbox, of.folder == folder))

    def locations(self, keys: Iterable[str]) -> dict[str, list[Location]]:
        """Where these mails lie, by key; a mail that lies nowhere (any more) is left out."""
        of = tables.places.c
        found: dict[str, list[Location]] = {}
        with self._reading() as connection:
            for some in chunks(keys):
                query = select(tables.places).where(of.key.in_(some)).order_by(of.mailbox, of.folder, of.uidvalidity, of.uid)
                for row in connection.execute(query):
                    found.setdefault(row.key, []).append(Location(row.mailbox, row.folder, row.uidvalidity, row.uid))
        return found

    def placed_in(self, mailbox: str, folder: str) -> dict[int, str]:
        """UID → key of what lies in this folder, as far as we know."""
        of = tables.places.c
        with self._reading() as connection:
            query = select(of.uid, of.key).where(of.mailbox == mailbox, of.folder == folder).order_by(of.uidvalidity, of.uid)
            return {row.uid: row.key for row in connection.execute(query)}
