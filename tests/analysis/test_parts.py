"""What a mail of a contact was: sent while we had time, while we were silent, or after an answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from triage import analysis, settings
from triage.analysis.tables import tables
from triage.cycle import conclude
from triage.demo.year import _record
from triage.demo.year_letter import Letter, Party
from triage.ledger import Ledger

NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)
US, DESK = Party("Nell Ames", "nell@fern.example"), Party("", "help@fern.example")
SETTINGS = """[organisation]
name = Fern
domains = fern.example
staff = nell@fern.example, omar@fern.example
policy = jack-keller
service_standard = 5 working days
time_zone = Europe/London
[mailbox:help]
address = help@fern.example
host = 127.0.0.1
password_file = password
"""

SUBJECT = "Gate at the allotment"


class Box:
    """A mailbox that is written to, mail by mail, in one thread."""

    def __init__(
        self, folder: Path, writer: Party = Party("Ida Vale", "ida@mail.example"), settings_text: str = SETTINGS
    ) -> None:
        (folder / "settings.ini").write_text(settings_text)
        self.settings = settings.load(folder / "settings.ini", connecting=False)
        self.letters: list[Letter] = []
        self.writer = writer

    def theirs(
        self, at: str, text: str, to: Party = DESK, cc: tuple[Party, ...] = (), subject: str = SUBJECT, *, anew: bool = False
    ) -> None:
        """`anew`: in no thread."""
        self._add(at, text, self.writer, to, by_staff=False, cc=cc, subject=subject, anew=anew)

    def ours(self, at: str, text: str, by: Party = US) -> None:
        self._add(at, text, by, self.writer, by_staff=True)

    def _add(
        self, at: str, text: str, sender: Party, to: Party, *, by_staff: bool, cc: tuple[Party, ...] = (), subject: str = SUBJECT,
        anew: bool = False,
    ) -> None:  # fmt: skip
        last = self.letters[-1].id if self.letters and not anew else ""
        self.letters.append(
            Letter(
                id=f"m{len(self.letters)}", act="ask", at=datetime.fromisoformat(at).replace(tzinfo=UTC), sender=sender, to=to, team="help",
                by_staff=by_staff, subject=subject, body=text, person=self.writer.email, matter="gate", answers=last, cc=cc,
            )
        )  # fmt: skip

    def read(self, **how: str) -> analysis.Tables:
        with Ledger.open(self.settings.store.url) as ledger:
            _record(ledger, self.letters, "fern.example")
            conclude(self.settings, ledger, NOW)
            return tables(ledger, self.settings, **how)


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def parts(read: analysis.Tables) -> list[str]:
    return list(read.messages.loc[read.messages["by"] == "contact", "part"])


ASK = "The gate at the allotment no longer shuts. Could you repair it, please?"
CHASE = "May I ask again about the gate at the allotment? I have heard nothing so far."
ANSWER = "The joiner has repaired the gate today, so it shuts again."


def test_a_mail_within_the_standard_is_in_time_and_one_after_it_is_our_silence(box: Box) -> None:
    box.theirs("2026-03-02T10:00", ASK)  # a Monday; due at the end of the next
    box.theirs("2026-03-09T20:00", CHASE)
    box.theirs("2026-03-10T09:00", CHASE)
    assert parts(box.read()) == ["opens", "in time", "our silence"]


def test_an_acknowledgement_does_not_end_our_silence(box: Box) -> None:
    box.theirs("2026-03-02T10:00", ASK)
    box.ours("2026-03-02T11:00", "Thank you for your e-mail. We have received it and are looking into it.")
    box.theirs("2026-03-12T09:00", CHASE)
    read = box.read()
    assert parts(read) == ["opens", "our silence"]
    assert list(read.answers["is_answer"]) == [False]
    assert read.answers["why_not"][0]


def test_an_answer_that_may_be_about_something_else_is_told_as_one_in_doubt(box: Box) -> None:
    box.theirs("2026-03-02T10:00", ASK)
    box.ours("2026-03-02T11:00", "Thank you for your e-mail. We have received it and are looking into it.")
    box.ours("2026-03-04T10:00", "The survey shows that the damp is condensation. We will treat it on 8 March.")
    answers = box.read().answers
    assert list(answers["is_answer"]) == [False, False]
    assert list(answers["doubted"]) == [False, True]


def test_matters_of_one_contact_under_one_subject_bear_the_same_mark(box: Box) -> None:
    box.theirs("2025-06-02T10:00", "May I keep a tortoise on plot 9?", subject="Animals", anew=True)
    box.theirs("2026-03-02T10:00", ASK, anew=True)
    box.theirs("2026-03-09T10:00", "Whom do I ring when a swarm of bees has left its hive?", subject="Re: animals", anew=True)
    matters = box.read().matters.sort_values("opened_at")
    first, other, again = matters["same_subject"]
    assert first == again != other
    assert first.startswith("subject-")


def test_after_an_answer_a_mail_is_after_answer_and_mere_thanks_ask_nothing(box: Box) -> None:
    box.theirs("2026-03-02T10:00", ASK)
    box.ours("2026-03-04T10:00", ANSWER)
    box.theirs("2026-03-04T12:00", "Thank you, that is very helpful.")
    box.theirs("2026-03-16T12:00", "The gate at the allotment does not shut again. Could you repair it?")
    box.theirs("2026-03-26T12:00", "I have heard nothing about the gate at the allotment. When is somebody coming?")
    read = box.read()
    assert parts(read) == ["opens", "accepts", "after answer", "our silence"]
    matter = read.matters.iloc[0]
    assert (matter["after_answer"], matter["since_first_answer"]) == (1, 3)


def test_a_matter_without_an_answer_has_no_mail_after_it(box: Box) -> None:
    box.theirs("2026-03-02T10:00", ASK)
    box.theirs("2026-03-12T10:00", CHASE)
    assert list(box.read().matters["since_first_answer"]) == [0]


def test_a_matter_says_how_long_the_answer_took_and_that_it_was_late(box: Box) -> None:
    box.theirs("2026-03-02T10:00", ASK)
    box.theirs("2026-03-12T10:00", CHASE)
    box.ours("2026-03-13T10:00", ANSWER)
    matter = box.read().matters.iloc[0]
    assert matter["hours_to_answer"] == 11 * 24
    assert matter["late"] and not matter["never_answered"]
    assert matter["our_silence"] == 1
    assert matter["since_first_answer"] == 0 and matter["answered_late"]
    assert matter["deadline_rule"] == "service_standard"
    assert matter["deadline"] == pd.Timestamp("2026-03-09T23:59:59Z")


def test_a_matter_that_nobody_answered_is_late_once_its_time_is_up(box: Box) -> None:
    box.theirs("2026-03-02T10:00", ASK)
    matter = box.read().matters.iloc[0]
    assert matter["late"] and matter["never_answered"] and not matter["answered_late"] and pd.isna(matter["first_answer_at"])


def test_a_matter_whose_time_is_not_up_is_not_late(box: Box) -> None:
    box.theirs("2026-03-27T10:00", ASK)
    matter = box.read().matters.iloc[0]
    assert not matter["late"] and not matter["never_answered"]


def test_our_mail_says_who_waited_how_long_for_it(box: Box) -> None:
    box.theirs("2026-03-02T10:00", ASK)
    box.ours("2026-03-12T10:00", ANSWER)
    box.ours("2026-03-12T11:00", "One more thing: the new key is number 14.")
    first, second = box.read().answers.to_dict("records")
    assert first["hours_waited"] == 240 and first["late"]
    assert pd.isna(second["asked_at"]) and not second["late"]


def test_an_insult_is_no_thanks_however_it_ends(box: Box) -> None:
    box.theirs("2026-03-02T10:00", ASK)
    box.ours("2026-03-04T10:00", ANSWER)
    box.theirs("2026-03-04T12:00", "What a bunch of morons you are, idiots, every one of you.\n\nThank you,\nIda Vale")
    assert parts(box.read()) == ["opens", "after answer"]


def test_under_a_restriction_nobody_waits_for_us(box: Box) -> None:
    box.theirs("2026-02-02T10:00", ASK)
    box.ours("2026-02-04T10:00", ANSWER)
    box.theirs("2026-02-04T12:00", "What a bunch of morons you are, idiots, every one of you. The gate is still open.")
    box.ours(
        "2026-02-05T12:00",
        "From today we will not reply to your e-mails about the gate until 5 May 2026. You can appeal to the director.",
    )
    box.theirs("2026-02-06T12:00", "I want an answer about the gate at the allotment.")
    box.theirs("2026-03-06T12:00", "Where is my answer about the gate at the allotment?")
    read = box.read()
    assert list(read.holds["mails_during"]) == [2]
    assert list(read.messages.loc[read.messages["by"] == "contact", "restriction"]) == ["", "", "covers", "covers"]
    assert parts(read) == ["opens", "after answer", "after answer", "after answer"]


def test_whoever_is_restricted_on_one_matter_and_writes_about_another_is_told_with_whether_we_answered(box: Box) -> None:
    box.theirs("2026-01-05T10:00", ASK)
    box.ours("2026-01-07T10:00", ANSWER)
    box.ours(
        "2026-01-12T12:00",
        "From today we will not reply to your e-mails about the gate until 2 March 2026. You can appeal to the director.",
    )
    box.theirs("2026-01-13T12:00", "I want an answer about the gate at the allotment.")
    box.theirs("2026-01-14T12:00", "May I keep a tortoise on plot 9?", subject="A tortoise", anew=True)
    box.ours("2026-01-16T12:00", "You may keep a tortoise on plot 9, if its pen is locked at night.")
    box.theirs("2026-02-20T12:00", "Whom do I ring when a swarm of bees has left its hive?", subject="Bees", anew=True)
    box.theirs("2026-03-20T12:00", "Is the water turned on again after the winter?", subject="Water tap", anew=True)
    read = box.read()
    theirs = read.messages[read.messages["by"] == "contact"].sort_values("sent_at")
    assert list(theirs["restriction"]) == ["", "covers", "other", "other", ""]
    (hold,) = read.holds.to_dict("records")
    assert (hold["mails_during"], hold["mails_other"], hold["other_matters"], hold["other_answered"]) == (1, 2, 2, 1)
    assert not hold["in_force"] and hold["ended"] == hold["until"] and not hold["recorded"] and hold["kind"] == "no-reply"


def test_who_writes_again_after_the_answer_waits_though_the_matter_is_answered(box: Box) -> None:
    box.theirs("2026-03-02T10:00", ASK)
    box.ours("2026-03-04T10:00", ANSWER)
    box.theirs("2026-03-09T12:00", "The gate at the allotment does not shut again. Could you repair it?")
    (matter,) = box.read().matters.to_dict("records")
    assert (matter["state"], matter["overdue"], matter["late"]) == ("answered", True, False)
    assert matter["waiting_since"] == pd.Timestamp("2026-03-09T12:00Z")


def test_without_a_promise_of_ours_the_rule_of_the_deadline_is_the_packs(tmp_path: Path) -> None:
    box = Box(tmp_path, settings_text=SETTINGS.replace("service_standard = 5 working days\n", ""))
    box.theirs("2026-03-02T10:00", ASK)
    (matter,) = box.read().matters.to_dict("records")
    days = box.settings.pack().thresholds.overdue_days * 7 / 5
    assert (matter["deadline_rule"], matter["deadline"] - matter["opened_at"]) == ("overdue_days", pd.Timedelta(days=days))


def test_where_only_a_machine_wrote_there_is_no_contact_and_no_matter(tmp_path: Path) -> None:
    box = Box(tmp_path, writer=Party("", "no-reply@parcels.example"))
    box.theirs("2026-03-02T10:00", "Your parcel is at the gate.", subject="Automatic reply: your parcel")
    box.letters[0] = replace(box.letters[0], act="automatic")
    read = box.read()
    assert list(read.messages["by"]) == ["machine"] and read.contacts.empty and read.matters.empty
    assert (set(read.messages["contact"]), set(read.messages["matter"]), set(read.recipients["contact"])) == ({""}, {""}, {""})


def test_hours_and_days_are_those_of_the_organisations_zone(box: Box) -> None:
    box.theirs("2026-03-29T23:30", ASK)  # summer time has begun: half past midnight on Monday
    row = box.read().messages.iloc[0]
    assert (row["day"], row["weekday"], row["hour"], row["zone"]) == ("2026-03-30", 0, 0, "Europe/London")


def test_a_colleague_is_exposed_to_what_names_or_reaches_them(box: Box) -> None:
    box.theirs("2026-03-02T10:00", ASK)
    box.ours("2026-03-03T10:00", "Under the lease the gate is yours to maintain, so we cannot repair it.")
    box.theirs("2026-03-03T12:00", "You are a useless idiot, Nell, a stupid lazy cow.", Party("Nell Ames", "nell@fern.example"))
    box.ours(
        "2026-03-04T09:00",
        "We cannot repair the gate. Please do not write to us in this way.",
        Party("Omar Reid", "omar@fern.example"),
    )
    read = box.read(names="a test")
    assert sorted(zip(read.exposure["staff"], read.exposure["how"], strict=True)) == [
        ("nell@fern.example", "addressed"),
        ("omar@fern.example", "answered"),
    ]
    assert list(read.messages.loc[read.messages["by"] == "contact", "to_person"]) == [False, True]
    assert list(read.exposure["counts"]) == [True, True]


def test_whether_a_hard_mail_was_meant_for_a_colleague_or_copied_to_them_is_told(box: Box) -> None:
    box.theirs("2026-03-02T10:00", ASK)
    box.theirs(
        "2026-03-04T10:00", "You are a useless idiot, Nell, a stupid lazy cow.", US, cc=(Party("Omar", "omar@fern.example"),)
    )
    box.theirs("2026-03-05T10:00", "You are all useless idiots and stupid lazy cows.")
    read = box.read(names="a test")
    exposure = sorted(read.exposure[["staff", "how", "named_in", "abusive"]].itertuples(index=False, name=None))
    assert exposure == [
        ("", "unknown", "", True),
        ("nell@fern.example", "addressed", "to", True),
        ("omar@fern.example", "addressed", "cc", True),
    ]


def test_a_hostile_tone_is_read_and_does_not_count(box: Box) -> None:
    box.theirs("2026-03-02T10:00", ASK)
    box.ours("2026-03-03T10:00", "Under the lease the gate is yours to maintain, so we cannot repair it.")
    box.theirs("2026-03-03T12:00", "Oh brilliant, another form. Well done, weeks again. Splendid, nobody reads it.")
    exposure = box.read().exposure
    assert set(zip(exposure["kind"], exposure["severity"], exposure["counts"], strict=True)) == {
        ("hostile_tone", "advisory", False)
    }
    assert not exposure["abusive"].any()


def test_whom_of_us_a_mail_names_stands_in_the_table_of_recipients(tmp_path: Path) -> None:
    extra = "[deciders]\nrestrict = omar@fern.example\nappeal = omar@fern.example\n"
    box = Box(tmp_path, settings_text=SETTINGS.replace("[mailbox", f"vendors = joiner.example\n{extra}[mailbox"))
    omar, joiner, friend = (
        Party("Omar Reid", "omar@fern.example"),
        Party("", "pat@joiner.example"),
        Party("", "friend@mail.example"),
    )
    box.theirs("2026-03-02T10:00", ASK)
    box.ours("2026-03-03T10:00", ANSWER, Party("Nell Ames", "nell@fern.example"))
    box.theirs("2026-03-04T10:00", "You are a useless idiot, Nell, a stupid lazy cow.", US, cc=(DESK, omar, joiner, friend, US))
    named = box.read(names="a test").recipients.sort_values(["sent_at", "field", "recipient"])
    assert [tuple(row) for row in named[["by", "field", "recipient", "staff", "department", "roles"]].to_numpy()] == [
        ("contact", "to", "mailbox", "", "help", ""),
        ("contact", "cc", "colleague", "omar@fern.example", "", "restrict, appeal"),
        ("contact", "cc", "mailbox", "", "help", ""),
        ("contact", "cc", "supplier", "pat@joiner.example", "", ""),
        ("contact", "to", "colleague", "nell@fern.example", "help", ""),
    ]


def test_who_got_what_was_meant_for_a_colleague_is_told_without_a_name(box: Box) -> None:
    box.theirs("2026-03-02T10:00", ASK)
    box.theirs("2026-03-04T10:00", "You are a useless idiot, Nell, a stupid lazy cow.", US, cc=(DESK,))
    read = box.read()
    hard = read.exposure.loc[read.exposure["counts"] & (read.exposure["how"] == "addressed"), ["message", "staff"]]
    (row,) = hard.merge(read.recipients, on=["message", "staff"]).to_dict("records")
    assert row["field"] == "to" and row["staff"].startswith("staff-")
    assert "nell" not in read.recipients.to_string().lower()
