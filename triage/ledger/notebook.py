"""Facts about the store itself, and the notes of ours that lie in mailboxes."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import delete, select

from triage.ledger import tables
from triage.ledger.records import Note
from triage.ledger.store import Store, upsert


class Notebook(Store):
    """Small facts by name."""

    def meta(self, name: str) -> str | None:
        with self._reading() as connection:
            return connection.execute(select(tables.meta.c.value).where(tables.meta.c.name == name)).scalar_one_or_none()

    def metas(self, beginning: str) -> dict[str, str]:
        """All whose name begins so: the rest of the name → value."""
        of = tables.meta.c
        with self._reading() as connection:
            rows = connection.execute(select(of.name, of.value).where(of.name.startswith(beginning, autoescape=True))).all()
        return {row.name.removeprefix(beginning): row.value for row in rows}

    def set_meta(self, name: str, value: str) -> None:
        with self._writing() as connection:
            upsert(connection, tables.meta, [{"name": name, "value": value}])

    def remember_note(self, note_id: str, mailbox: str, message_id: str, fingerprint: str) -> None:
        """A note of ours now lies in `mailbox` as the mail `message_id`; it takes the place of an earlier one of that id."""
        with self._writing() as connection:
            upsert(connection, tables.notes, [asdict(Note(note_id, mailbox, message_id, fingerprint))])

    def forget_note(self, note_id: str, mailbox: str) -> None:
        """The note is gone from the mailbox."""
        of = tables.notes.c
        with self._writing() as connection:
            connection.execute(delete(tables.notes).where(of.note_id == note_id, of.mailbox == mailbox))

    def notes(self, mailbox: str) -> list[Note]:
        """Our notes in this mailbox, by id."""
        of = tables.notes.c
        with self._reading() as connection:
            rows = connection.execute(select(tables.notes).where(of.mailbox == mailbox).order_by(of.note_id)).all()
        return [Note(row.note_id, row.mailbox, row.message_id, row.fingerprint) for row in rows]
