"""A ledger in a file of its own, and mails to put into it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from databases import new_database, postgresql

from triage.ledger import Ledger
from triage.message import Address, Message, Role, Unreadable, Wording

MONDAY = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
Letter = Callable[..., Message]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "triage.db"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What is not about SQLite's file is tried on both databases."""
    if "url" in metafunc.fixturenames and "url" not in _given(metafunc):
        about_the_file = "path" in metafunc.fixturenames
        metafunc.parametrize("url", ["sqlite"] if about_the_file else ["sqlite", "postgresql"], indirect=True)


def _given(metafunc: pytest.Metafunc) -> str:
    return str([mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")])


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL server of its own, without a database's name."""
    with postgresql(tmp_path_factory.mktemp("postgresql")) as server:
        yield server


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{request.getfixturevalue('path')}"
    return new_database(request.getfixturevalue("postgresql_server"))


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with Ledger.open(url, patience=0.2) as opened:
        yield opened


@pytest.fixture
def monday() -> datetime:
    return MONDAY


def write_letter(
    name: str,
    *,
    sender: str = "ines.falk@post.example",
    to: tuple[str, ...] = ("help@borough.example",),
    cc: tuple[str, ...] = (),
    reply_to: tuple[str, ...] = (),
    role: Role = "inbox",
    day: float = 0,
    message_id: str = "",
    own: str = "The bin was not emptied.",
) -> Message:
    when = MONDAY + timedelta(days=day)

    def people(emails: tuple[str, ...]) -> tuple[Address, ...]:
        return tuple(Address("", email) for email in emails)

    return Message(
        key=hashlib.sha256(name.encode()).hexdigest(),
        message_id=message_id or f"<{name}@post.example>",
        mailbox="main",
        role=role,
        sent_at=when,
        received_at=when + timedelta(seconds=3),
        sender=Address("Ines Falk", sender),
        reply_to=people(reply_to),
        to=people(to),
        cc=people(cc),
        subject="Bins",
        in_reply_to="",
        references=(),
        wording=Wording(own),
    )


@pytest.fixture
def letter() -> Letter:
    return write_letter


@pytest.fixture
def unreadable() -> Callable[[str], Unreadable]:
    def make(name: str) -> Unreadable:
        key = hashlib.sha256(name.encode()).hexdigest()
        return Unreadable(key, f"<{name}@post.example>", "main", "inbox", MONDAY, "it has no header", sender="?? <\udc80>")

    return make
