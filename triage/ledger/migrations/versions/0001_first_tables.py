"""The first tables, and the triggers that keep the journal from being changed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_REFUSAL = "the journal is only ever added to"


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=False)


def _number(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=nullable, autoincrement=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _table(name: str, key: tuple[str, ...], *columns: sa.Column[Any], of_message: bool = False) -> None:
    rules: list[sa.Constraint] = [sa.PrimaryKeyConstraint(*key, name=f"pk_{name}")]
    if of_message:
        rules.append(sa.ForeignKeyConstraint(["key"], ["messages.key"], name=f"fk_{name}_key", ondelete="CASCADE"))
    op.create_table(name, *columns, *rules)


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def _concluded(name: str, *columns: str) -> None:
    position = sa.Column("position", sa.Integer, nullable=False, autoincrement=False)
    _table(name, ("contact", "position"), _text("contact"), position, *map(_text, columns), _text("payload"))
    for column in columns:
        _index(name, column)


def upgrade() -> None:
    _table("meta", ("name",), _text("name"), _text("value"))
    _read()
    _tied()
    _conclusions()
    _done()
    _guard_the_journal()


def _read() -> None:
    _table(
        "cursors",
        ("mailbox", "folder"),
        *(_text("mailbox"), _text("folder"), _number("uidvalidity"), _number("last_uid"), _number("modseq", nullable=True)),
    )
    _table(
        "messages",
        ("key",),
        *map(_text, ("key", "message_id", "mailbox", "role", "sender_email")),
        *(_time("sent_at"), _flag("readable"), _flag("concluded"), _text("payload")),
    )
    for columns in (("message_id",), ("sender_email",), ("concluded", "sent_at")):
        _index("messages", *columns)
    _table("participants", ("key", "email", "role"), _text("key"), _text("email"), _text("role"), of_message=True)
    _index("participants", "email")
    _table(
        "places",
        ("mailbox", "folder", "uidvalidity", "uid"),
        *(_text("mailbox"), _text("folder"), _number("uidvalidity"), _number("uid"), _text("key")),
    )
    _index("places", "key")
    _table("forgotten", ("key",), _text("key"), _time("at"))


def _tied() -> None:
    _table("marks", ("key", "email", "kind", "value"), *map(_text, ("key", "email", "kind", "value")), of_message=True)
    _index("marks", "email")
    _index("marks", "kind", "value", "email")
    _table("templates", ("key", "band"), _text("key"), _number("band"), of_message=True)
    _index("templates", "band")


def _conclusions() -> None:
    _table(
        "contacts",
        ("id",),
        *(_text("id"), _text("stage"), _time("review_at", nullable=True), _time("as_of", nullable=True), _text("payload")),
    )
    _index("contacts", "review_at")
    _index("contacts", "as_of")
    _table("contact_addresses", ("email", "contact"), _text("email"), _text("contact"))
    _index("contact_addresses", "contact")
    _concluded("matters", "id")
    _concluded("findings", "message_key", "kind")
    _concluded("restrictions")
    _concluded("proposals", "id")
    _table("wanted", ("message_key",), _text("message_key"), _text("contact"), _flag("held"), _text("payload"))
    _index("wanted", "contact")


def _done() -> None:
    _table(
        "journal",
        ("number",),
        *(_number("number"), _text("kind"), _time("at"), _text("actor"), _text("subject"), _text("hash")),
    )
    _index("journal", "kind")
    only = sa.Column("only", sa.Integer, nullable=False, autoincrement=False)
    _table("journal_head", ("only",), only, _number("number"), _text("hash"))
    _table("notes", ("mailbox", "note_id"), *map(_text, ("mailbox", "note_id", "message_id", "fingerprint")))
    _index("notes", "message_id")
    _table("applied", ("mailbox", "label", "key"), *map(_text, ("mailbox", "label", "key")), _time("at"))


def _guard_the_journal() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION journal_refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER journal_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON journal "
            "FOR EACH STATEMENT EXECUTE FUNCTION journal_refuses()"
        )
        return
    for deed in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER journal_no_{deed.lower()} BEFORE {deed} ON journal BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        )
