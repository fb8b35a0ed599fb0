"""The world changes in the midst of a pass, at any command: new numbers in the inbox, a mail taken away and put back, a disk that
takes nothing more, another certificate; and clocks jump. The next pass ends as if nothing had happened."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import get_args

import pytest
from astray import a_pass, assert_ends_the_same, assert_told, end, through
from ending import End
from faulty import Faulty
from figures import Figures
from mailstate import move
from office import Office, Said
from sample import NOW, story
from sqlalchemy import Engine, event
from tlsfault import TlsFault, TlsFaulty

STRIDE = 17
ABUSE = next(mail.message_id for mail in story() if b"useless cretin" in mail.raw)


def renumber(office: Office) -> None:
    """Dovecot gives every mail of the inbox a new UID, and the inbox a new UIDVALIDITY."""
    place = office.server.directory / "home" / office.user / "Maildir"
    for path in [place / "dovecot-uidlist", *place.glob("dovecot.index*"), *place.glob("dovecot.list.index*")]:
        path.unlink(missing_ok=True)


def take_away(office: Office) -> None:
    """A colleague files a mail in the very moment."""
    with office.server.client(office.user) as other:
        other.create("Elsewhere")
    move(office.server, office.user, ABUSE, "INBOX", "Elsewhere")


def put_back(office: Office) -> None:
    move(office.server, office.user, ABUSE, "Elsewhere", "INBOX")
    with office.server.client(office.user) as other:
        other.unsubscribe("Elsewhere")
        other.delete("Elsewhere")


@contextmanager
def full_disk() -> Iterator[Callable[[], None]]:
    """From the moment that what it yields is called, the database finds no room for another page (SQLITE_FULL)."""
    full: list[bool] = []

    def fill(connection: object) -> None:
        if full:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")  # type: ignore[attr-defined]

    event.listen(Engine, "begin", fill)
    try:
        yield lambda: full.append(True)
    finally:
        event.remove(Engine, "begin", fill)


@contextmanager
def failing_disk() -> Iterator[Callable[[], None]]:
    """From then on, no file of this process can be written (SQLITE_IOERR)."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def disturbed(office: Office, at: int, happening: AbstractContextManager[Callable[[], None]], words: str) -> Said:
    with Faulty(office.server.port, at=at) as proxy:
        through(office, proxy.port)
        with happening as proxy.meanwhile:
            said = a_pass(office)
        assert proxy.struck, words
    through(office, office.server.port)
    assert_told(said, words)
    return said


def points(commands: list[bytes], offset: int) -> range:
    found = range(2 + offset, len(commands) + 1, STRIDE)
    assert len(found) >= 3
    return found


def test_new_numbers_in_the_midst_of_a_pass_change_nothing_in_the_end(
    arrived: Office, undisturbed: tuple[End, list[bytes]], figures: Figures
) -> None:
    wanted, commands = undisturbed
    for at in points(commands, 6):
        office = arrived.twin()
        words = f"renumbered at command {at}, {commands[at - 1].decode()}"
        said = disturbed(office, at, nullcontext(partial(renumber, office)), words)
        assert_ends_the_same(office, wanted, said, words)
        figures.add("points at which the line went wrong", 1)


def test_a_mail_filed_in_the_midst_of_a_pass_and_put_back_is_judged_as_ever(
    arrived: Office, undisturbed: tuple[End, list[bytes]], figures: Figures
) -> None:
    wanted, commands = undisturbed
    for at in points(commands, 9):
        office = arrived.twin()
        words = f"taken away at command {at}, {commands[at - 1].decode()}"
        said = disturbed(office, at, nullcontext(partial(take_away, office)), words)
        put_back(office)
        assert_ends_the_same(office, wanted, said, words)
        figures.add("points at which the line went wrong", 1)


@pytest.mark.parametrize(("disk", "told"), [(full_disk, "no room left on the disk"), (failing_disk, "cannot be reached now")])
def test_a_disk_that_takes_nothing_more_is_told_and_loses_nothing(
    arrived: Office, undisturbed: tuple[End, list[bytes]], figures: Figures, disk: Callable, told: str
) -> None:
    wanted, commands = undisturbed
    heard = []
    for at in points(commands, 3):
        office = arrived.twin()
        words = f"{disk.__name__} at command {at}, {commands[at - 1].decode()}"
        said = disturbed(office, at, disk(), words)
        heard.append(told in said.errors)
        assert_ends_the_same(office, wanted, said, words)
        figures.add("points at which the line went wrong", 1)
    assert sum(heard) >= 2, heard


@pytest.mark.parametrize("fault", get_args(TlsFault))
def test_an_encryption_that_fails_is_told_and_the_next_pass_ends_the_same(
    arrived: Office, undisturbed: tuple[End, list[bytes]], figures: Figures, fault: TlsFault
) -> None:
    wanted, commands = undisturbed
    server = arrived.server
    lasting = fault in ("another certificate", "no TLS at all")
    for at in (1,) if lasting else (1, 2, len(commands) // 3, 2 * len(commands) // 3):
        office = arrived.twin()
        words = f"{fault} at record {at}"
        with TlsFaulty(server.tls_port, fault, at) as proxy:
            through(office, proxy.port, security="tls", ca_file=str(server.cert), host="127.0.0.1")
            said = a_pass(office)
            assert proxy.struck, words
        assert said.status == (69 if lasting else 75), (words, said)
        assert_told(said, words)
        assert_ends_the_same(sure(office), wanted, said, words)
        figures.add("points at which the line went wrong", 1)


def sure(office: Office) -> Office:
    through(office, office.server.tls_port)
    return office


def without_as_of(one: End) -> End:
    """Without the times at which people were looked at last."""
    contacts = [{key: value for key, value in row.items() if key != "as_of"} for row in one.conclusions["contacts"]]
    return replace(one, conclusions={**one.conclusions, "contacts": contacts})


@pytest.mark.parametrize("jump", [timedelta(days=-40), timedelta(hours=-1), timedelta(days=120)])
def test_a_clock_that_jumps_and_comes_back_changes_nothing(
    arrived: Office, undisturbed: tuple[End, list[bytes]], jump: timedelta
) -> None:
    """Forty days back the restriction had not begun, 120 days on it is over."""
    wanted, _ = undisturbed
    office = arrived.twin()
    office.once()
    office.once(now=NOW + jump)
    office.once()
    other = without_as_of(end(office)).unlike(without_as_of(wanted))
    assert not other, "\n".join([str(jump), *other])
