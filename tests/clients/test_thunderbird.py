"""Thunderbird, worked as staff work it: what they see of labels, notes and the digest, and that what they click is heard.

`make clients` runs these (they need Thunderbird, 300 MB). What it showed lies in build/clients afterwards, to be looked at.
"""

from __future__ import annotations

import pytest
from clerk import Desk
from mailstate import flags
from sample import DESK, DOREEN, INES, OTTILIE, VANCE, address, garage

from triage.client_setup import SHOWN

PHONE = 390
"""CSS pixels."""
WARNING, RESTRICTION = "A warning may be due", "A restriction may be considered"


def test_labels_are_shown_with_their_names_and_colours_and_the_folders_are_there(looking: Desk) -> None:
    assert {f"Triage/{name}" for name in ("Review", "Agree", "Dismiss", "Held")} <= set(looking.client.folders())
    rows = looking.open("INBOX")
    looking.picture("inbox")
    seen = {tag: row.colour for row in rows for tag in row.tags if len(row.tags) == 1}
    wanted = {name: colour for name, colour, _ in SHOWN.values()}
    assert seen and all(wanted[tag] == colour for tag, colour in seen.items())
    (leaving,) = [row for row in rows if address(OTTILIE) in row.sender]
    assert leaving.tags == ("Triage: read now",)
    shopping = [row.tags for row in rows if address(DOREEN) in row.sender]
    assert ("Triage: repeated matter", "Triage: further colleague asked") in shopping
    assert not [row for row in rows if row.keywords & set(SHOWN) and not row.tags]
    looking.client.read("Leaving")
    looking.picture("mail-with-its-label")


def test_a_note_lies_in_the_conversation_of_its_mail_once_both_are_in_one_folder(looking: Desk) -> None:
    looking.open("Triage/Review")
    looking.client.file(RESTRICTION, "Inbox", copy=True)
    rows = looking.open("INBOX")
    place = next(number for number, row in enumerate(rows) if row.subject.startswith(RESTRICTION))
    assert rows[place].level > 0 and address(VANCE) in rows[place - 1].sender
    looking.picture("note-in-its-conversation")
    assert (
        "0 new mails read" in (said := looking.once()) and " 0 changes made" in said
    )  # a note of ours in the inbox is nobody's mail


@pytest.mark.parametrize("way", ["original", "simple", "plain"])
def test_the_note_reads_well_however_thunderbird_shows_it_and_abusive_words_come_last(looking: Desk, way: str) -> None:
    looking.open("Triage/Review")
    looking.client.shown_as(way)
    words = looking.client.read(RESTRICTION)
    looking.picture(f"restriction-{way}")
    looking.client.shown_as("original")
    order = (
        "What is proposed",
        "Our part first",
        "What was seen",
        "What speaks against it",
        "What happens next",
        "How to answer",
    )
    places = [words.lower().index(heading.lower()) for heading in order]
    assert places == sorted(places)
    assert "Abusive words: see 1, 2 at the end" in words
    if way == "plain":  # nothing folds there
        assert words.index("pathetic, stupid cow") > words.index("UNDO: takes")
    else:
        assert "pathetic" not in words


def test_the_fold_opens_with_a_click_and_only_then_shows_the_words(looking: Desk) -> None:
    looking.open("Triage/Review")
    assert "pathetic" not in looking.client.read(RESTRICTION)
    inside, opened = looking.client.folded()
    assert "pathetic, stupid cow" in inside and "pathetic, stupid cow" in opened


@pytest.mark.parametrize("title", [WARNING, RESTRICTION, "Please read", "A mail that could not be read", "Digest"])
def test_notes_and_digest_fit_the_width_of_a_phone(looking: Desk, title: str) -> None:
    looking.open("Triage/Review")
    try:
        looking.client.as_wide_as(PHONE)
        looking.client.read(title)
        assert looking.client.overflow() == 0
        drawn = looking.picture(f"phone-{title.lower().replace(' ', '-')}", looking.client.whole())
    finally:
        looking.client.as_wide_as(0)
    assert drawn.stat().st_size > 10_000  # something was drawn


def test_the_digest_shows_its_bars(looking: Desk) -> None:
    looking.open("Triage/Review")
    words = looking.client.read("Digest")
    looking.picture("digest")
    assert "Waits for one of you".upper() in words.upper() and "A mail that could not be read" in words
    widths = looking.client.widths_of_bars()
    assert len(widths) >= 4 and max(widths) > 3 * min(widths)


def test_a_note_moved_by_menu_is_a_verdict_confirmed_and_moved_back_it_is_none(desk: Desk) -> None:
    desk.open("Triage/Review")
    desk.client.file(WARNING, "Triage/Dismiss")
    assert "1 verdicts heard" in desk.once()
    assert desk.decisions() == [("dismiss", "desk")] and desk.office.stage(address(DOREEN)) == "clear"
    assert [row.tags for row in desk.open("INBOX") if address(DOREEN) in row.sender] == [()] * 4
    desk.open("Triage/Dismiss")
    assert "Dismissed on 12 May 2026, by moving or labelling this note in the mailbox desk." in desk.client.read(WARNING)
    desk.picture("confirmed")
    assert " 0 changes made" in desk.once()
    desk.client.file(WARNING, "Triage/Review")
    assert "1 verdicts heard" in desk.once()
    assert desk.decisions()[-1] == ("open", "desk") and desk.office.stage(address(DOREEN)) == "warn"
    assert any("Triage: repeated matter" in row.tags for row in desk.open("INBOX"))


def test_a_note_copied_instead_of_moved_is_the_same_verdict_and_one_note(desk: Desk) -> None:
    desk.open("Triage/Review")
    desk.client.file(WARNING, "Triage/Agree", copy=True)
    assert "1 verdicts heard" in desk.once()
    assert desk.decisions() == [("agree", "desk")]
    assert desk.note(WARNING, "Triage/Agree").text
    assert not [one for one in desk.lying("Triage/Review") if one.subject.startswith(WARNING)]
    assert " 0 changes made" in desk.once()


def test_a_tag_on_a_mail_is_a_verdict_told_in_the_note_and_undone_by_an_answer(desk: Desk) -> None:
    desk.open("INBOX")
    desk.client.tag("Garage 14", "I do not agree")  # the latest, which lies on top
    last = garage()[-1].message_id
    assert "triage-dismiss" in flags(desk.office.server, desk.office.user)[last]
    assert "1 verdicts heard" in desk.once()
    assert "Triage: I do not agree" in next(row.tags for row in desk.open("INBOX") if "triage-dismiss" in row.keywords)
    assert {row["message"] for row in desk.office.export()["dismissed"]} == {last}
    desk.open("Triage/Review")
    assert "the mail of 22 Apr 2026 was dismissed" in desk.client.read(WARNING)
    desk.client.reply(WARNING, "UNDO, I had the wrong mail")
    assert "1 verdicts heard" in desk.once()
    assert desk.office.export()["dismissed"] == []
    desk.open("Triage/Review")
    assert "was dismissed" not in desk.client.read(WARNING)
    assert "0 verdicts heard" in desk.once()


def test_an_answer_below_the_quoted_note_where_thunderbird_puts_the_cursor_is_read_and_names_who_gave_it(desk: Desk) -> None:
    desk.open("Triage/Review")
    desk.client.reply(WARNING, "APPROVE, she was told twice.", picture=lambda drawn: desk.picture("answering", drawn) and None)
    (sent,) = desk.sent
    assert sent.index(b"Triage wrote:") < sent.index(b"APPROVE, she was told")
    assert [one for one in desk.lying("Sent") if one.digest] and address(INES).encode() in sent and address(DESK).encode() in sent
    assert "1 verdicts heard" in desk.once()  # though it lies in Sent, and came in
    assert desk.decisions() == [("agree", address(INES))]
    desk.open("Triage/Agree")
    words = desk.client.read(WARNING)
    assert f"{address(INES)}: APPROVE; recorded." in words and "she was told twice." in words
    desk.client.reply(WARNING, "UNDO\nI was too quick.")
    assert "1 verdicts heard" in desk.once()
    assert desk.decisions()[-1] == ("open", address(INES))
    assert desk.note(WARNING).text
    assert " 0 changes made" in desk.once()


def test_a_mail_passed_on_with_report_is_shown_to_a_person(desk: Desk) -> None:
    desk.open("INBOX")
    desk.client.pass_on("Dripping tap", "REPORT, this worries me", address(DESK))
    assert "1 verdicts heard" in desk.once()
    reported = desk.note("A colleague reported this mail")
    assert address(INES) in reported.text and "tap in the kitchen" in reported.text


def test_what_is_no_verdict_in_thunderbird_is_none_here(desk: Desk) -> None:
    desk.open("Triage/Review")
    desk.client.press(RESTRICTION, "cmd_markAsFlagged")
    desk.client.press("Please read", "cmd_markAsRead")
    desk.client.press(RESTRICTION, "cmd_markAsJunk")
    desk.client.press("A mail that could not be read", "cmd_archive")
    assert "\\Deleted" in desk.note("A mail that could not be read").flags  # it went into Thunderbird's own folders
    desk.client.press(WARNING, "cmd_delete")
    desk.open("INBOX")
    desk.client.key("Leaving", "0")  # takes every tag off
    desk.until(lambda: not [one for one in desk.lying("INBOX") if "triage-urgent" in one.flags])
    said = desk.once()
    assert "0 verdicts heard" in said and desk.decisions() == []
    assert desk.office.stage(address(DOREEN)) == "warn"
    assert not [one for one in desk.lying("Triage/Review") if one.subject.startswith(WARNING)]  # deleted, it is not written again
    assert " 0 changes made" in desk.once()


def test_undo_while_thunderbird_is_open_leaves_nothing_of_ours_to_see(desk: Desk) -> None:
    desk.open("Triage/Review")
    assert desk.office.run("undo").status == 0
    desk.client.look_again()
    assert not [folder for folder in desk.client.folders() if folder.startswith("Triage/")]
    assert not [row for row in desk.open("INBOX") if row.tags]
    desk.picture("undone")
