"""What was read wrongly, put right by a command: the same as by answering a note, with the same roles, and taken back."""

from __future__ import annotations

import re

from office import Office, Said
from office import run as program
from sample import DOREEN, INES, NOW, PERRY, SUNITA, VANCE, address, chaser, garage

from triage.record import rulings

DECIDERS = f"\n[deciders]\nrestrict = {address(SUNITA)}\n"
LAST = garage()[-1].message_id
BY, WHY = ("--by", address(INES)), ("--reason", "told her by telephone on 11 May")


def run(office: Office, what: str, *rest: str) -> Said:
    return program("correct", what, *rest, "--settings", str(office.folder / "settings.ini"), "--now", NOW.isoformat())


def matter(office: Office, message_id: str) -> dict[str, object]:
    return next(row for row in office.export()["matters"] if message_id in row["messages"])


def taken_back(office: Office, said: Said) -> Said:
    found = re.search(r"take-back (\S+) ([0-9a-f]{12})", said.output)
    assert found, said
    return run(office, "take-back", found[1], found[2], "--by", address(INES), "--reason", "that was a mistake")


def test_a_mail_is_said_to_be_about_something_else_and_put_back(worked: Office) -> None:
    before = matter(worked, LAST)["id"]
    said = run(worked, "not-same-matter", LAST.strip("<>"), *BY, "--reason", "she asks for the bicycle shed")
    assert said.status == 0, said.errors
    assert matter(worked, LAST)["id"] != before
    assert run(worked, "same-matter", LAST, *BY, "--reason", "no, it is the garage").status == 0
    assert matter(worked, LAST)["id"] == before


def test_a_matter_is_closed_on_somebody_s_word_told_in_the_note_and_reopened(worked: Office) -> None:
    asked = chaser()[0].message_id
    assert matter(worked, asked)["overdue"] is True
    assert "dealt with" in run(worked, "close", asked, *BY, *WHY).output
    assert matter(worked, asked)["state"] == "closed" and matter(worked, asked)["overdue"] is False
    worked.once()
    assert not [flag for flag in worked.export()["contacts"] if address(PERRY) in flag["addresses"] and flag["stage"] != "clear"]
    assert run(worked, "reopen", asked, *BY, "--reason", "the tap still drips").status == 0
    assert matter(worked, asked)["state"] == "open"


def test_closing_without_saying_what_was_done_is_refused_as_by_mail(worked: Office) -> None:
    said = run(worked, "close", LAST, *BY, "--reason", "done")
    assert said.status != 0 and "say in a few words what was done" in said.errors


def test_only_a_decider_joins_two_people_and_any_of_us_parts_them(worked: Office) -> None:
    worked = Office(worked.server, worked.folder, worked.user, extra=DECIDERS).open()
    barred = run(worked, "same-person", address(VANCE), address(PERRY), "--by", address(SUNITA), *WHY)
    assert barred.status != 0 and "under the restriction, and a safeguard is open" in barred.errors
    two = (address(DOREEN), address(PERRY))
    refused = run(worked, "same-person", *two, *BY, *WHY)
    assert refused.status != 0 and "has not the role" in refused.errors
    said = run(worked, "same-person", *two, "--by", address(SUNITA), *WHY)
    assert said.status == 0, said.errors
    assert any(set(two) <= set(row["addresses"]) for row in worked.export()["contacts"])
    assert taken_back(worked, said).status == 0
    assert not any(set(two) <= set(row["addresses"]) for row in worked.export()["contacts"])
    assert run(worked, "not-same-person", *two, *BY, *WHY).status == 0


def test_on_trial_nothing_is_recorded_and_what_is_unknown_is_told(worked: Office) -> None:
    before = matter(worked, LAST)
    assert "would be recorded" in run(worked, "close", LAST, *BY, *WHY, "--dry-run").output
    assert matter(worked, LAST) == before
    for unknown in (("close", "<nobody@post.example>"), ("take-back", address(DOREEN), "0123456789ab")):
        said = run(worked, *unknown, *BY, *WHY)
        assert said.status == 69 and said.errors, unknown


def test_a_decision_is_no_correction_and_is_not_taken_back_so(worked: Office) -> None:
    said = worked.run("no-action", address(DOREEN), *BY, "--reason", "she is grieving", "--now", NOW.isoformat())
    assert said.status == 0, said.errors
    with worked.ledger() as ledger:
        (made,) = rulings(ledger)
    again = run(worked, "take-back", address(DOREEN), made.id[:12], *BY, "--reason", "wrong")
    assert again.status != 0 and "is not taken back" in again.errors
