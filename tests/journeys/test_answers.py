"""Answering a note by mail: who of us did, proved by the server, what it changes, and what is no verdict."""

from __future__ import annotations

import pytest
from mailstate import Lying, flags, move, notes
from office import Office
from replying import PROVED, answer
from sample import DESK, DOREEN, INES, RALPH, SUNITA, address, letter

from triage.reply import said_in


@pytest.fixture
def note(worked: Office) -> Lying:
    return next(one for one in notes(worked.server, worked.user) if "may be due" in one.subject)


def decisions(office: Office) -> list[tuple[str, str]]:
    return [(one["choice"], one["by"]) for one in office.export()["decisions"]]


def test_a_proved_answer_is_a_verdict_that_names_who_gave_it_and_the_note_moves_to_it(worked: Office, note: Lying) -> None:
    messages = {one for row in worked.export()["matters"] for one in row["messages"]}
    worked.receive(answer(note, "REJECT, she could not know that we had answered."))
    said = worked.once()
    assert "1 verdicts heard" in said.output
    assert decisions(worked) == [("dismiss", address(INES))]
    assert not [labels for labels in flags(worked.server, worked.user).values() if "triage-staff" in labels]
    assert f"as {address(INES)} answered it" in said.output
    (told,) = notes(worked.server, worked.user, "Triage/Dismiss")
    assert told.note == note.note and "REJECT; recorded" in told.text and "she could not know that we had answered" in told.text
    assert note.note not in [one.note for one in notes(worked.server, worked.user)]
    assert {one for row in worked.export()["matters"] for one in row["messages"]} == messages  # the answer is nobody's story
    assert address(INES) not in str([row["addresses"] for row in worked.export()["contacts"]])
    assert " 0 changes made" in worked.once().output


def test_a_note_that_was_answered_can_be_moved_and_moved_again(worked: Office, note: Lying) -> None:
    worked.receive(answer(note, "REJECT"))
    worked.once()
    for source, target, choice in (("Dismiss", "Agree", "agree"), ("Agree", "Dismiss", "dismiss"), ("Dismiss", "Review", "open")):
        (lying,) = [one for one in notes(worked.server, worked.user, f"Triage/{source}") if one.note == note.note]
        move(worked.server, worked.user, lying.message_id, f"Triage/{source}", f"Triage/{target}")
        assert "1 verdicts heard" in worked.once().output
        assert decisions(worked)[-1] == (choice, "desk")
        assert " 0 changes made" in worked.once().output
    assert [one for one in notes(worked.server, worked.user) if one.note == note.note]


def test_two_who_answer_differently_settle_nothing_until_one_of_them_gives_way(worked: Office, note: Lying) -> None:
    worked.receive(answer(note, "REJECT, she was told nothing"))
    worked.once()
    worked.receive(answer(note, "APPROVE, I told her myself", sender=RALPH, at="2026-05-12 11:10"))
    worked.once()
    (open_again,) = [one for one in notes(worked.server, worked.user) if one.note == note.note] or [None]
    (settled,) = [one for one in notes(worked.server, worked.user, "Triage/Dismiss") if one.note == note.note] or [None]
    shown = open_again or settled
    assert shown and "You are not of one mind" in shown.text and "Ralph" not in shown.subject
    assert address(INES) in shown.text and address(RALPH) in shown.text
    assert worked.stage(address(DOREEN)) == "clear"  # until it is settled, what was dismissed is held against nobody
    worked.receive(answer(note, "APPROVE, I see", at="2026-05-12 11:20"))
    worked.once()
    assert worked.stage(address(DOREEN)) == "warn"
    assert [one.note for one in notes(worked.server, worked.user, "Triage/Agree")] == [note.note]
    assert " 0 changes made" in worked.once().output


def test_who_has_not_the_role_is_told_that_the_decision_is_another_s_and_whoever_has_it_goes_first(
    worked: Office, note: Lying
) -> None:
    settings = worked.folder / "settings.ini"
    settings.write_text(settings.read_text() + f"\n[deciders]\nwarn = {address(SUNITA)}\n")
    worked.receive(answer(note, "APPROVE, she was told twice."))
    worked.once()
    (waiting,) = [
        one for one in notes(worked.server, worked.user) if one.note == note.note
    ]  # where whoever has the role will see it
    told = " ".join(waiting.text.split())
    assert f"{address(INES)}: APPROVE; recorded as what you think; the decision is for a director, whose word goes first." in told
    assert " 0 changes made" in worked.once().output
    worked.receive(answer(waiting, "REJECT, a word will do.", sender=SUNITA, at="2026-05-12 11:30"))
    worked.once()
    (settled,) = [one for one in notes(worked.server, worked.user, "Triage/Dismiss") if one.note == note.note]
    assert f"{address(SUNITA)}: REJECT; recorded." in " ".join(settled.text.split())
    worked.receive(answer(settled, "APPROVE, I was wrong about the second mail.", sender=SUNITA, at="2026-05-12 11:40"))
    worked.once()
    assert [one.note for one in notes(worked.server, worked.user, "Triage/Agree")] == [note.note]
    worked.receive(answer(settled, "REJECT after all.", sender=SUNITA, at="2026-05-12 11:50"))
    worked.once()
    assert worked.stage(address(DOREEN)) == "clear"


def test_a_later_answer_takes_it_back(worked: Office, note: Lying) -> None:
    worked.receive(answer(note, "Reject."))
    worked.once()
    worked.receive(answer(note, "approve - I had not seen the third mail", at="2026-05-12 11:30"))
    worked.once()
    assert [choice for choice, _ in decisions(worked)] == ["dismiss", "agree"]
    assert [labels for labels in flags(worked.server, worked.user).values() if "triage-staff" in labels]


def test_what_lies_in_sent_is_ours_without_further_proof(worked: Office, note: Lying) -> None:
    worked.receive(answer(note, "APPROVE", proved=False, folder="Sent"))
    worked.once()
    assert decisions(worked) == [("agree", address(INES))]


@pytest.mark.parametrize("sender", [INES, DOREEN])
def test_an_answer_that_nobody_proves_or_from_outside_is_no_verdict(worked: Office, note: Lying, sender: str) -> None:
    headers = (
        PROVED
        if sender == DOREEN
        else {"Authentication-Results": "mx.larchmere.example; dmarc=fail header.from=larchmere.example"}
    )
    forged = letter(
        "REJECT", sender=sender, to=DESK, subject=f"Re: {note.subject}", at="2026-05-12 11:00", folder="INBOX",
        headers={"In-Reply-To": note.message_id, **headers},
    )  # fmt: skip
    worked.receive(forged)
    worked.once()
    assert decisions(worked) == []
    (now,) = [one for one in notes(worked.server, worked.user) if one.note == note.note]
    assert ("does not count: your mail server did not vouch for the sender" in now.text) == (
        sender == INES
    )  # it may be a telephone


def test_an_answer_that_says_neither_is_told_the_words_in_the_note_and_changes_nothing_else(worked: Office, note: Lying) -> None:
    worked.receive(answer(note, "Hm, I will ask Ralph about this one first."))
    worked.once()
    assert decisions(worked) == []
    (now,) = [one for one in notes(worked.server, worked.user) if one.note == note.note]
    assert "the first line gave no order that is known" in now.text and "APPROVE, REJECT, LESS" in now.text
    assert "ask Ralph" not in now.text
    assert " 0 changes made" in worked.once().output


def test_a_letter_to_the_customer_in_the_note_s_thread_is_an_answer_to_the_customer_and_no_verdict(
    worked: Office, note: Lying
) -> None:
    told = letter(
        "No, garage 14 is let until 2029, as we wrote.\n\nInes Wold", sender=INES, to=DOREEN, subject="Re: Garage 14 at Tern Court",
        at="2026-05-12 11:00", headers={"In-Reply-To": note.message_id, "References": note.message_id},
    )  # fmt: skip
    worked.receive(told)
    worked.once()
    assert decisions(worked) == []
    assert told.message_id in {one for row in worked.export()["matters"] for one in row["messages"]}


@pytest.mark.parametrize(
    "words", ["No idea who this is.", "Yes and no", "Approve? I am not sure", "approval is not mine to give"]
)
def test_words_that_only_begin_like_a_verdict_are_none(words: str) -> None:
    assert said_in(words) is None
