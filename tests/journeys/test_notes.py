"""Notes and verdicts: one note a proposal, threaded, kept up to date; and what staff do with it is heard, or means nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from mailstate import flags, mails, move, notes, store, uid_of
from office import Office
from replying import answer
from sample import DESK, DOREEN, INES, NOW, OTTILIE, Mail, address, letter, story
from servers import WITHOUT_UIDPLUS, must

REVIEW, AGREE, DISMISS = "Triage/Review", "Triage/Agree", "Triage/Dismiss"
asked = [mail for mail in story() if address(DOREEN).encode() in mail.raw.partition(b"\r\nTo:")[0]]
"""Doreen's mails, oldest first."""
welfare = next(mail for mail in story() if b"want to end my life" in mail.raw)


def note(one: Office, title: str, folder: str = REVIEW):  # type: ignore[no-untyped-def]
    (found,) = [each for each in notes(one.server, one.user, folder) if each.subject.startswith(title)]
    return found


def once_more(day: int = 12) -> Mail:
    return letter(
        "Hello,\n\nI ask again: I would like to rent garage 14 behind Tern Court for my late husband's car.\n\nDoreen Pike",
        sender=DOREEN, subject="Garage 14 at Tern Court", at=f"2026-05-{day} 08:00",
    )  # fmt: skip


def test_there_is_one_note_for_each_proposal_in_the_thread_of_its_mail(worked: Office) -> None:
    found = notes(worked.server, worked.user)
    proposals = {row["id"]: row for row in worked.export()["proposals"]}
    assert len(found) == len({one.note for one in found}) == 4
    for one in found:
        if one.note in proposals:
            assert one.references.split()[-1] == proposals[one.note]["about"]
    assert note(worked, "A mail that could not be read").references == "<nobody@odd.example>"


def test_a_note_tells_our_part_the_words_the_clause_and_how_to_answer(worked: Office) -> None:
    text = note(worked, "A warning may be due").text
    for words in ("OUR PART FIRST", "this answer is final", "004/UD5", f"Move this note to {AGREE}", DISMISS):
        assert words in text, words


def test_new_evidence_changes_the_note_and_does_not_add_another(worked: Office) -> None:
    before = note(worked, "A warning may be due")
    worked.receive(once_more())
    worked.once()
    after = note(worked, "A warning may be due")
    assert after.note == before.note and after.message_id != before.message_id
    assert "12 May 2026" in after.text and "12 May 2026" not in before.text
    assert len(notes(worked.server, worked.user)) == 4
    assert "0 changes made" in worked.once().output


def test_a_note_moved_to_dismiss_dismisses_its_findings_and_takes_their_labels_off(worked: Office) -> None:
    move(worked.server, worked.user, note(worked, "A warning may be due").message_id, REVIEW, DISMISS)
    said = worked.once()
    assert "1 verdicts heard" in said.output
    exported = worked.export()
    assert [row["choice"] for row in exported["decisions"]] == ["dismiss"]
    assert {row["message"] for row in exported["dismissed"]} == {mail.message_id for mail in asked[1:]}
    assert all("dismissed in desk on 2026-05-12" in row["dismissed"] for row in exported["dismissed"])
    assert not flags(worked.server, worked.user)[asked[2].message_id]
    assert worked.stage(address(DOREEN)) == "clear"
    again = worked.once()
    assert "0 changes made" in again.output and "0 verdicts" in again.output
    assert not [one for one in notes(worked.server, worked.user) if one.subject.startswith("A warning")]
    assert note(worked, "A warning may be due", DISMISS)


def test_a_note_moved_to_agree_is_a_verdict_in_the_journal_and_is_not_written_again(worked: Office) -> None:
    moved = note(worked, "A warning may be due")
    move(worked.server, worked.user, moved.message_id, REVIEW, AGREE)
    worked.once()
    with worked.ledger() as ledger:
        (entry,) = ledger.entries(kinds=("verdict",))
        assert (entry.subject["choice"], entry.subject["proposal"], entry.actor) == ("agree", moved.note, "desk")
        assert len(entry.subject["keys"]) == 3
    worked.receive(once_more())
    worked.once()
    assert not [one for one in notes(worked.server, worked.user) if one.subject.startswith("A warning")]
    assert flags(worked.server, worked.user)[asked[2].message_id]


def test_a_change_of_mind_counts(worked: Office) -> None:
    moved = note(worked, "A warning may be due")
    move(worked.server, worked.user, moved.message_id, REVIEW, DISMISS)
    worked.once()
    told = note(worked, "A warning may be due", DISMISS)
    assert (
        told.note == moved.note and "Dismissed on 12 May 2026, by moving or labelling this note in the mailbox desk." in told.text
    )
    move(worked.server, worked.user, told.message_id, DISMISS, AGREE)
    assert "1 verdicts heard" in worked.once().output
    assert [row["choice"] for row in worked.export()["decisions"]] == ["dismiss", "agree"]
    assert worked.export()["dismissed"] == []
    assert "triage-repeat" in flags(worked.server, worked.user)[asked[2].message_id]
    assert "0 changes made" in worked.once().output


def test_a_note_moved_back_to_review_takes_its_verdict_back(worked: Office) -> None:
    moved = note(worked, "A warning may be due")
    move(worked.server, worked.user, moved.message_id, REVIEW, DISMISS)
    worked.once()
    move(worked.server, worked.user, note(worked, "A warning may be due", DISMISS).message_id, DISMISS, REVIEW)
    assert "1 verdicts heard" in worked.once().output
    assert [row["choice"] for row in worked.export()["decisions"]] == ["dismiss", "open"]
    assert worked.export()["dismissed"] == []
    assert note(worked, "A warning may be due").message_id == moved.message_id
    assert not notes(worked.server, worked.user, DISMISS)
    assert "0 changes made" in worked.once().output


def test_a_confirmed_note_that_staff_delete_stays_away_and_changes_no_verdict(worked: Office) -> None:
    move(worked.server, worked.user, note(worked, "A warning may be due").message_id, REVIEW, DISMISS)
    worked.once()
    with worked.server.client(worked.user, DISMISS) as client:
        must(client.uid("STORE", "1:*", "+FLAGS", "(\\Deleted)"))
        must(client.expunge())
    said = worked.once()
    assert "0 verdicts heard" in said.output and "0 changes made" in said.output
    assert worked.stage(address(DOREEN)) == "clear"


def test_a_deleted_note_is_no_verdict_and_is_not_written_again(worked: Office) -> None:
    one = note(worked, "A warning may be due")
    with worked.server.client(worked.user, REVIEW) as client:
        must(client.uid("STORE", uid_of(client, one.message_id), "+FLAGS", "(\\Deleted)"))
        must(client.expunge())
    said = worked.once()
    assert "0 verdicts heard" in said.output and "0 changes made" in said.output
    assert len(notes(worked.server, worked.user)) == 3
    assert worked.export()["decisions"] == []


def test_a_dismissed_welfare_note_leaves_the_protection_in_place(worked: Office) -> None:
    move(worked.server, worked.user, note(worked, "Please read this mail now").message_id, REVIEW, DISMISS)
    worked.once()
    assert "welfare" in next(row["unmet"] for row in worked.export()["contacts"] if address(OTTILIE) in row["addresses"])
    assert flags(worked.server, worked.user)[welfare.message_id] == {"triage-urgent"}
    assert not [one for one in notes(worked.server, worked.user) if one.subject.startswith("Please read")]


def test_a_verdict_label_on_a_mail_is_heard_once(worked: Office) -> None:
    store(worked.server, worked.user, asked[3].message_id, "+FLAGS", "triage-dismiss")
    assert "1 verdicts heard" in worked.once().output
    assert "0 verdicts heard" in worked.once().output
    assert {row["message"] for row in worked.export()["dismissed"]} == {asked[3].message_id}
    assert flags(worked.server, worked.user)[asked[3].message_id] == {"triage-dismiss"}


def test_a_mail_that_bears_both_verdict_labels_says_nothing(worked: Office) -> None:
    store(worked.server, worked.user, asked[3].message_id, "+FLAGS", "triage-dismiss triage-agree")
    for _ in range(2):
        assert "0 verdicts heard" in worked.once().output
    assert worked.export()["decisions"] == []


def test_a_mail_moved_to_dismiss_is_a_verdict_on_that_mail(worked: Office) -> None:
    move(worked.server, worked.user, asked[3].message_id, "INBOX", DISMISS)
    said = worked.once()
    assert "1 verdicts heard" in said.output and "0 new mails" in said.output
    assert {row["message"] for row in worked.export()["dismissed"]} == {asked[3].message_id}
    assert "0 verdicts heard" in worked.once().output


def test_a_verdict_on_a_mail_is_told_in_the_note_that_rests_on_it_and_an_answer_takes_it_back(worked: Office) -> None:
    last, before = asked[3], note(worked, "A warning may be due")
    store(worked.server, worked.user, last.message_id, "+FLAGS", "triage-dismiss")
    assert "1 verdicts heard" in worked.once().output
    told = note(worked, "A warning may be due")
    assert "12 May 2026, in the mailbox desk: the mail of 22 Apr 2026 was dismissed." in told.text
    assert told.note == before.note and "22 Apr 2026: the same matter" not in told.text
    worked.receive(answer(told, "UNDO, I had the wrong mail"))
    assert "1 verdicts heard" in worked.once().output
    assert worked.export()["dismissed"] == []
    (row,) = [one for one in worked.export()["decisions"] if one["choice"] == "open"]
    assert row["by"] == address(INES)
    again = note(worked, "A warning may be due")
    assert "22 Apr 2026: the same matter" in again.text and "was dismissed" not in again.text
    assert not flags(worked.server, worked.user)[last.message_id] & {
        "triage-dismiss"
    }  # it would go on saying what is no longer so
    assert "0 verdicts heard" in worked.once().output
    store(worked.server, worked.user, last.message_id, "+FLAGS", "triage-dismiss")
    assert "1 verdicts heard" in worked.once().output  # put on anew it is a further act
    worked.receive(answer(note(worked, "A warning may be due"), "UNDO", at="2026-05-12 11:50"))
    assert "1 verdicts heard" in worked.once().output and not worked.export()["dismissed"]
    move(worked.server, worked.user, last.message_id, "INBOX", "Triage/Dismiss")
    assert "1 verdicts heard" in worked.once().output  # a further act is one
    assert worked.export()["dismissed"]


def test_a_note_that_falls_because_every_mail_was_dismissed_by_itself_says_so(worked: Office) -> None:
    told = note(worked, "A warning may be due")
    for one in asked:
        store(worked.server, worked.user, one.message_id, "+FLAGS", "triage-dismiss")
    worked.once()
    assert worked.stage(address(DOREEN)) == "clear"
    (settled,) = [one for one in notes(worked.server, worked.user) if one.note == told.note]
    assert settled.subject.startswith("Settled by you") and "\\Seen" in settled.flags
    assert settled.text.count("was dismissed") >= 3 and "UNDO" in settled.text
    assert " 0 changes made" in worked.once().output
    worked.receive(answer(settled, "UNDO"))
    worked.once()
    assert worked.stage(address(DOREEN)) == "warn"
    assert note(worked, "A warning may be due").note == told.note


def test_a_mail_that_was_read_starred_or_archived_says_nothing(worked: Office) -> None:
    with worked.server.client(worked.user) as client:
        client.create("Archive")
    store(worked.server, worked.user, asked[2].message_id, "+FLAGS", "\\Seen \\Flagged")
    move(worked.server, worked.user, asked[3].message_id, "INBOX", "Archive")
    before = worked.export()
    assert "0 verdicts heard" in worked.once().output
    assert worked.export() == before


def test_the_unreadable_mail_is_shown_once_and_no_more_after_a_verdict(worked: Office) -> None:
    shown = note(worked, "A mail that could not be read")
    assert "It does not say who sent it." in shown.text
    move(worked.server, worked.user, shown.message_id, REVIEW, AGREE)
    worked.once()
    worked.once(now=NOW)
    assert not [one for one in notes(worked.server, worked.user) if one.subject.startswith("A mail that could not")]


def test_a_stranger_who_writes_the_mark_of_a_note_is_read_like_anybody(worked: Office) -> None:
    proposal = note(worked, "A warning may be due").note
    sly = letter(
        "You stupid, pathetic cow. You are a worthless idiot and I hope you lose your job.\n\nErrol Finch",
        sender="Errol Finch <errol@finch.example>", to=DESK, at="2026-05-12 09:00", headers={"X-Triage-Note": proposal},
    )  # fmt: skip
    worked.receive(sly)
    assert worked.once().output.startswith("1 new mails read")
    assert flags(worked.server, worked.user)[sly.message_id] == {"triage-conduct"}
    move(worked.server, worked.user, sly.message_id, "INBOX", DISMISS)
    worked.once()
    decisions = worked.export()["decisions"]
    assert [(row["choice"], row["proposal"]) for row in decisions] == [("dismiss", "")]
    assert worked.run("undo").status == 0
    assert sly.message_id in [one.message_id for one in mails(worked.server, worked.user, DISMISS)]


@pytest.mark.parametrize("forged", ["note", "digest"])
def test_a_stranger_who_copies_mark_and_id_of_a_note_of_ours_hides_nothing(arrived: Office, forged: str) -> None:
    settings = arrived.folder / "settings.ini"
    settings.write_text(settings.read_text() + "\n[acting]\ndigest = daily\n")
    arrived.once()
    copied = next(
        one for one in notes(arrived.server, arrived.user) if one.note.startswith("digest" if forged == "digest" else "p-")
    )
    sly = letter(
        "You stupid, pathetic cow. You are a worthless idiot and I hope you lose your job.\n\nErrol Finch",
        sender="Errol Finch <errol@finch.example>", to=DESK, at="2026-05-12 09:00",
        message_id=copied.message_id, headers={"X-Triage-Note": copied.note},
    )  # fmt: skip
    arrived.receive(sly)
    assert arrived.once().output.startswith("1 new mails read")
    assert flags(arrived.server, arrived.user)[copied.message_id] == {"triage-conduct"}
    move(arrived.server, arrived.user, copied.message_id, "INBOX", DISMISS)
    arrived.once()
    assert [(row["choice"], row["proposal"]) for row in arrived.export()["decisions"]] == [("dismiss", "")]
    assert arrived.run("undo").status == 0
    assert [one.message_id for one in mails(arrived.server, arrived.user, DISMISS)] == [copied.message_id]


def test_a_note_of_ours_in_the_inbox_is_no_mail(worked: Office) -> None:
    one = note(worked, "A warning may be due")
    move(worked.server, worked.user, one.message_id, REVIEW, "INBOX")
    said = worked.once()
    assert said.output.startswith("0 new mails read") and "0 changes made" in said.output


def test_with_notes_switched_off_none_is_written(arrived: Office) -> None:
    settings = arrived.folder / "settings.ini"
    settings.write_text(settings.read_text() + "\n[acting]\nnotes = no\n")
    arrived.once()
    assert not notes(arrived.server, arrived.user)
    assert flags(arrived.server, arrived.user)[welfare.message_id] == {"triage-urgent"}


def test_a_danger_told_after_the_first_note_was_settled_gets_a_note_again(worked: Office) -> None:
    first = note(worked, "Please read this mail now")
    move(worked.server, worked.user, first.message_id, REVIEW, AGREE)
    worked.once()
    assert not [one for one in notes(worked.server, worked.user) if one.note == first.note]
    worked.receive(
        letter(
            "I have the tablets here and tonight I will end my life.\n\nOttilie Marsh",
            sender="Ottilie Marsh <ottilie@marsh.example>", subject="Re: Leaving", at="2026-05-12 07:00",
        )
    )  # fmt: skip
    worked.once()
    again = [one for one in notes(worked.server, worked.user) if one.subject.startswith("Please read this mail now")]
    assert again and "tonight I will end my life" in again[0].text


def test_a_server_that_can_neither_move_nor_expunge_one_mail_still_gets_labels_and_current_notes(arrived: Office) -> None:
    poor = replace(arrived, host=WITHOUT_UIDPLUS).open()
    assert "the server can move no mail safely, so mail under a restriction stays in the inbox" in poor.once().output
    before = note(poor, "A warning may be due")
    poor.receive(once_more())
    poor.once()
    review = {one.message_id: one for one in notes(poor.server, poor.user)}
    assert len([one for one in review.values() if one.subject.startswith("A warning")]) == 2
    with poor.server.client(poor.user) as client:
        must(client.select(f'"{REVIEW}"', readonly=True))
        marked = must(client.uid("SEARCH", "DELETED"))[0]
        assert marked == uid_of(client, before.message_id).encode()
    assert "0 changes made" in poor.once().output
    assert not [line for line in poor.server.log(poor.user) if " expunge: " in line]
