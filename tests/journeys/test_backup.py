"""A ledger that was lost, or damaged, and comes back from yesterday's backup: the mailbox is further than the books, and nothing is done
twice."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from mailstate import differences, notes
from office import Office
from sample import VANCE, letter

from triage.ledger import Ledger


def files(office: Office) -> list[Path]:
    return [path for path in office.folder.glob("triage.db*") if path.is_file()]


def more() -> list:  # type: ignore[type-arg]
    errol = "Errol Finch <errol@finch.example>"
    abuse = "You pathetic, stupid cow, you are a worthless idiot and a moron.\n\nErrol Finch"
    return [
        letter(
            "Correct the bill of 340 pounds for 9 Heron Wharf.\n\nVance Kettle",
            sender=VANCE,
            subject="Bill",
            at="2026-05-12 08:30",
        ),
        letter(abuse, sender=errol, subject="Rent", at="2026-05-12 09:00"),
        letter(abuse, sender=errol, subject="Rent", at="2026-05-12 09:30"),
    ]


def test_after_yesterdays_backup_was_put_back_no_note_and_no_label_comes_twice(worked: Office) -> None:
    kept = worked.folder / "backup"
    kept.mkdir()
    for path in files(worked):
        shutil.copy2(path, kept)
    worked.receive(*more())
    worked.once()
    wanted, said = worked.state(), worked.export()
    for path in files(worked):
        path.unlink()
    for path in kept.iterdir():
        shutil.copy2(path, worked.folder)
    assert worked.once().status == 0
    assert not differences(worked.state(), wanted)
    assert {one["id"] for one in worked.export()["proposals"]} == {one["id"] for one in said["proposals"]}
    assert " 0 changes made" in worked.once().output
    written = [one.note for one in notes(worked.server, worked.user)]
    assert len(written) == len(set(written)) > 4
    with worked.ledger() as ledger:
        assert ledger.verify_journal() is None


@pytest.mark.parametrize("left", [0, 100, 5000])
def test_the_end_of_a_write_that_never_reached_the_disk_is_left_out_and_done_again(
    worked: Office, tmp_path: Path, left: int
) -> None:
    """SQLite's -wal file cut off anywhere, as a machine that loses its power may leave it."""
    folder = tmp_path / "cut"
    folder.mkdir()
    with Ledger.open(f"sqlite:///{worked.folder / 'triage.db'}") as ledger:
        for number in range(20):
            ledger.set_meta("a", str(number))
        for path in files(worked):  # while it is open, or SQLite would have put it all in its place
            shutil.copy2(path, folder)
    wal = folder / "triage.db-wal"
    assert wal.stat().st_size > 5000
    with wal.open("r+b") as file:
        file.truncate(left)
    (folder / "triage.db-shm").unlink(missing_ok=True)
    with Ledger.open(f"sqlite:///{folder / 'triage.db'}") as ledger:
        assert ledger.verify_journal() is None
        assert ledger.meta("a") in (None, *map(str, range(20)))
