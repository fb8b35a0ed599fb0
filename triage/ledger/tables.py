"""The tables, as SQLAlchemy Core sees them. What creates and changes them are the files in `migrations/versions`; a test
holds the two together.

Mails are kept as JSON beside the few columns that are searched. Every time is UTC. Nothing here is particular to SQLite.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, DateTime, ForeignKey, Index, Integer, MetaData, Table, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

LONGEST_INDEXED = 400
"""Characters. PostgreSQL refuses index entries over about 2,700 bytes, and a header written by a stranger may be any length."""


def storable(text: str) -> str:
    """The same text in a form every database takes: halves of surrogate pairs and NUL become U+FFFD."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "\ufffd")


def indexable(text: str) -> str:
    """The same text, or, when it is too long for an index, its beginning and its SHA-256: two texts never become one."""
    text = storable(text)
    if len(text) <= LONGEST_INDEXED:
        return text
    return f"{text[:300]} sha256:{hashlib.sha256(text.encode()).hexdigest()}"


class UtcTime(TypeDecorator[datetime]):
    """Aware times only, given back in UTC. A time without a zone is a mistake of the caller: ValueError."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's form
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError(f"a time without a time zone cannot be stored: {value.isoformat()}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's form
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text of any length, whatever a stranger put in it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's form
        return None if value is None else storable(value)


class Term(Words):
    """Text that is searched for: shortened where it is too long for an index, the same way on writing and on searching."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's form
        return None if value is None else indexable(value)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _term(name: str, **given: Any) -> Column[str]:
    return Column(name, Term, nullable=False, **given)


def _payload() -> Column[str]:
    return Column("payload", Words, nullable=False)


def _of_message() -> Column[str]:
    return Column("key", Term, ForeignKey("messages.key", ondelete="CASCADE"), primary_key=True)


meta = Table("meta", metadata, _term("name", primary_key=True), Column("value", Words, nullable=False))

# what was read

cursors = Table(
    "cursors",
    metadata,
    _term("mailbox", primary_key=True),
    _term("folder", primary_key=True),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("last_uid", BigInteger, nullable=False),
    Column("modseq", BigInteger),
)
messages = Table(
    "messages",
    metadata,
    _term("key", primary_key=True),
    _term("message_id", index=True),
    _term("mailbox"),
    _term("role"),
    _term("sender_email", index=True),
    Column("sent_at", UtcTime, nullable=False),
    Column("readable", Boolean, nullable=False),
    Column("concluded", Boolean, nullable=False),
    _payload(),
    Index(None, "concluded", "sent_at"),
)
participants = Table(
    "participants", metadata, _of_message(), _term("email", primary_key=True, index=True), _term("role", primary_key=True)
)
places = Table(  # no foreign key: where a forgotten mail lies must stay known, or it would look new
    "places",
    metadata,
    _term("mailbox", primary_key=True),
    _term("folder", primary_key=True),
    Column("uidvalidity", BigInteger, primary_key=True, autoincrement=False),
    Column("uid", BigInteger, primary_key=True, autoincrement=False),
    _term("key", index=True),
)
forgotten = Table("forgotten", metadata, _term("key", primary_key=True), Column("at", UtcTime, nullable=False))

# what ties mails together

marks = Table(
    "marks",
    metadata,
    _of_message(),
    _term("email", primary_key=True, index=True),
    _term("kind", primary_key=True),
    _term("value", primary_key=True),
    Index(None, "kind", "value", "email"),
)
templates = Table(
    "templates",
    metadata,
    _of_message(),
    Column("band", BigInteger, primary_key=True, autoincrement=False, index=True),
)

# what was concluded; rewritten whenever a contact is concluded anew

contacts = Table(
    "contacts",
    metadata,
    _term("id", primary_key=True),
    _term("stage"),
    Column("review_at", UtcTime, index=True),
    Column("as_of", UtcTime, index=True),
    _payload(),
)
contact_addresses = Table(
    "contact_addresses", metadata, _term("email", primary_key=True), _term("contact", primary_key=True, index=True)
)


owed = Table("owed", metadata, _term("email", primary_key=True))
"""The outside addresses about which something is to be concluded that is not concluded yet."""


def _concluded(name: str, *columns: Column[Any]) -> Table:
    """Rows of one contact, in the order in which they were concluded."""
    position = Column("position", Integer, primary_key=True, autoincrement=False)
    return Table(name, metadata, _term("contact", primary_key=True), position, *columns, _payload())


matters = _concluded("matters", _term("id", index=True))
findings = _concluded("findings", _term("message_key", index=True), _term("kind", index=True))
restrictions = _concluded("restrictions")
proposals = _concluded("proposals", _term("id", index=True))
wanted = Table(
    "wanted",
    metadata,
    _term("message_key", primary_key=True),
    _term("contact", index=True),
    Column("held", Boolean, nullable=False, index=True),
    _payload(),
)
wanted_labels = Table(  # the same labels once more, to be compared with what was applied without reading everything
    "wanted_labels",
    metadata,
    _term("message_key", primary_key=True),
    _term("label", primary_key=True),
    _term("contact", index=True),
)

# what was done

journal = Table(
    "journal",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    _term("kind", index=True),
    Column("at", UtcTime, nullable=False),
    Column("actor", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("hash", Words, nullable=False),
)
journal_head = Table(
    "journal_head",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    Column("hash", Words, nullable=False),
)
papers = Table("papers", metadata, _term("digest", primary_key=True), _payload())
notes = Table(
    "notes",
    metadata,
    _term("mailbox", primary_key=True),
    _term("note_id", primary_key=True),
    _term("message_id", index=True),
    Column("fingerprint", Words, nullable=False),
)
applied = Table(  # what of ours stands in a mailbox; no foreign key, so that undo finds it whatever was forgotten
    "applied",
    metadata,
    _term("mailbox", primary_key=True),
    _term("label", primary_key=True),
    _term("key", primary_key=True),
    Column("at", UtcTime, nullable=False),
)
