"""Roundcube, worked in a browser as staff work it: the folders, notes and digest they see on a desk and on a telephone, and that what
they click is heard.

`make clients` runs these (they need Roundcube, PHP and Chromium). What it showed lies in build/clients afterwards, to be looked at.
"""

from __future__ import annotations

import time

import pytest
from chromium import PHONE, WIDE
from clerk import WebDesk
from sample import DESK, DOREEN, INES, PERRY, VANCE, address

REVIEW, AGREE, DISMISS = "Triage/Review", "Triage/Agree", "Triage/Dismiss"
WARNING, RESTRICTION = "A warning may be due", "A restriction may be considered"


def test_the_folders_are_there_and_the_inbox_is_as_it_was(web_looking: WebDesk) -> None:
    assert {REVIEW, AGREE, DISMISS, "Triage/Held"} <= set(web_looking.client.folders())
    rows = web_looking.client.open("INBOX")
    web_looking.picture("inbox")
    assert len(rows) == len(web_looking.lying("INBOX")) and address(VANCE) in {row.sender for row in rows}


def test_a_note_is_read_from_top_to_bottom_and_abusive_words_come_last(web_looking: WebDesk) -> None:
    web_looking.client.open(REVIEW)
    words = web_looking.client.read(RESTRICTION)
    web_looking.picture("restriction")
    order = (
        "What is proposed", "Our part first", "What was seen", "What speaks against it", "What happens next", "How to answer",
        "More, if you need it", "Abusive words, if you need them", "pathetic, stupid cow",
    )  # fmt: skip
    places = [words.lower().index(heading.lower()) for heading in order]
    assert places == sorted(places)  # Roundcube folds nothing, and keeps the headings of what would be folded


@pytest.mark.parametrize("title", [WARNING, RESTRICTION, "Please read", "A mail that could not be read", "Digest"])
def test_notes_and_digest_fit_a_telephone(web_looking: WebDesk, title: str) -> None:
    client = web_looking.client
    client.open(REVIEW)
    try:
        client.browser.as_wide_as(PHONE)
        client.read_alone(title)
        assert client.overflow() == 0
        drawn = web_looking.picture(f"phone-{title.lower().replace(' ', '-')}")
    finally:
        client.browser.as_wide_as(WIDE)
    assert drawn.stat().st_size > 10_000


def test_the_digest_shows_its_bars(web_looking: WebDesk) -> None:
    web_looking.client.open(REVIEW)
    words = web_looking.client.read("Digest")
    web_looking.picture("digest")
    assert "Waits for one of you".upper() in words.upper() and "A mail that could not be read" in words
    widths = web_looking.client.widths_of_bars()
    assert len(widths) >= 4 and max(widths) > 3 * min(widths)


def test_a_note_copied_to_the_inbox_stands_below_its_mail(web_desk: WebDesk) -> None:
    web_desk.client.open(REVIEW)
    web_desk.client.file(RESTRICTION, "INBOX", copy=True)
    rows = web_desk.client.open("INBOX")
    web_desk.picture("note-in-its-conversation")
    place = next(number for number, row in enumerate(rows) if row.subject.startswith(RESTRICTION))
    assert rows[place].level > 0 and rows[place - 1].sender == address(VANCE)
    assert "0 new mails read" in (said := web_desk.once()) and " 0 changes made" in said


def test_a_note_moved_by_menu_is_a_verdict_confirmed_and_moved_back_it_is_none(web_desk: WebDesk) -> None:
    client = web_desk.client
    client.open(REVIEW)
    client.file(WARNING, DISMISS)
    assert "1 verdicts heard" in web_desk.once()
    assert web_desk.decisions() == [("dismiss", "desk")] and web_desk.office.stage(address(DOREEN)) == "clear"
    client.open(DISMISS)
    assert "Dismissed on 12 May 2026" in client.read(WARNING)
    web_desk.picture("confirmed")
    client.file(WARNING, REVIEW)
    assert "1 verdicts heard" in web_desk.once()
    assert web_desk.decisions()[-1] == ("open", "desk") and web_desk.office.stage(address(DOREEN)) == "warn"
    assert " 0 changes made" in web_desk.once()


def test_a_note_moved_on_a_telephone_is_the_same_verdict(web_desk: WebDesk) -> None:
    client = web_desk.client
    client.open(REVIEW)
    try:
        client.browser.as_wide_as(PHONE)
        client.read_alone(WARNING)
        client.file_what_is_shown(AGREE, picture=lambda drawn: web_desk.picture("phone-moving", drawn) and None)
    finally:
        client.browser.as_wide_as(WIDE)
    assert "1 verdicts heard" in web_desk.once() and web_desk.decisions() == [("agree", "desk")]


def test_a_mail_on_which_no_note_rests_is_judged_told_and_taken_back(web_desk: WebDesk) -> None:
    client = web_desk.client
    client.open("INBOX")
    client.file("Re: Dripping tap", DISMISS)
    assert "1 verdicts heard" in web_desk.once()
    client.open(DISMISS)
    assert "the mail of 27 Apr 2026 was dismissed" in client.read("Your verdict on a mail")
    web_desk.picture("verdict-on-a-mail")
    client.reply("Your verdict on a mail", "UNDO, the wrong line")
    assert "1 verdicts heard" in web_desk.once()
    client.open(REVIEW)
    assert "UNDO; recorded" in client.read("Your verdict on a mail") and address(PERRY) not in str(web_desk.decisions())


def test_an_answer_where_roundcube_puts_the_cursor_is_read_and_names_who_gave_it(web_desk: WebDesk) -> None:
    client = web_desk.client
    client.open(REVIEW)
    client.reply(WARNING, "APPROVE, she was told twice.", picture=lambda drawn: web_desk.picture("answering", drawn) and None)
    (sent,) = web_desk.sent
    assert address(INES).encode() in sent and address(DESK).encode() in sent
    assert "1 verdicts heard" in web_desk.once()  # though it lies in Sent, and came in
    assert [one for one in web_desk.lying("Sent") if one.digest] and web_desk.decisions() == [("agree", address(INES))]
    client.open(AGREE)
    assert f"{address(INES)}: APPROVE; recorded." in client.read(WARNING)
    client.reply(WARNING, "UNDO\nI was too quick.")
    time.sleep(0.5)
    assert "1 verdicts heard" in web_desk.once() and web_desk.decisions()[-1] == ("open", address(INES))
    assert " 0 changes made" in web_desk.once()
