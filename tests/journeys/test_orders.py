"""Orders by answering a note: each goes through the one door, has its effect, is told in the note, and can be taken back."""

from __future__ import annotations

from typing import Any

import pytest
from mailstate import Lying, flags, mails, notes
from office import Office, run
from replying import answer
from sample import DESK, DOREEN, INES, NOW, OTTILIE, SUNITA, VANCE, address, letter

FINISH = "2026-05-12 11:30"


def note(office: Office, title: str) -> Lying:
    return next(one for one in notes(office.server, office.user) if one.subject.startswith(title))


def again(office: Office, before: Lying) -> Lying:
    """The note as it is now."""
    return next(one for one in notes(office.server, office.user) if one.note == before.note)


def matters(office: Office, of: str) -> list[dict[str, Any]]:
    exported = office.export()
    (contact,) = [row["id"] for row in exported["contacts"] if address(of) in row["addresses"]]
    return [row for row in exported["matters"] if contact in row["contacts"]]


def say(office: Office, to: Lying, words: str, sender: str = INES, at: str = "2026-05-12 11:00") -> str:
    office.receive(answer(to, words, sender=sender, at=at))
    return office.once().output


def quiet(office: Office) -> bool:
    """Whether a further pass changes nothing, and concluding all anew ends the same."""
    return (
        " 0 changes made" in office.once().output
        and "nothing would change" in office.run("replay", "--now", NOW.isoformat()).output
    )


@pytest.fixture
def decided(worked: Office) -> Office:
    """Sunita has the role to restrict."""
    settings = worked.folder / "settings.ini"
    settings.write_text(settings.read_text() + f"\n[deciders]\nrestrict = {address(SUNITA)}\n")
    return worked


def test_close_counts_a_matter_as_dealt_with_and_reopen_takes_that_back(worked: Office) -> None:
    urgent = note(worked, "Please read this mail now")
    assert "not_dealt_with" in next(row["unmet"] for row in worked.export()["contacts"] if address(OTTILIE) in row["addresses"])
    assert "1 verdicts heard" in say(worked, urgent, "CLOSE, I spoke to her and her sister on the telephone.")
    (row,) = matters(worked, OTTILIE)
    assert row["state"] == "closed" and not row["waiting_since"]
    assert "not_dealt_with" not in next(
        row["unmet"] for row in worked.export()["contacts"] if address(OTTILIE) in row["addresses"]
    )
    told = again(worked, urgent).text
    assert "CLOSE; recorded: the matter counts as dealt with" in told and "spoke to her and her sister" in told
    assert "triage-urgent" in str(flags(worked.server, worked.user))  # what protects stays
    assert quiet(worked)
    say(worked, again(worked, urgent), "reopen - she rang again", at=FINISH)
    (row,) = matters(worked, OTTILIE)
    assert row["state"] == "open" and row["waiting_since"].startswith("2026-05-12T12:00")
    assert quiet(worked)


def test_close_without_saying_what_was_done_is_refused_in_the_note(worked: Office) -> None:
    urgent = note(worked, "Please read this mail now")
    assert "0 verdicts heard" in say(worked, urgent, "Close.")
    assert "not recorded: " in again(worked, urgent).text and "say in a few words what was done" in again(worked, urgent).text
    assert [row["state"] for row in matters(worked, OTTILIE)] == ["open"]


def test_a_mail_said_to_be_another_matter_stays_so_until_it_is_taken_back(worked: Office) -> None:
    warn = note(worked, "A warning may be due")
    before = [row["messages"] for row in matters(worked, DOREEN)]
    say(worked, warn, "NOT SAME MATTER - this time she asks for somebody else")
    after = [row["messages"] for row in matters(worked, DOREEN)]
    assert len(after) == len(before) + 1
    assert warn.references.split()[-1] in [messages[0] for messages in after if len(messages) == 1]
    assert quiet(worked)
    shown = again(worked, warn)
    assert "NOT SAME MATTER; recorded" in shown.text
    say(worked, shown, "Same matter. I misread it.", at=FINISH)
    assert [row["messages"] for row in matters(worked, DOREEN)] == before
    assert quiet(worked)


def test_two_addresses_become_one_person_by_a_deciders_word_and_two_again(decided: Office) -> None:
    other = "d.p.1944@inlook.example"
    decided.receive(
        letter("May I have a plot in the allotments?", sender=f"D <{other}>", to=DESK, subject="Plot", at="2026-05-11 08:00")
    )
    decided.once()
    warn = note(decided, "A warning may be due")
    say(decided, warn, f"SAME PERSON {other}, she told me so at the counter")
    assert "has not the role" in again(decided, warn).text
    say(decided, again(decided, warn), f"SAME PERSON <mailto:{other}> she told me so at the counter", SUNITA, FINISH)
    joined = next(row for row in decided.export()["contacts"] if other in row["addresses"])
    assert address(DOREEN) in joined["addresses"]
    assert "one of us said that they are one person" in str(joined["joins"])
    assert quiet(decided)
    say(decided, again(decided, warn), f"Not the same person: {other}", at="2026-05-12 11:40")
    assert [row["addresses"] for row in decided.export()["contacts"] if other in row["addresses"]] == [[other]]
    assert quiet(decided)


def test_less_means_that_no_such_step_is_due_and_the_findings_stay(worked: Office) -> None:
    warn = note(worked, "A warning may be due")
    labels = flags(worked.server, worked.user)
    say(worked, warn, "LESS\n\nShe is eighty and polite; a friendly word will do.")
    assert worked.stage(address(DOREEN)) == "watch"
    assert flags(worked.server, worked.user).items() >= labels.items()
    fallen = again(worked, warn)
    assert fallen.subject.startswith("Settled by you") and "\\Seen" in fallen.flags and "a friendly word will do" in fallen.text
    assert quiet(worked)
    say(worked, fallen, "UNDO", at=FINISH)
    assert worked.stage(address(DOREEN)) == "warn"
    assert again(worked, warn).subject.startswith("A warning may be due")
    assert quiet(worked)


def test_until_ends_a_hold_sooner_when_somebody_with_the_role_says_so(decided: Office) -> None:
    hold = note(decided, "A no-reply hold")
    assert "0 verdicts heard" in say(decided, hold, "UNTIL 11 May 2027")  # too late, by nobody who may
    assert "not recorded" in again(decided, hold).text
    assert "1 verdicts heard" in say(
        decided, again(decided, hold), "Until 20. Mai 2026, er hat sich entschuldigt", SUNITA, FINISH
    )
    (restriction,) = decided.export()["restrictions"]
    assert restriction["until"].startswith("2026-05-20T23:59:59")
    assert "it ends on 20 May 2026; tell the customer" in again(decided, hold).text
    assert quiet(decided)
    say(decided, again(decided, hold), "UNDO", SUNITA, "2026-05-12 11:45")
    (restriction,) = decided.export()["restrictions"]
    assert restriction["until"].startswith("2026-07-31") and address(VANCE) in str(decided.export()["contacts"])


def test_an_order_whose_mail_lies_in_two_folders_is_carried_out_once(worked: Office) -> None:
    warn = note(worked, "A warning may be due")
    said = answer(warn, "LESS, she is kind", folder="Sent")
    worked.receive(said)
    worked.once()
    copy = answer(warn, "LESS, she is kind")
    worked.server.append(worked.user, "INBOX", copy.raw.replace(copy.message_id.encode(), said.message_id.encode()))
    assert "0 verdicts heard" in worked.once().output
    with worked.ledger() as ledger:
        assert [entry.subject["act"] for entry in ledger.entries(kinds=("ruling",))] == ["less"]
        assert ledger.verify_journal() is None


def test_undoing_the_program_takes_its_confirmations_away_too(worked: Office) -> None:
    say(worked, note(worked, "A warning may be due"), "LESS, she is kind")
    assert worked.run("undo").status == 0
    assert not [
        one for folder in ("Triage/Review", "Triage/Agree", "Triage/Dismiss") for one in mails(worked.server, worked.user, folder)
    ]


def test_an_answer_that_the_server_does_not_vouch_for_counts_for_nothing(worked: Office) -> None:
    warn = note(worked, "A warning may be due")
    worked.receive(answer(warn, "CLOSE, it is all done and dusted", proved=False))
    worked.once()
    assert all(row["state"] != "open" for row in matters(worked, DOREEN))
    with worked.ledger() as ledger:
        assert not list(ledger.entries(kinds=("ruling", "verdict")))


def test_who_is_erased_takes_the_words_of_every_answer_along(worked: Office) -> None:
    say(worked, note(worked, "A warning may be due"), "LESS, she is kind and grieving")
    say(worked, note(worked, "Please read this mail now"), "CLOSE, I spoke to her on the telephone", at=FINISH)
    assert run("erase", address(DOREEN), "--reason", "she asked", "--settings", str(worked.folder / "settings.ini")).status == 0
    worked.once()
    with worked.ledger() as ledger:
        kept = str(list(ledger.papers(e.subject["paper"] for e in ledger.entries(kinds=("answer", "ruling"))).values()))
        assert "grieving" not in kept and "on the telephone" in kept
        assert ledger.verify_journal() is None
    assert "Garage 14" not in str(notes(worked.server, worked.user))
