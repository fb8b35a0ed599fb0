"""What was concluded. It can always be concluded anew from the mails and the journal, so it is replaced, never mended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from pydantic_core import from_json
from sqlalchemy import Column, Connection, Table, delete, or_, select

from triage.ledger import tables
from triage.ledger.payload import as_json
from triage.ledger.records import ConclusionRows, Row
from triage.ledger.store import Store, chunks, insert_new, upsert

_OF_A_CONTACT: tuple[tuple[str, Table, tuple[str, ...]], ...] = (
    ("matters", tables.matters, ("id", "contact")),
    ("findings", tables.findings, ("message_key", "contact", "kind")),
    ("restrictions", tables.restrictions, ("contact",)),
    ("proposals", tables.proposals, ("id", "contact")),
)


def _time(value: object) -> datetime | None:
    if value is None or value == "":
        return None
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


def _need(row: Row, names: Iterable[str], what: str) -> None:
    missing = [name for name in names if name not in row]
    if missing:
        raise ValueError(f"a row of {what} lacks {', '.join(missing)}")


def _prepared(rows: ConclusionRows) -> list[tuple[Table, list[dict[str, Any]]]]:
    """The rows as the tables want them; ValueError before anything is written when one of them lacks something."""
    prepared: list[tuple[Table, list[dict[str, Any]]]] = []
    for row in rows.contacts:
        _need(row, ("id", "stage", "addresses"), "contacts")
    prepared.append(
        (
            tables.contacts,
            [
                {
                    "id": row["id"],
                    "stage": row["stage"],
                    "review_at": _time(row.get("review_at")),
                    "as_of": _time(row.get("as_of")),
                    "payload": as_json(row),
                }
                for row in rows.contacts
            ],
        )
    )
    addresses = [{"email": email, "contact": row["id"]} for row in rows.contacts for email in row["addresses"]]
    prepared.append((tables.contact_addresses, addresses))
    for name, table, needed in _OF_A_CONTACT:
        of_table = []
        so_far: Counter[str] = Counter()
        for row in getattr(rows, name):
            _need(row, needed, name)
            position = so_far[row["contact"]]
            so_far[row["contact"]] += 1
            of_table.append({**{key: row[key] for key in needed}, "position": position, "payload": as_json(row)})
        prepared.append((table, of_table))
    for row in rows.wanted:
        _need(row, ("message_key", "labels", "held"), "wanted")
    wanted = [
        {
            "message_key": row["message_key"],
            "contact": row.get("contact", ""),
            "held": bool(row["held"]),
            "payload": as_json(row),
        }
        for row in rows.wanted
    ]
    prepared.append((tables.wanted, wanted))
    labels = [
        {"message_key": row["message_key"], "label": label, "contact": row.get("contact", "")}
        for row in rows.wanted
        for label in sorted(set(row["labels"]))
    ]
    prepared.append((tables.wanted_labels, labels))
    return prepared


def _erase(connection: Connection, contact_ids: Iterable[str]) -> None:
    for some in chunks(contact_ids):
        connection.execute(delete(tables.contacts).where(tables.contacts.c.id.in_(some)))
        for table in (tables.contact_addresses, tables.wanted, tables.wanted_labels, *(table for _, table, _ in _OF_A_CONTACT)):
            connection.execute(delete(table).where(table.c.contact.in_(some)))


def _payloads(connection: Connection, table: Table, order: tuple[str, ...], of: str, ids: Collection[str] | None) -> list[Row]:
    query = select(table.c.payload, *(table.c[name] for name in order))
    found = []
    if ids is None:
        found = list(connection.execute(query))
    else:
        for some in chunks(ids):
            found += connection.execute(query.where(table.c[of].in_(some)))
    return [from_json(row.payload) for row in sorted(found, key=lambda row: tuple(row)[1:])]


class Conclusions(Store):
    """Contacts, matters, findings, restrictions, proposals, and the labels that mails should carry."""

    def replace_conclusions(self, old_contact_ids: Iterable[str], rows: ConclusionRows) -> None:
        """Put `rows` in place of everything concluded about these contacts, and about the contacts in `rows`.

        Contacts may have come together or apart in between: hence the old ids. What is wanted of a mail that belongs to no
        contact is replaced mail by mail. Raises ValueError, and changes nothing, when a row lacks a key (see ConclusionRows).
        """
        prepared = _prepared(rows)
        with self._writing() as connection:
            _erase(connection, [*old_contact_ids, *(row["id"] for row in rows.contacts)])
            for some in chunks(row["message_key"] for row in rows.wanted):
                connection.execute(delete(tables.wanted_labels).where(tables.wanted_labels.c.message_key.in_(some)))
            for table, of_table in prepared:
                upsert(connection, table, of_table)

    def owe(self, emails: Iterable[str]) -> None:
        """Something is to be concluded about these addresses; that is known until it is settled, whatever happens to the program."""
        with self._writing() as connection:
            insert_new(connection, tables.owed, [{"email": email} for email in dict.fromkeys(emails)])

    def owed(self) -> list[str]:
        """The addresses about which something is still to be concluded, sorted."""
        with self._reading() as connection:
            return sorted(connection.execute(select(tables.owed.c.email)).scalars())

    def settle(self, emails: Iterable[str]) -> None:
        """It was concluded."""
        with self._writing() as connection:
            for some in chunks(emails):
                connection.execute(delete(tables.owed).where(tables.owed.c.email.in_(some)))

    def contacts_of(self, proposal_ids: Iterable[str]) -> list[str]:
        """The ids of the contacts that these proposals are about, sorted; unknown proposals are left out."""
        return self._contacts(tables.proposals.c.contact, tables.proposals.c.id, proposal_ids)

    def contacts_with(self, emails: Iterable[str]) -> list[str]:
        """The ids of the contacts to which one of these addresses belongs, sorted."""
        return self._contacts(tables.contact_addresses.c.contact, tables.contact_addresses.c.email, emails)

    def _contacts(self, wanted: Column[str], known: Column[str], values: Iterable[str]) -> list[str]:
        found: set[str] = set()
        with self._reading() as connection:
            for some in chunks(values):
                found.update(connection.execute(select(wanted).where(known.in_(some))).scalars())
        return sorted(found)

    def contact_addresses(self, ids: Iterable[str]) -> dict[str, list[str]]:
        """The addresses of each of these contacts, sorted; unknown ids are left out."""
        of = tables.contact_addresses.c
        found: dict[str, list[str]] = {}
        with self._reading() as connection:
            for some in chunks(ids):
                for row in connection.execute(select(of.contact, of.email).where(of.contact.in_(some)).order_by(of.email)):
                    found.setdefault(row.contact, []).append(row.email)
        return found

    def due(self, now: datetime) -> list[str]:
        """The ids of the contacts to look at although no mail came: their time of review is here, or they were concluded
        at a time that is still to come (the clock was set back); sorted."""
        of = tables.contacts.c
        with self._reading() as connection:
            query = select(of.id).where(or_(of.review_at <= now, of.as_of > now))
            return sorted(connection.execute(query).scalars())

    def conclusions(self, contact_ids: Collection[str] | None = None) -> ConclusionRows:
        """All that was concluded, or all about these contacts: contacts by id, their rows in the order they were given in,
        wanted by message key."""
        with self._reading() as connection:
            return ConclusionRows(
                contacts=_payloads(connection, tables.contacts, ("id",), "id", contact_ids),
                wanted=_payloads(connection, tables.wanted, ("message_key",), "contact", contact_ids),
                **{
                    name: _payloads(connection, table, ("contact", "position"), "contact", contact_ids)
                    for name, table, _ in _OF_A_CONTACT
                },
            )

    def restrictions(self) -> list[Row]:
        """Every restriction, in force or over."""
        with self._reading() as connection:
            return _payloads(connection, tables.restrictions, ("contact", "position"), "contact", None)

    def proposals(self, ids: Collection[str] | None = None) -> list[Row]:
        """What is proposed, or the proposals with these ids, in the order of `conclusions`, without reading all the rest of it."""
        with self._reading() as connection:
            return _payloads(connection, tables.proposals, ("contact", "position"), "id", ids)

    def wanted(self, keys: Iterable[str] | None = None) -> dict[str, Row]:
        """What should hold for each of these mails (or for all), by message key, in the order of the keys' text."""
        with self._reading() as connection:
            ids = None if keys is None else list(keys)
            rows = _payloads(connection, tables.wanted, ("message_key",), "message_key", ids)
        return {row["message_key"]: row for row in rows}

    def held(self) -> set[str]:
        """The keys of the mails that are to be held."""
        of = tables.wanted.c
        with self._reading() as connection:
            return set(connection.execute(select(of.message_key).where(of.held)).scalars())
