"""One person's data: handed over whole, erased to the last byte, and not read in again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mailstate import flags, notes
from office import Office
from sample import DOREEN, INES, VANCE, address, letter

CANARY = "zebrafinchquartz"


@pytest.fixture
def told(worked: Office) -> Office:
    """Doreen has also written something nobody else would."""
    worked.receive(
        letter(
            f"My late husband called the car {CANARY}. May I have garage 14?\n\nDoreen Pike", sender=DOREEN, at="2026-05-01 10:00"
        )
    )
    worked.once()
    return worked


def bytes_on_disk(office: Office) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(office.folder.iterdir()) if file.is_file())


def test_everything_kept_about_a_person_is_written_down_for_them(told: Office, tmp_path: Path) -> None:
    folder = tmp_path / "answer"
    said = told.run("subject-access", address(DOREEN), "--folder", str(folder))
    assert said.status == 0, said.errors
    kept = json.loads((folder / "everything.json").read_text())
    ours = {mail["message_id"] for mail in kept["mails"]}
    matters = [row for row in told.export()["matters"] if CANARY in str(row) or "Garage" in row["title"]]
    assert {one for row in matters for one in row["messages"]} <= ours
    assert kept["conclusions"]["contacts"] and kept["conclusions"]["findings"] and kept["journal"]
    assert CANARY in (folder / "mails.txt").read_text()
    assert (folder / "everything.json").stat().st_mode & 0o077 == 0
    assert "kettle" not in (folder / "everything.json").read_text().lower()  # another customer


def test_an_answer_never_lands_among_other_files(told: Office, tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_text("x")
    said = told.run("subject-access", address(DOREEN), "--folder", str(tmp_path))
    assert said.status == 69 and "is not empty" in said.errors


def test_an_erased_person_is_found_nowhere_and_not_read_in_again(told: Office) -> None:
    assert CANARY.encode() in bytes_on_disk(told)
    before = told.export()
    others = [row for row in before["contacts"] if address(DOREEN) not in row["addresses"]]
    assert told.run("erase", address(DOREEN), "--reason", "asked for on 4 May", "--dry-run").status == 0
    assert told.export() == before
    said = told.run("erase", address(DOREEN), "--reason", "asked for on 4 May")
    assert said.status == 0, said.errors
    for trace in (CANARY, address(DOREEN), "Doreen Pike"):
        assert trace.encode() not in bytes_on_disk(told), trace
    told.once()
    for trace in (CANARY, address(DOREEN), "Doreen Pike"):
        assert trace.encode() not in bytes_on_disk(told), trace
        assert trace not in json.dumps(told.export())
        assert not [one for one in notes(told.server, told.user) if trace in str(one)]
    assert told.export()["contacts"] == others
    assert not any(name in {"triage-staff", "triage-repeat"} for labels in _of(told, DOREEN).values() for name in labels)
    assert told.run("journal").output.startswith("the journal is whole")
    assert " 0 changes made" in told.once().output


def _of(office: Office, who: str) -> dict[str, set[str]]:
    domain = address(who).partition("@")[2]
    return {message_id: labels for message_id, labels in flags(office.server, office.user).items() if domain in message_id}


def test_nobody_under_a_restriction_is_erased_and_staff_neither(told: Office) -> None:
    before = bytes_on_disk(told)
    said = told.run("erase", address(VANCE), "--reason", "asked for")
    assert said.status == 69 and "a restriction of this person is in force" in said.errors
    said = told.run("erase", address(INES), "--reason", "asked for")
    assert said.status == 69 and "is an address of staff" in said.errors
    said = told.run("erase", "nobody@nowhere.example", "--reason", "asked for")
    assert said.status == 69 and "nothing is kept about nobody@nowhere.example" in said.errors
    assert bytes_on_disk(told) == before


def test_what_is_kept_is_said_without_any_settings(told: Office) -> None:
    from office import run

    said = run("privacy")
    assert said.status == 0 and "never their content" in said.output and "no names" in said.output
