"""The mails themselves, as JSON beside what is searched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Select, delete, exists, select, union, update

from triage.ledger import tables
from triage.ledger.payload import as_json
from triage.ledger.places import place_row
from triage.ledger.records import Location, MailFacts, Recording
from triage.ledger.store import Store, chunks, insert_new, upsert
from triage.message import Message, Unreadable

_SIGN = 1 << 63


@cache
def _message_form() -> TypeAdapter[Message]:
    return TypeAdapter(Message)


@cache
def _unreadable_form() -> TypeAdapter[Unreadable]:
    return TypeAdapter(Unreadable)


def signed(band: int) -> int:
    """A 64-bit number as databases hold it: with a sign."""
    return band - 2 * _SIGN if band >= _SIGN else band


def _message_row(mail: Message | Unreadable) -> dict[str, Any]:
    readable = isinstance(mail, Message)
    return {
        "key": mail.key,
        "message_id": mail.message_id,
        "mailbox": mail.mailbox,
        "role": mail.role,
        "sender_email": mail.sender.email if isinstance(mail, Message) else "",
        "sent_at": mail.sent_at if isinstance(mail, Message) else mail.received_at,
        "readable": readable,
        "concluded": False,
        "payload": as_json(mail),
    }


def _participant_rows(mail: Message) -> list[dict[str, Any]]:
    by_role = {"from": (mail.sender,), "to": mail.to, "cc": mail.cc, "reply_to": mail.reply_to}
    return [
        {"key": mail.key, "email": address.email, "role": role}
        for role, addresses in by_role.items()
        for address in addresses
        if address.email
    ]


def _template_rows(mail: Message, bands: Iterable[int]) -> list[dict[str, Any]]:
    return [{"key": mail.key, "band": signed(band)} for band in bands]


def _with(emails: Sequence[str]) -> Select[tuple[str]]:
    """The keys of the mails from, to or with a copy to these addresses."""
    who = tables.participants.c
    return select(who.key).where(who.email.in_(emails), who.role.in_(("from", "to", "cc")))


class Mails(Store):
    """What was read."""

    def record(self, message: Message | Unreadable) -> bool:
        """Write the mail down. False when it is there already (the first one seen is kept) or was to be forgotten."""
        return bool(self.record_many([Recording(message)]))

    def record_many(
        self, batch: Sequence[Recording | tuple[Message | Unreadable, Location | None, Iterable[tuple[str, str]], Iterable[int]]]
    ) -> set[str]:
        """Write a batch down in a few statements: the mails with all that belongs to them, all or nothing.

        Takes (message, location, marks of its sender, template bands); gives the keys that were new. Of a mail that is there
        already only the location is added, and that it was sent by us when it is found in Sent after all.
        """
        whole = [Recording(*each) for each in batch]
        first = {each.message.key: each for each in reversed(whole)}
        first |= {each.message.key: each for each in whole if each.message.role == "sent"}
        with self._writing() as connection:
            new = set(first) - self._known(connection, first)
            self._found_in_sent(connection, [each.message for key, each in first.items() if key not in new])
            fresh = [each for key, each in first.items() if key in new]
            readable = [(each, each.message) for each in fresh if isinstance(each.message, Message)]
            insert_new(connection, tables.messages, [_message_row(each.message) for each in fresh])
            insert_new(connection, tables.participants, [row for _, mail in readable for row in _participant_rows(mail)])
            insert_new(
                connection,
                tables.marks,
                [
                    {"key": mail.key, "email": mail.sender.email, "kind": kind, "value": value}
                    for each, mail in readable
                    for kind, value in each.marks
                ],
            )
            insert_new(connection, tables.templates, [row for each, mail in readable for row in _template_rows(mail, each.bands)])
            upsert(
                connection,
                tables.places,
                [place_row(each.message.key, each.location) for each in whole if each.location is not None],
            )
        return new

    @staticmethod
    def _found_in_sent(connection: Connection, known: Iterable[Message | Unreadable]) -> None:
        """Of mails that were first found in the inbox: those that lie in Sent too were written by us, whatever was read first."""
        of = tables.messages.c
        for mail in known:
            if mail.role == "sent":
                statement = update(tables.messages).where(of.key == mail.key, of.role == "inbox")
                connection.execute(statement.values(role="sent", concluded=False, payload=as_json(mail)))

    @staticmethod
    def _known(connection: Connection, keys: Iterable[str]) -> set[str]:
        known: set[str] = set()
        for some in chunks(keys):
            recorded = select(tables.messages.c.key).where(tables.messages.c.key.in_(some))
            erased = select(tables.forgotten.c.key).where(tables.forgotten.c.key.in_(some))
            known.update(connection.execute(union(recorded, erased)).scalars())
        return known

    def messages(self, keys: Iterable[str]) -> list[Message | Unreadable]:
        """The mails with these keys, in the order of the keys; unknown keys are left out."""
        wanted = list(dict.fromkeys(keys))
        of = tables.messages.c
        found: dict[str, Message | Unreadable] = {}
        with self._reading() as connection:
            for some in chunks(wanted):
                for row in connection.execute(select(of.key, of.readable, of.payload).where(of.key.in_(some))):
                    form = _message_form() if row.readable else _unreadable_form()
                    found[row.key] = form.validate_json(row.payload)
        return [found[key] for key in wanted if key in found]

    def all_keys(self) -> list[str]:
        """The keys of all mails, readable or not, oldest first."""
        of = tables.messages.c
        with self._reading() as connection:
            return list(connection.execute(select(of.key).order_by(of.sent_at, of.message_id, of.key)).scalars())

    def messages_with(self, emails: Iterable[str]) -> list[Message]:
        """Every readable mail from, to or with a copy to one of these addresses, in the order it was written:
        by (sent_at, message_id, key)."""
        mail = tables.messages.c
        found: dict[str, Message] = {}
        with self._reading() as connection:
            for some in chunks(emails):
                for row in connection.execute(select(mail.key, mail.payload).where(mail.key.in_(_with(some)), mail.readable)):
                    if row.key not in found:
                        found[row.key] = _message_form().validate_json(row.payload)
        return sorted(found.values(), key=lambda each: (each.sent_at, each.message_id, each.key))

    def everybody(self) -> list[str]:
        """Every address that any mail is from or to, or names as a reply address; sorted."""
        with self._reading() as connection:
            return sorted(connection.execute(select(tables.participants.c.email).distinct()).scalars())

    def keys_only_among(self, emails: Iterable[str]) -> list[str]:
        """The keys of the readable mails that are from and to nobody but these, oldest first."""
        mail, who = tables.messages.c, tables.participants.c
        wanted = set(emails)
        with self._reading() as connection:
            found: list[str] = []
            for some in chunks(wanted):
                query = select(mail.key, who.email).join(tables.participants, who.key == mail.key)
                with_others: dict[str, set[str]] = {}
                for row in connection.execute(query.where(mail.sender_email.in_(some), mail.readable).order_by(mail.sent_at)):
                    with_others.setdefault(row.key, set()).add(row.email)
                found += [key for key, named in with_others.items() if named <= wanted]
        return found

    def facts_with(self, emails: Iterable[str]) -> list[MailFacts]:
        """What is searched of every readable mail from, to or with a copy to one of these addresses: much less than the mails."""
        mail = tables.messages.c
        found: dict[str, MailFacts] = {}
        with self._reading() as connection:
            for some in chunks(emails):
                query = select(mail.key, mail.message_id, mail.sender_email, mail.role)
                for row in connection.execute(query.where(mail.key.in_(_with(some)), mail.readable)):
                    found[row.key] = MailFacts(row.key, row.message_id, row.sender_email, row.role)
        return list(found.values())

    def threads_with(self, emails: Iterable[str], ids: Iterable[str], cited: Iterable[str]) -> set[str]:
        """Of the mails from, to or with a copy to these addresses the keys of those that may belong to threads: they bear a
        Message-ID of `cited`, show one of `ids` among their thread marks, or show no marks (their sender is not believed), so that
        it is not known. With each come all that bear the same Message-ID."""
        mail, of = tables.messages.c, tables.marks.c
        found: set[str] = set()
        cited, ids = list(cited), list(ids)
        with self._reading() as connection:
            for some in chunks(emails):
                here = select(mail.key).where(mail.key.in_(_with(some)), mail.readable)
                for names in chunks(cited):
                    found |= set(connection.execute(here.where(mail.message_id.in_(names))).scalars())
                for names in chunks(ids):
                    citing = select(of.key).where(of.kind == "thread", of.value.in_(names))
                    same = select(mail.message_id).where(mail.key.in_(citing))
                    found |= set(connection.execute(here.where(mail.message_id.in_(same))).scalars())
                unmarked = select(mail.message_id).where(mail.key.in_(_with(some)), ~exists().where(of.key == mail.key))
                found |= set(connection.execute(here.where(mail.message_id.in_(unmarked))).scalars())
        return found

    def keys_by_message_id(self, message_id: str) -> list[str]:
        """The keys of all mails that carry this Message-ID (several may: it is not unique), oldest first."""
        of = tables.messages.c
        with self._reading() as connection:
            query = select(of.key).where(of.message_id == message_id).order_by(of.sent_at, of.key)
            return list(connection.execute(query).scalars())

    def unconcluded(self) -> list[str]:
        """The keys of the mails recorded and not yet concluded, readable or not, oldest first."""
        of = tables.messages.c
        with self._reading() as connection:
            query = select(of.key).where(~of.concluded).order_by(of.sent_at, of.message_id, of.key)
            return list(connection.execute(query).scalars())

    def mark_concluded(self, keys: Iterable[str], *, concluded: bool = True) -> None:
        """These mails need no more looking at; with `concluded=False`, look at them again."""
        with self._writing() as connection:
            for some in chunks(keys):
                statement = update(tables.messages).where(tables.messages.c.key.in_(some))
                connection.execute(statement.values(concluded=concluded))

    def unreadable(self) -> list[Unreadable]:
        """Every mail no sense could be made of, oldest first."""
        of = tables.messages.c
        with self._reading() as connection:
            rows = connection.execute(select(of.payload).where(~of.readable).order_by(of.sent_at, of.key)).scalars().all()
        return [_unreadable_form().validate_json(payload) for payload in rows]

    def arrived(self, since: datetime) -> list[tuple[datetime, str]]:
        """When each mail found outside Sent was written, and by whom, from `since` on, in order of time."""
        of = tables.messages.c
        with self._reading() as connection:
            query = (
                select(of.sent_at, of.sender_email).where(of.role == "inbox", of.sent_at >= since).order_by(of.sent_at, of.key)
            )
            return [(row.sent_at, row.sender_email) for row in connection.execute(query)]

    def all_senders(self) -> list[str]:
        """Everybody outside who has written or was written to: senders of inbox mail, recipients of sent mail; sorted."""
        mail, who = tables.messages.c, tables.participants.c
        both = who.key == mail.key
        wrote = select(who.email).where(both, mail.role == "inbox", who.role == "from")
        was_written_to = select(who.email).where(both, mail.role == "sent", who.role.in_(("to", "cc")))
        with self._reading() as connection:
            return sorted(connection.execute(union(wrote, was_written_to)).scalars())

    def forget(self, keys: Iterable[str], *, at: datetime) -> None:
        """Erase these mails with everything indexed from them, for good: the same mail read again is not recorded.

        Where they lie stays known, conclusions are the caller's to replace, and the journal keeps its entries. On SQLite the whole file
        is written anew and the write-ahead log emptied, unless this happens inside a transaction: overwriting what is deleted
        (secure_delete) leaves a copy behind now and then, where the entries of an index were moved to another page before.
        """
        every = list(dict.fromkeys(keys))
        with self._writing() as connection:
            for some in chunks(every):
                connection.execute(delete(tables.messages).where(tables.messages.c.key.in_(some)))
                insert_new(connection, tables.forgotten, [{"key": key, "at": at} for key in some])
        if self._engine.dialect.name == "sqlite" and not self._in_transaction:
            with self._errors(), closing(self._engine.raw_connection()) as handle:
                handle.cursor().execute("VACUUM")
                handle.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
