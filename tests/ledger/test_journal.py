"""The journal shows when somebody has been at it."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from triage.ledger import Ledger

COLUMNS = "number, kind, at, actor, subject, hash"


@pytest.fixture
def written(ledger: Ledger, monday: datetime) -> Ledger:
    for n in range(1, 6):
        kind = "verdict" if n % 2 else "label-added"
        ledger.journal(kind, at=monday + timedelta(minutes=n), actor="Zoë", subject={"key": f"k{n}", "of": [n, None, 0.5]})
    return ledger


def behind_the_back(path: Path, *deeds: str) -> None:
    """What somebody does to the file with other tools, the triggers taken away first."""
    with sqlite3.connect(path) as other:
        for trigger in ("journal_no_update", "journal_no_delete"):
            other.execute(f"DROP TRIGGER {trigger}")
        for deed in deeds:
            other.execute(deed)
    other.close()


def test_entries_are_numbered_from_one_and_come_back_in_order(written: Ledger, monday: datetime) -> None:
    entries = list(written.entries())
    assert [entry.number for entry in entries] == [1, 2, 3, 4, 5]
    assert (entries[1].kind, entries[1].actor, entries[1].at) == ("label-added", "Zoë", monday + timedelta(minutes=2))
    assert entries[1].subject == {"key": "k2", "of": [2, None, 0.5]}
    assert [entry.number for entry in written.entries(kinds=["verdict"], since=1)] == [3, 5]
    assert written.head() == (5, entries[-1].hash)


def test_anybody_can_work_out_the_hash(written: Ledger) -> None:
    first = next(iter(written.entries()))
    subject = '{"key":"k1","of":[1,null,0.5]}'
    entry = ["0" * 64, 1, "verdict", "2026-06-01T09:01:00.000000+00:00", "Zoë", subject]
    assert first.hash == hashlib.sha256(json.dumps(entry, separators=(",", ":")).encode()).hexdigest()


def test_an_untouched_journal_is_whole(written: Ledger, ledger: Ledger) -> None:
    assert written.verify_journal() is None
    assert written.verify_journal(written.head()) is None


def test_an_empty_journal_is_whole(ledger: Ledger) -> None:
    assert ledger.verify_journal() is None
    assert ledger.head()[0] == 0


@pytest.mark.parametrize(
    ("deeds", "first_bad"),
    [
        (["UPDATE journal SET actor = 'Eve' WHERE number = 3"], 3),
        (["UPDATE journal SET subject = replace(subject, 'k4', 'k9') WHERE number = 4"], 4),
        (["UPDATE journal SET subject = 'not json' WHERE number = 2"], 2),
        (["UPDATE journal SET kind = 'undone' WHERE number = 1"], 1),
        (["UPDATE journal SET at = '2026-06-01 09:02:00.000001' WHERE number = 2"], 2),
        (["UPDATE journal SET hash = '' WHERE number = 5"], 5),
        (["DELETE FROM journal WHERE number = 2"], 2),
        (["DELETE FROM journal WHERE number = 5"], 5),
        (["DELETE FROM journal"], 1),
        (["DELETE FROM journal WHERE number = 3", "UPDATE journal SET number = number - 1 WHERE number > 3"], 3),
        (
            [
                "UPDATE journal SET number = 99 WHERE number = 2",
                "UPDATE journal SET number = 2 WHERE number = 4",
                "UPDATE journal SET number = 4 WHERE number = 99",
            ],
            2,
        ),
        (["INSERT INTO journal SELECT 6, kind, at, actor, subject, hash FROM journal WHERE number = 5"], 6),
    ],
)
def test_the_first_entry_tampered_with_is_named(written: Ledger, path: Path, deeds: list[str], first_bad: int) -> None:
    behind_the_back(path, *deeds)
    assert written.verify_journal() == first_bad


def forged(path: Path, number: int) -> None:
    """An entry with a hash that fits what is before it, in the place of `number`."""
    with sqlite3.connect(path) as other:
        other.execute("DROP TRIGGER IF EXISTS journal_no_delete")
        other.execute("DELETE FROM journal WHERE number = ?", (number,))
        (previous,) = other.execute("SELECT hash FROM journal WHERE number = ?", (number - 1,)).fetchone()
        entry = [previous, number, "verdict", "2026-06-01T10:00:00.000000+00:00", "Eve", "{}"]
        hashed = hashlib.sha256(json.dumps(entry, separators=(",", ":")).encode()).hexdigest()
        values = (number, "verdict", "2026-06-01 10:00:00.000000", "Eve", "{}", hashed)
        other.execute(f"INSERT INTO journal ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", values)
    other.close()


@pytest.mark.parametrize("number", [5, 6])
def test_a_well_forged_last_entry_does_not_fit_the_head(written: Ledger, path: Path, number: int) -> None:
    forged(path, number)
    assert written.verify_journal() == number


def test_a_well_forged_entry_does_not_fit_the_next_one(written: Ledger, path: Path) -> None:
    forged(path, 3)
    assert written.verify_journal() == 4


def test_an_end_cut_off_with_its_head_shows_against_an_anchor(written: Ledger, path: Path) -> None:
    anchor = written.head()
    behind_the_back(
        path,
        "DELETE FROM journal WHERE number = 5",
        "UPDATE journal_head SET number = 4, hash = (SELECT hash FROM journal WHERE number = 4)",
    )
    assert written.verify_journal() is None
    assert written.verify_journal(anchor) == 5


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE journal SET actor = 'Eve' WHERE number = 3",
        "DELETE FROM journal WHERE number = 3",
        "DELETE FROM journal",
    ],
)
def test_the_database_itself_refuses_to_change_the_journal(written: Ledger, path: Path, deed: str) -> None:
    other = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
        other.execute(deed)
    other.close()
    assert written.verify_journal() is None


def test_an_entry_in_a_transaction_that_fails_was_never_there(written: Ledger, monday: datetime) -> None:
    with pytest.raises(RuntimeError), written.transaction():
        assert written.journal("undone", at=monday, actor="", subject={}) == 6
        raise RuntimeError
    assert written.journal("undone", at=monday, actor="", subject={}) == 6
    assert written.verify_journal() is None


def test_writing_goes_on_while_the_journal_is_read(written: Ledger, monday: datetime) -> None:
    with written.transaction():
        for _ in range(600):
            written.journal("verdict", at=monday, actor="", subject={})
    seen = []
    for entry in written.entries():
        seen.append(entry.number)
        if entry.number == 200:
            written.journal("undone", at=monday, actor="", subject={})
    assert seen == list(range(1, 607))
    assert written.verify_journal() is None


def test_what_cannot_be_written_truly_is_refused(ledger: Ledger, monday: datetime) -> None:
    with pytest.raises(ValueError, match="time zone"):
        ledger.journal("verdict", at=monday.replace(tzinfo=None), actor="", subject={})
    with pytest.raises(ValueError, match="kind"):
        ledger.journal("Not a kind", at=monday, actor="", subject={})
    with pytest.raises(TypeError):
        ledger.journal("verdict", at=monday, actor="", subject={"when": monday})
    assert ledger.journal("verdict", at=monday, actor="half \udc80 \0", subject={"half": "\udc80\0"}) == 1
    assert ledger.verify_journal() is None
    assert next(iter(ledger.entries())).subject == {"half": "\udc80\0"}
