"""One person's data: handed over whole, erased to the last byte, and not read in again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mailstate import flags, move, notes
from office import Office
from sample import DOREEN, INES, RALPH, SUNITA, VANCE, address, garage, letter

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


@pytest.fixture
def talked_about(arrived: Office) -> Office:
    """Colleagues have written about Doreen without her, one mail of hers cannot be read, and her notes lie where verdicts lie."""
    settings = arrived.folder / "settings.ini"
    settings.write_text(settings.read_text() + "\n[acting]\ndigest = daily\n")
    first = garage()[0]
    arrived.receive(
        letter(
            "I cannot take this woman any more.",
            sender=INES,
            to=RALPH,
            subject="FW: a garage",
            at="2026-05-02 08:00",
            answers=first,
        ),
        letter(f"Who is doreen\nPIKE?\n\n{CANARY}", sender=RALPH, to=SUNITA, subject="The garages", at="2026-05-02 09:00"),
        letter(
            f"Please see to it.\n\nOn Monday {address(DOREEN)} wrote:\n> {CANARY}", sender=RALPH, to=INES, at="2026-05-02 09:30"
        ),
        letter(
            "Doreen is my sister's name too. Who is on duty tomorrow?",
            sender=RALPH,
            to=INES,
            subject="Rota",
            at="2026-05-02 10:00",
        ),
    )
    broken = letter("x", sender="Doreen Pike", subject=f"{CANARY}", at="2026-05-02 11:00", message_id="<broken@odd.example>")
    arrived.receive(broken)
    arrived.once()
    for one in notes(arrived.server, arrived.user):
        if one.subject.startswith("A warning"):
            move(arrived.server, arrived.user, one.message_id, "Triage/Review", "Triage/Agree")
        if one.note.startswith("digest"):
            move(arrived.server, arrived.user, one.message_id, "Triage/Review", "Triage/Dismiss")
    arrived.once()
    return arrived


def _everywhere(office: Office) -> str:
    folders = ("Triage/Review", "Triage/Agree", "Triage/Dismiss")
    return "".join(str(one) for folder in folders for one in notes(office.server, office.user, folder))


def test_what_colleagues_wrote_about_an_erased_person_and_the_notes_about_them_go_too(
    talked_about: Office, tmp_path: Path
) -> None:
    told = talked_about
    assert "Doreen" in _everywhere(told)
    assert told.run("subject-access", address(DOREEN), "--folder", str(tmp_path / "answer")).status == 0
    kept = json.loads((tmp_path / "answer" / "everything.json").read_text())
    assert len(kept["mails among colleagues"]) == 3 and len(kept["mails that could not be read"]) == 1
    said = told.run("erase", address(DOREEN), "--reason", "asked for on 4 May")
    assert said.status == 0, said.errors
    for _ in range(2):
        for trace in (CANARY, address(DOREEN), "Doreen Pike", "doreen\\nPIKE", "this woman"):
            assert trace.encode() not in bytes_on_disk(told), trace
        told.once()
    assert "Doreen" not in _everywhere(told) and CANARY not in _everywhere(told)
    assert [one.note for one in notes(told.server, told.user) if one.note.startswith("digest")], "today's digest is written anew"
    with told.ledger() as ledger:
        assert [mail.subject for mail in ledger.messages(ledger.all_keys()) if mail.subject in ("Rota", "The garages")] == [
            "Rota"
        ]
    assert told.run("journal").output.startswith("the journal is whole")
    assert " 0 changes made" in told.once().output


def test_a_reason_that_names_the_person_is_refused_because_it_would_stay(told: Office) -> None:
    for reason in (f"asked for by {address(DOREEN)}", "DOREEN  PIKE asked"):
        said = told.run("erase", address(DOREEN), "--reason", reason)
        assert said.status == 69 and "the reason names the person" in said.errors and CANARY.encode() in bytes_on_disk(told)


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
    assert (
        said.status == 69
        and "nothing is known of nobody@nowhere.example: no mail from or to this address was read" in said.errors
    )
    assert bytes_on_disk(told) == before


def test_what_is_kept_is_said_without_any_settings(told: Office) -> None:
    from office import run

    said = run("privacy")
    assert said.status == 0 and "never their content" in said.output and "no names" in said.output
