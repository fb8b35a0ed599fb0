"""Opening the ledger: what is wrong is said in words, and nobody else may read it."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest
from sqlalchemy import event, insert
from sqlalchemy.exc import IntegrityError

from triage.errors import Misconfigured, Permanent, Temporary
from triage.ledger import Ledger, tables


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_ledger_and_its_companions_are_for_its_owner_only(ledger: Ledger, path: Path) -> None:
    ledger.set_meta("name", "value")
    files = sorted(each.name for each in path.parent.iterdir())
    assert files == ["triage.db", "triage.db-shm", "triage.db-wal"]
    assert {mode(each) for each in path.parent.iterdir()} == {0o600}


def test_a_ledger_open_to_others_is_closed_to_them(url: str, path: Path) -> None:
    Ledger.open(url).close()
    path.chmod(0o664)
    Ledger.open(url).close()
    assert mode(path) == 0o600


@pytest.mark.usefixtures("path")  # SQLite alone
def test_sqlite_is_told_to_lose_nothing(ledger: Ledger) -> None:
    with ledger._reading() as connection:
        told = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers", "secure_delete")
        }
    assert told == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1, "secure_delete": 1}


@pytest.mark.usefixtures("path")  # SQLite alone
def test_writing_takes_the_lock_at_once_and_reading_takes_none(ledger: Ledger) -> None:
    said: list[str] = []
    event.listen(ledger._engine, "before_cursor_execute", lambda _c, _k, statement, *_: said.append(statement))
    ledger.meta("name")
    assert said[0] == "BEGIN"
    said.clear()
    ledger.set_meta("name", "value")
    assert said[0] == "BEGIN IMMEDIATE"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("not a url", "cannot be read"),
        ("mysql://db.example/triage", 'begins with "mysql"'),
        ("sqlite:////no/such/folder/triage.db", "folder /no/such/folder does not exist"),
        ("sqlite:////tmp", "is a folder"),
        ("sqlite:///file:triage.db?mode=ro&uri=true", "without options"),
        ("postgresql+nodriver://db.example/triage", "driver"),
    ],
)
def test_a_url_that_cannot_work_is_told_in_words(url: str, words: str) -> None:
    with pytest.raises(Misconfigured, match=words):
        Ledger.open(url)


def test_a_password_in_the_url_is_not_repeated() -> None:
    with pytest.raises(Misconfigured) as caught:
        Ledger.open("mysql://triage:hunter2@db.example/triage")
    assert "hunter2" not in str(caught.value)


def test_a_file_that_is_no_database_is_left_as_it_is(url: str, path: Path) -> None:
    path.write_text("Dear diary, " * 500)
    with pytest.raises(Permanent, match="no whole SQLite database") as caught:
        Ledger.open(url)
    assert str(path) in str(caught.value)
    assert path.read_text().startswith("Dear diary")


def test_a_locked_ledger_is_a_passing_trouble(url: str, path: Path) -> None:
    Ledger.open(url).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Temporary, match=r"triage\.db is locked by another program"):
        Ledger.open(url, patience=0.1)
    other.close()
    Ledger.open(url).close()


def test_a_dry_run_changes_the_copy_only(ledger: Ledger, path: Path) -> None:
    ledger.set_meta("name", "before")
    files = {each.name for each in path.parent.iterdir()}
    with ledger.scratch_copy() as copy:
        assert copy.meta("name") == "before"
        copy.set_meta("name", "after")
        with copy.transaction():
            copy.set_meta("other", "also")
        assert copy.meta("name") == "after"
        assert {each.name for each in path.parent.iterdir()} == files
        ledger.set_meta("third", "unhindered")
        with copy.scratch_copy() as again:
            assert again.meta("other") == "also"
    assert (ledger.meta("name"), ledger.meta("other")) == ("before", None)


def test_a_copy_by_rows_is_the_same_as_a_copy_by_pages(ledger: Ledger) -> None:
    """The way from a database other than SQLite, walked here with SQLite."""
    from triage.ledger.engine import make_engine
    from triage.ledger.schema import migrate

    ledger.set_meta("name", "value")
    engine = make_engine("sqlite://")
    migrate(engine, "in memory")
    ledger._copy_rows(engine)
    with Ledger(engine) as copy:
        assert copy.meta("name") == "value"


def test_a_ledger_in_memory_needs_no_file() -> None:
    with Ledger.open("sqlite://") as ledger:
        ledger.set_meta("name", "value")
        assert ledger.meta("name") == "value"


@pytest.mark.usefixtures("path")  # SQLite alone
def test_a_full_disk_is_a_passing_trouble_and_leaves_nothing_half_written(ledger: Ledger) -> None:
    with ledger._reading() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # not below what is there: no page more
    with pytest.raises(Temporary, match="no room left on the disk"), ledger.transaction():
        ledger.set_meta("small", "fits")
        ledger.set_meta("large", "x" * 100_000)
    assert ledger.meta("small") is None


@pytest.mark.usefixtures("path")  # SQLite alone
def test_a_caller_that_goes_on_after_a_full_disk_keeps_nothing_either(ledger: Ledger) -> None:
    with ledger._reading() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
    with pytest.raises(Temporary, match="undone what was being written"), ledger.transaction():
        ledger.set_meta("before", "fits")
        with pytest.raises(Temporary, match="no room left"), ledger.transaction():
            ledger.set_meta("large", "x" * 100_000)
        with pytest.raises(Temporary, match="undone what was being written"):
            ledger.set_meta("after", "fits")
        with pytest.raises(Temporary, match="undone what was being written"):
            ledger.meta("before")
    assert (ledger.meta("before"), ledger.meta("after")) == (None, None)
    ledger.set_meta("later", "fits")
    assert ledger.meta("later") == "fits"


@pytest.mark.usefixtures("path")  # SQLite alone
def test_a_ledger_that_cannot_be_written_is_told_in_words(ledger: Ledger) -> None:
    with ledger._reading() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
    with pytest.raises(Permanent, match=r"triage\.db cannot be written .* must belong to this user"):
        ledger.set_meta("name", "value")


def test_an_error_never_repeats_what_people_wrote(ledger: Ledger) -> None:
    with pytest.raises(IntegrityError) as caught, ledger._writing() as connection:
        connection.execute(insert(tables.marks), [{"key": "none", "email": "ines@post.example", "kind": "name", "value": "ines"}])
    assert "ines" not in str(caught.value)
