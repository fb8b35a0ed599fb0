"""What ties addresses together (marks) and mails of one template (bands): lookups that spare comparing all with all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, Table, and_, bindparam, distinct, func, or_, select

from triage.ledger import tables
from triage.ledger.mail import signed
from triage.ledger.records import Mark
from triage.ledger.store import Store, chunks, insert_new
from triage.message import Message


@cache
def _alike_before() -> Select[Any]:
    """Put together once: it is asked for every mail, and putting it together takes longer than the answer."""
    of, mail = tables.templates.c, tables.messages.c
    bands = select(of.band).where(of.key == bindparam("of"))
    same_moment = and_(mail.sent_at == bindparam("at"), mail.message_id < bindparam("id"))
    before = or_(mail.sent_at < bindparam("at"), same_moment)
    others = and_(of.band.in_(bands), mail.sender_email != bindparam("by"), mail.role == "inbox", before)
    age = (mail.sent_at, mail.message_id, mail.key)
    query = select(*age).join_from(tables.templates, tables.messages, of.key == mail.key).where(others).group_by(*age)
    return query.order_by(func.count().desc(), *age).limit(bindparam("most"))


class Likeness(Store):
    """The identity index and the template index. Both are about recorded mails only: of a forgotten one, nothing is kept."""

    def _index(self, table: Table, key: str, rows: list[dict[str, Any]]) -> None:
        with self._writing() as connection:
            if connection.execute(select(tables.messages.c.key).where(tables.messages.c.key == key)).first() is not None:
                insert_new(connection, table, rows)

    def index_identity(self, key: str, email: str, marks: Iterable[Mark]) -> None:
        """The mail `key` shows these marks of whoever uses the address `email`. Nothing happens when it is not recorded."""
        rows = [{"key": key, "email": email, "kind": kind, "value": value} for kind, value in marks]
        self._index(tables.marks, key, rows)

    def marks_of(self, emails: Iterable[str]) -> dict[str, set[Mark]]:
        """All marks ever shown, by address; an address without any is left out."""
        of = tables.marks.c
        found: dict[str, set[Mark]] = {}
        with self._reading() as connection:
            for some in chunks(emails):
                query = select(of.email, of.kind, of.value).where(of.email.in_(some)).distinct()
                for row in connection.execute(query):
                    found.setdefault(row.email, set()).add((row.kind, row.value))
        return found

    def marks_by_mail(self, emails: Iterable[str], kinds: Iterable[str]) -> dict[str, set[Mark]]:
        """The marks of these kinds that each mail from these addresses has shown, by the mail's key."""
        of, wanted = tables.marks.c, list(kinds)
        found: dict[str, set[Mark]] = {}
        with self._reading() as connection:
            for some in chunks(emails):
                query = select(of.key, of.kind, of.value).where(of.email.in_(some), of.kind.in_(wanted))
                for row in connection.execute(query):
                    found.setdefault(row.key, set()).add((row.kind, row.value))
        return found

    def sharing(self, marks: Iterable[Mark], limit: int = 200) -> dict[Mark, set[str]]:
        """Which addresses have shown each of these marks; a mark of more than `limit` addresses says nothing about a person
        (a switchboard's number, a firm's footer) and is left out."""
        of = tables.marks.c
        by_kind: dict[str, list[str]] = {}
        for kind, value in marks:
            by_kind.setdefault(kind, []).append(value)
        found: dict[Mark, set[str]] = {}
        with self._reading() as connection:
            for kind, values in by_kind.items():
                for some in chunks(values):
                    here = (of.kind == kind) & of.value.in_(some)
                    few = select(of.value).where(here).group_by(of.value).having(func.count(distinct(of.email)) <= limit)
                    query = select(of.value, of.email).where(of.kind == kind, of.value.in_(few)).distinct()
                    for row in connection.execute(query):
                        found.setdefault((kind, row.value), set()).add(row.email)
        return found

    def citing(self, message_ids: Iterable[str]) -> set[str]:
        """Keys of the mails that show one of these Message-IDs among their thread marks: that refer to it, or bear it."""
        of = tables.marks.c
        found: set[str] = set()
        with self._reading() as connection:
            for some in chunks(message_ids):
                found |= set(
                    connection.execute(select(of.key).where(of.kind == "thread", of.value.in_(some)).distinct()).scalars()
                )
        return found

    def index_template(self, key: str, bands: Iterable[int]) -> None:
        """The mail `key` has these bands: 64-bit numbers, with or without a sign. Nothing happens when it is not recorded."""
        rows = [{"key": key, "band": signed(band)} for band in bands]
        self._index(tables.templates, key, rows)

    def template_candidates(self, bands: Iterable[int], *, limit: int = 1000) -> list[str]:
        """The keys of the mails that share a band with these, oldest first, and not more than the `limit` oldest."""
        of, mail = tables.templates.c, tables.messages.c
        found: dict[str, datetime] = {}
        with self._reading() as connection:
            for some in chunks(map(signed, bands)):
                sharing = select(of.key).where(of.band.in_(some))
                query = select(mail.sent_at, mail.key).where(mail.key.in_(sharing)).order_by(mail.sent_at, mail.key).limit(limit)
                found.update({row.key: row.sent_at for row in connection.execute(query)})
        return sorted(found, key=lambda key: (found[key], key))[:limit]

    def alike_before(self, message: Message, *, limit: int = 200) -> list[str]:
        """The keys of the mails by other senders that share a band with this one and were written before it, oldest first by
        (sent_at, message_id, key). Of more than `limit`, those that share the most bands, and of these the oldest."""
        which = {"of": message.key, "by": message.sender.email, "at": message.sent_at, "id": message.message_id, "most": limit}
        with self._reading() as connection:
            found = connection.execute(_alike_before(), which).all()
        return [row.key for row in sorted(found, key=tuple)]

    def senders_alike_after_new(self) -> set[str]:
        """Who sent a concluded mail that shares a band with one that is not concluded yet, at the same time or later."""
        of, mail = tables.templates, tables.messages
        new = select(of.c.band, func.min(mail.c.sent_at).label("at")).join_from(of, mail, of.c.key == mail.c.key)
        earliest = new.where(~mail.c.concluded).group_by(of.c.band).subquery()
        later = select(mail.c.sender_email).join_from(earliest, of, of.c.band == earliest.c.band)
        query = later.join(mail, mail.c.key == of.c.key).where(mail.c.concluded, mail.c.sent_at >= earliest.c.at)
        with self._reading() as connection:
            return set(connection.execute(query.distinct()).scalars())
