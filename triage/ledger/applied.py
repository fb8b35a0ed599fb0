"""What of ours stands in a mailbox: labels we set and mail we moved, so that only our own is ever taken back."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import and_, delete, exists, select

from triage.ledger import tables
from triage.ledger.store import Store, chunks, upsert


class Applied(Store):
    """Labels and moves by mailbox; a label is a keyword, or "held" for a move into the hold folder."""

    def applied(self, mailbox: str, keys: Iterable[str] | None = None) -> dict[str, set[str]]:
        """Label → keys of the mails on which we put it in this mailbox and have not taken it off again; of all mails, or of these."""
        of = tables.applied.c
        query = select(of.label, of.key).where(of.mailbox == mailbox)
        found: dict[str, set[str]] = {}
        with self._reading() as connection:
            for asked in (query,) if keys is None else (query.where(of.key.in_(some)) for some in chunks(keys)):
                for label, key in connection.execute(asked):
                    found.setdefault(label, set()).add(key)
        return found

    def mislabelled(self, mailbox: str, labels: Collection[str]) -> set[str]:
        """The keys of the mails that lie in this mailbox and on which not just those of these labels stand, as far as we have put them
        there, that are wanted of it."""
        of, want, lies = tables.applied.c, tables.wanted_labels.c, tables.places.c
        put = exists().where(and_(of.mailbox == mailbox, of.label == want.label, of.key == want.message_key))
        here = exists().where(and_(lies.key == want.message_key, lies.mailbox == mailbox))
        asked = exists().where(and_(want.message_key == of.key, want.label == of.label))
        with self._reading() as connection:
            missing = select(want.message_key).where(want.label.in_(labels), ~put, here)
            surplus = select(of.key).where(of.mailbox == mailbox, of.label.in_(labels), ~asked)
            return {*connection.execute(missing).scalars(), *connection.execute(surplus).scalars()}

    def applied_at(self, mailbox: str, label: str) -> dict[str, datetime]:
        """Key → when we put this label on (aware, UTC), of the mails in this mailbox that bear it through us."""
        of = tables.applied.c
        with self._reading() as connection:
            rows = connection.execute(select(of.key, of.at).where(of.mailbox == mailbox, of.label == label)).all()
        return {row.key: row.at for row in rows}

    def remember_applied(self, mailbox: str, label: str, keys: Iterable[str], at: datetime) -> None:
        """We put the label on these mails (or moved them), seen to be so at `at` (aware)."""
        rows = [{"mailbox": mailbox, "label": label, "key": key, "at": at} for key in sorted(set(keys))]
        with self._writing() as connection:
            upsert(connection, tables.applied, rows)

    def forget_applied(self, mailbox: str, label: str, keys: Iterable[str]) -> None:
        """The label is off these mails again (or they were moved back)."""
        of = tables.applied.c
        with self._writing() as connection:
            for some in chunks(sorted(set(keys))):
                connection.execute(delete(tables.applied).where(of.mailbox == mailbox, of.label == label, of.key.in_(some)))
