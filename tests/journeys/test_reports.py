"""Reporting a mail from the mail program: moved, labelled, or passed on with REPORT; a person looks, and nobody is held to anything."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP, default

import pytest
from mailstate import Lying, move, notes, store
from office import Office, run
from replying import PROVED, answer
from sample import DESK, INES, MABEL, Mail, address, letter

SNEER = letter(
    "Ms Wold's bicycle is a pretty blue. The canal path is quiet at six.\n\nM. Crewe",
    sender=MABEL, to=DESK, subject="Evenings", at="2026-05-11 20:00",
)  # fmt: skip
FORMS = ("inline", "outlook", "outlook with the name alone", "outlook with curled apostrophes", "attached")


def passed_on(form: str, words: str = "REPORT, this frightens me", *, proved: bool = True) -> Mail:
    """Ines passes Mabel's mail on to the desk."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"], mail["Date"] = INES, DESK, "Fwd: Evenings", "Tue, 12 May 2026 09:00:00 +0000"
    mail["Message-ID"] = "<fwd-1@larchmere.example>"
    if proved:
        mail["Authentication-Results"] = PROVED["Authentication-Results"]
    inner = BytesParser(policy=default).parsebytes(SNEER.raw)
    text = inner.get_content()
    if form == "attached":
        mail.set_content(words)
        mail.add_attachment(inner)
    elif form == "inline":
        head = f"---------- Forwarded message ---------\nFrom: {MABEL}\nDate: Mon, 11 May 2026 at 20:00\nSubject: Evenings\nTo: {DESK}\n"
        mail.set_content(f"{words}\n\n{head}\n\n{text}")
    else:
        who = "Mabel Crewe" if form.endswith("alone") else MABEL
        head = f"-----Original Message-----\nFrom: {who}\nSent: Monday, 11 May 2026 20:00\nTo: {DESK}\nSubject: Evenings\n"
        text = text.replace("'", "\u2019") if form.endswith("apostrophes") else text
        mail.set_content(f"{words}\n\nInes\n\n{head}\n{text}")
    return Mail("INBOX", SNEER.at, bytes(mail))


def shown(office: Office) -> list[Lying]:
    return [one for one in notes(office.server, office.user) if one.subject.startswith("A colleague reported")]


def told(office: Office) -> list[Lying]:
    return [one for one in notes(office.server, office.user) if one.subject.startswith("A report that found no mail")]


@pytest.fixture
def office(worked: Office) -> Office:
    worked.receive(SNEER)
    worked.once()
    assert worked.stage(address(MABEL)) in ("clear", "watch") and not shown(worked)
    return worked


@pytest.mark.parametrize("form", FORMS)
def test_a_mail_passed_on_with_the_word_report_is_shown_to_a_person(office: Office, form: str) -> None:
    office.receive(passed_on(form))
    assert "1 verdicts heard" in office.once().output
    (note,) = shown(office)
    assert address(INES) in note.text and "canal path is quiet" in note.text
    assert note.references.split()[-1] == SNEER.message_id
    assert office.stage(address(MABEL)) in ("clear", "watch")
    assert " 0 changes made" in office.once().output
    move(office.server, office.user, note.message_id, "Triage/Review", "Triage/Dismiss")
    office.once()
    assert not shown(office) and " 0 changes made" in office.once().output


def test_a_mail_moved_to_agree_is_reported(office: Office) -> None:
    move(office.server, office.user, SNEER.message_id, "INBOX", "Triage/Agree")
    assert "1 verdicts heard" in office.once().output
    (note,) = shown(office)
    assert "Reported by somebody in the mailbox desk on 12 May 2026." in note.text
    assert "if nothing is wrong with the mail; the report counts no more" in note.text
    assert "Move this note to Triage/Agree if you agree" not in note.text  # nothing is proposed that one could agree to


def test_a_mail_with_the_label_is_reported_and_is_no_more_when_it_is_dismissed(office: Office) -> None:
    store(office.server, office.user, SNEER.message_id, "+FLAGS", "triage-agree")
    office.once()
    assert shown(office)
    store(office.server, office.user, SNEER.message_id, "-FLAGS", "triage-agree")
    store(office.server, office.user, SNEER.message_id, "+FLAGS", "triage-dismiss")
    office.once()
    assert not shown(office)


@pytest.mark.parametrize(
    "words", ["Ralph, can you answer her please?", "The report you asked for is below.", "Reporting line, see below"]
)
def test_a_mail_passed_on_for_another_reason_is_not_reported(office: Office, words: str) -> None:
    office.receive(passed_on("inline", words))
    assert "0 verdicts heard" in office.once().output


def test_a_report_in_our_name_that_nobody_proves_is_none(office: Office) -> None:
    office.receive(passed_on("inline", proved=False))
    assert "0 verdicts heard" in office.once().output and not shown(office)


def test_who_reports_a_mail_that_never_came_here_is_told_so_once_and_reported_it_is_when_it_comes(worked: Office) -> None:
    said = passed_on("inline")
    worked.receive(said)
    assert "reported a mail that is not known here" in worked.once().output
    (note,) = told(worked)
    words = " ".join(note.text.split())
    assert address(INES) in words and "move the mail itself to Triage/Agree" in words and "canal path" not in words
    assert note.references.split()[-1] == said.message_id
    assert " 0 changes made" in worked.once().output
    worked.receive(answer(note, "CLOSE, I spoke to her"))
    worked.once()
    assert "nothing was reported, so there is nothing to order" in " ".join(told(worked)[0].text.split())
    worked.receive(SNEER)
    assert "1 verdicts heard" in worked.once().output
    assert shown(worked) and not told(worked)
    assert " 0 changes made" in worked.once().output


@pytest.mark.parametrize("away", ["Triage/Dismiss", "Trash"])
def test_that_note_stays_away_once_it_was_put_away(worked: Office, away: str) -> None:
    worked.receive(passed_on("attached"))
    worked.once()
    move(worked.server, worked.user, told(worked)[0].message_id, "Triage/Review", away)
    worked.once()
    assert not told(worked) and " 0 changes made" in worked.once().output


@pytest.mark.parametrize("how", ["not proved", "automatic"])
def test_a_mail_in_our_name_that_nobody_proves_or_that_a_machine_sent_is_told_nothing(worked: Office, how: str) -> None:
    said = passed_on("inline", proved=how == "automatic")
    worked.receive(replace(said, raw=b"Auto-Submitted: auto-replied\r\n" + said.raw) if how == "automatic" else said)
    assert "not known here" not in worked.once().output and not told(worked)


def test_who_reports_the_same_person_again_and_again_is_shown_in_the_note_and_by_the_command(office: Office) -> None:
    further = [
        letter(f"Will there be a concert in week {n} at the hall?\n\nM. Crewe", sender=MABEL, subject=f"Concert {n}", at=f"2026-05-11 2{n}:00")
        for n in (1, 2, 3)
    ]  # fmt: skip
    office.receive(*further)
    office.once()
    for one in further:
        move(office.server, office.user, one.message_id, "INBOX", "Triage/Agree")
    office.once()
    assert all("were reported 3 times by somebody in the mailbox desk" in one.text for one in shown(office))
    said = run("evaluate", "feedback", "--settings", str(office.folder / "settings.ini"))
    assert f"desk has reported {address(MABEL)} 3 times\n" in said.output
    for one in shown(office)[:2]:
        move(office.server, office.user, one.message_id, "Triage/Review", "Triage/Dismiss")
    office.once()
    said = run("evaluate", "feedback", "--settings", str(office.folder / "settings.ini"))
    assert f"desk has reported {address(MABEL)} 3 times, and 2 of these mails were dismissed since" in said.output
