"""Answering a note by mail: who of us did, proved by the server, what it changes, and what is no verdict."""

from __future__ import annotations

import pytest
from mailstate import Lying, flags, notes
from office import Office
from sample import DESK, DOREEN, INES, Mail, address, letter

from triage.hearing import choice_in

PROVED = {"Authentication-Results": "mx.larchmere.example; dmarc=pass header.from=larchmere.example"}


@pytest.fixture
def note(worked: Office) -> Lying:
    return next(one for one in notes(worked.server, worked.user) if "may be due" in one.subject)


def answer(
    note: Lying, words: str, *, proved: bool = True, sender: str = INES, folder: str = "INBOX", at: str = "2026-05-12 11:00"
) -> Mail:
    headers = {"In-Reply-To": note.message_id, "References": note.message_id, **(PROVED if proved else {})}
    return letter(
        f"{words}\n\nInes Wold\n\n> A warning may be due", sender=sender, to=DESK, subject=f"Re: {note.subject}", at=at, headers=headers,
        folder=folder,  # type: ignore[arg-type]
    )  # fmt: skip


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
    assert [one.message_id for one in notes(worked.server, worked.user, "Triage/Dismiss")] == [note.message_id]
    assert note.message_id not in [one.message_id for one in notes(worked.server, worked.user)]
    assert {one for row in worked.export()["matters"] for one in row["messages"]} == messages  # the answer is nobody's story
    assert address(INES) not in str([row["addresses"] for row in worked.export()["contacts"]])
    assert " 0 changes made" in worked.once().output


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
    assert [one for one in notes(worked.server, worked.user) if one.note == note.note]


def test_an_answer_that_says_neither_is_told_to_the_operator_and_changes_nothing(worked: Office, note: Lying) -> None:
    worked.receive(answer(note, "Hm, I will ask Ralph about this one first."))
    said = worked.once()
    assert decisions(worked) == []
    assert "its first line must begin with APPROVE or REJECT" in said.output
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
    assert choice_in(words) is None
