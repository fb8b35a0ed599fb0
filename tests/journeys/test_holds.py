"""Held mail: moved because of a notice that people wrote, brought back when it ends, and never against staff's own hand."""

from __future__ import annotations

from datetime import timedelta

from mailstate import Lying, flags, mails, move, notes
from office import Office
from sample import DESK, HOLD_ENDS, NOW, SUNITA, VANCE, Mail, letter, reply, story

HELD = "Triage/Held"
still = next(mail for mail in story() if b"is still wrong. Correct the bill" in mail.raw)
data = next(mail for mail in story() if b"subject access request" in mail.raw)
notice = next(mail for mail in story() if b"decided to restrict" in mail.raw)


def test_only_the_mail_that_the_notice_covers_is_moved(worked: Office) -> None:
    assert [m.message_id for m in mails(worked.server, worked.user, HELD)] == [still.message_id]
    assert "triage-hold" in flags(worked.server, worked.user, HELD)[still.message_id]
    assert still.message_id not in flags(worked.server, worked.user)
    assert flags(worked.server, worked.user)[data.message_id] == {"triage-protected"}
    assert worked.export()["held"] == [still.message_id]


def test_after_the_end_of_the_hold_the_mail_is_back_in_the_inbox(worked: Office) -> None:
    said = worked.once(now=HOLD_ENDS)
    assert "released: 1 mails from Triage/Held to INBOX" in said.output
    assert not mails(worked.server, worked.user, HELD)
    assert "triage-hold" not in flags(worked.server, worked.user)[still.message_id]
    assert not [one for one in notes(worked.server, worked.user) if one.subject.startswith("A no-reply hold")]
    assert worked.export(HOLD_ENDS)["held"] == []
    assert "0 changes made" in worked.once(now=HOLD_ENDS).output


def test_a_mail_about_a_danger_stays_in_the_inbox_during_a_hold(worked: Office) -> None:
    danger = reply(
        still, "There is a smell of gas in the hall of 9 Heron Wharf, near the meter.\n\nVance Kettle",
        sender=VANCE, at="2026-05-12 07:00", recipient=DESK,
    )  # fmt: skip
    worked.receive(danger)
    worked.once()
    assert danger.message_id in flags(worked.server, worked.user)
    assert [m.message_id for m in mails(worked.server, worked.user, HELD)] == [still.message_id]


def test_a_further_mail_on_the_matter_is_held_and_told_of_in_the_same_note(worked: Office) -> None:
    more = reply(
        still, "You have not corrected the bill for the service charge of 340 pounds for 9 Heron Wharf.\n\nVance Kettle",
        sender=VANCE, at="2026-05-12 07:00", recipient=DESK,
    )  # fmt: skip
    worked.receive(more)
    worked.once()
    assert {m.message_id for m in mails(worked.server, worked.user, HELD)} == {still.message_id, more.message_id}
    told = [one for one in notes(worked.server, worked.user) if one.subject.startswith("A no-reply hold")]
    assert len(told) == 1 and "2 mails so far" in told[0].text


def test_held_mail_has_a_day_by_which_it_is_read_and_who_reads_it_stops_the_clock(worked: Office) -> None:
    (arrived,) = [one for one in notes(worked.server, worked.user) if one.subject.startswith("A no-reply hold")]
    assert (
        "1 mail so far; sunita.bose@larchmere.example reads what comes within 5 days." in arrived.text
        and "NOT READ" not in arrived.text
    )
    late = NOW + timedelta(days=5, minutes=1)
    worked.once(now=late)
    (told,) = [one for one in notes(worked.server, worked.user) if one.subject.startswith("A no-reply hold")]
    assert "NOT READ IN TIME: 1 mail, the oldest held since 12 May 2026" in told.text
    assert "within 5 days: sunita.bose@larchmere.example, please read it today" in " ".join(told.text.split())
    assert "0 changes made" in worked.once(now=late).output
    with worked.server.client(worked.user) as client:
        client.select(HELD)
        client.store("1:*", "+FLAGS", "(\\Seen)")
    worked.once(now=late)
    (read,) = [one for one in notes(worked.server, worked.user) if one.subject.startswith("A no-reply hold")]
    assert "NOT READ" not in read.text


def test_held_mail_that_staff_take_out_stays_out(worked: Office) -> None:
    move(worked.server, worked.user, still.message_id, HELD, "INBOX")
    said = worked.once()
    assert "0 changes made" in said.output
    assert still.message_id in flags(worked.server, worked.user)
    worked.once(now=HOLD_ENDS)
    assert still.message_id in flags(worked.server, worked.user)
    assert "triage-hold" not in flags(worked.server, worked.user)[still.message_id]


def test_held_mail_that_staff_file_elsewhere_is_not_fetched_back(worked: Office) -> None:
    with worked.server.client(worked.user) as client:
        client.create("Archive")
    move(worked.server, worked.user, still.message_id, HELD, "Archive")
    assert "0 changes made" in worked.once().output
    worked.once(now=HOLD_ENDS)
    assert still.message_id in flags(worked.server, worked.user, "Archive")
    assert still.message_id not in flags(worked.server, worked.user)


def test_a_written_end_of_the_restriction_brings_the_mail_back_at_once(worked: Office) -> None:
    worked.receive(
        reply(
            notice, "Dear Mr Kettle,\n\nWe have decided to lift the restriction on your contact with us with immediate effect.\n\nSunita Bose\nManager",
            sender=SUNITA, at="2026-05-12 09:00", recipient=VANCE,
        )
    )  # fmt: skip
    worked.once()
    assert not mails(worked.server, worked.user, HELD)
    assert still.message_id in flags(worked.server, worked.user)


def test_another_matter_of_the_same_person_is_not_held(worked: Office) -> None:
    other = letter(
        "The window in my bedroom no longer shuts. Please send a joiner to repair the window.\n\nVance Kettle",
        sender=VANCE, subject="Bedroom window", at="2026-05-12 07:30",
    )  # fmt: skip
    worked.receive(other)
    worked.once()
    assert other.message_id in flags(worked.server, worked.user)


def test_with_hold_switched_off_nothing_is_moved(arrived: Office) -> None:
    settings = arrived.folder / "settings.ini"
    settings.write_text(settings.read_text() + "\n[acting]\nhold = no\n")
    arrived.once()
    assert still.message_id in flags(arrived.server, arrived.user)
    assert arrived.export(NOW)["held"] == [still.message_id]


def _asked_about(worked: Office) -> tuple[Mail, Lying]:
    """An abusive mail, and the note that asks whether it may go without a reply."""
    rude = letter(
        "You stupid, worthless idiots. Are you too thick to read, you useless cretins?\n\nJoan Oakes",
        sender="Joan Oakes <joan.oakes@inlook.example>", subject="Hedge behind Tern Court", at="2026-05-12 08:00",
    )  # fmt: skip
    worked.receive(rude)
    worked.once()
    (asked,) = [one for one in notes(worked.server, worked.user) if one.subject.startswith("One mail that may go without")]
    return rude, asked


def test_an_agreed_note_leaves_one_abusive_mail_without_a_reply_and_a_dismissed_one_brings_it_back(worked: Office) -> None:
    rude, asked = _asked_about(worked)
    assert rude.message_id in flags(worked.server, worked.user) and "The matter stays open" in " ".join(asked.text.split())
    move(worked.server, worked.user, asked.message_id, "Triage/Review", "Triage/Agree")
    worked.once()
    assert "triage-hold" in flags(worked.server, worked.user, HELD)[rude.message_id]
    said = worked.run("explain", rude.message_id).output
    assert "left without a reply until 26 May 2026: agreed to in desk on 2026-05-12" in said and "(open, 1 mails)" in said
    assert "0 changes made" in worked.once().output
    (agreed,) = [one for one in notes(worked.server, worked.user, "Triage/Agree") if one.note == asked.note]
    assert "Agreed to on 12 May 2026, by moving or labelling this note in the mailbox desk" in " ".join(agreed.text.split())
    move(worked.server, worked.user, agreed.message_id, "Triage/Agree", "Triage/Dismiss")
    worked.once()
    assert "triage-conduct" in flags(worked.server, worked.user)[rude.message_id]
    assert rude.message_id not in flags(worked.server, worked.user, HELD)


def test_an_abusive_mail_left_without_a_reply_is_back_when_the_note_is_moved_back_for_review(worked: Office) -> None:
    rude, asked = _asked_about(worked)
    move(worked.server, worked.user, asked.message_id, "Triage/Review", "Triage/Agree")
    worked.once()
    (agreed,) = [one for one in notes(worked.server, worked.user, "Triage/Agree") if one.note == asked.note]
    move(worked.server, worked.user, agreed.message_id, "Triage/Agree", "Triage/Review")
    worked.once()
    assert rude.message_id in flags(worked.server, worked.user)
    assert rude.message_id not in flags(worked.server, worked.user, HELD)
    assert [one.note for one in notes(worked.server, worked.user)].count(asked.note) == 1
    assert "0 changes made" in worked.once().output


def test_a_note_that_tells_its_verdict_is_nobodys_mail_wherever_staff_put_it(worked: Office) -> None:
    warn = next(one for one in notes(worked.server, worked.user) if one.subject.startswith("A warning may be due"))
    move(worked.server, worked.user, warn.message_id, "Triage/Review", "Triage/Agree")
    worked.once()
    (told,) = [one for one in notes(worked.server, worked.user, "Triage/Agree") if one.note == warn.note]
    before = worked.export()["matters"]
    move(worked.server, worked.user, told.message_id, "Triage/Agree", "INBOX")
    assert "0 new mails read" in worked.once().output
    assert worked.export()["matters"] == before
