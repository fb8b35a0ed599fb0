"""The digest in the mailbox: written once, replaced by the next, gone when it is no longer wanted, taken away by undo."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from mailstate import Lying, mails, notes
from office import Office
from sample import NOW


def wanting(office: Office, every: str) -> Office:
    settings = office.folder / "settings.ini"
    text = settings.read_text().replace("[acting]\ndigest = weekly\n", "").replace("[acting]\ndigest = daily\n", "")
    settings.write_text(f"{text}\n[acting]\ndigest = {every}\n")
    return office


def digests(office: Office) -> list[Lying]:
    return [one for one in notes(office.server, office.user) if one.note.startswith("digest-")]


def test_it_is_written_once_and_a_second_pass_changes_nothing(arrived: Office) -> None:
    wanting(arrived, "weekly").once()
    (one,) = digests(arrived)
    assert (
        one.subject == "Digest: 3 notes wait, 1 answer late, 1 hold"
        and "Ottilie Marsh" in one.text
        and "could not be read" in one.text
    )
    assert " 0 changes made" in arrived.once().output
    assert digests(arrived) == [one]
    assert not mails(arrived.server, arrived.user, "INBOX")[0].note


def test_the_next_one_takes_its_place_and_no_earlier(arrived: Office) -> None:
    wanting(arrived, "daily").once()
    (first,) = digests(arrived)
    arrived.once(now=NOW + timedelta(minutes=5))
    assert digests(arrived) == [first]
    arrived.once(now=NOW + timedelta(days=1))
    (second,) = digests(arrived)
    assert second.message_id != first.message_id


def test_it_goes_when_it_is_not_wanted_any_more_and_with_undo(arrived: Office) -> None:
    before = arrived.state()
    wanting(arrived, "weekly").once()
    wanting(arrived, "daily").once()
    assert len(digests(arrived)) == 1
    assert arrived.run("undo").status == 0
    assert arrived.state() == before


def test_it_is_a_page_too_for_whoever_asks(worked: Office, tmp_path: Path) -> None:
    file = tmp_path / "today.html"
    said = worked.run("report", "--today", str(file), "--now", NOW.isoformat())
    assert said.status == 0 and "3 notes wait, 1 answer late, 1 hold" in said.output
    shown = file.read_text(encoding="utf-8")
    assert "Ottilie Marsh" in shown and "Mails from customers, by week" in shown and "31 Jul 2026" in shown
    assert "http" not in shown and "<script" not in shown
    assert file.stat().st_mode & 0o077 == 0  # names stand in it
