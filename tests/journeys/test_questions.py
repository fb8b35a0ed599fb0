"""What the commands that only look answer: explain, replay, export, contacts, matters, journal."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from office import Office
from sample import DOREEN, NOW, VANCE, address, story

PACKS = Path(__file__).resolve().parent.parent.parent / "rules"
last = [mail for mail in story() if address(DOREEN).encode() in mail.raw.partition(b"\r\nTo:")[0]][-1]
insult = next(mail for mail in story() if b"useless cretin" in mail.raw)
still = next(mail for mail in story() if b"is still wrong. Correct the bill" in mail.raw)


def test_explain_quotes_the_words_and_names_the_clause(worked: Office) -> None:
    said = worked.run("explain", insult.message_id)
    assert said.status == 0
    for words in (
        "useless cretin",
        "Vance Kettle <vance.kettle@inlook.example>",
        "Labels: triage-conduct",
        "Stage: held",
        "Held: no",
    ):
        assert words in said.output, words
    assert any(
        row["clause"] and row["clause"] in said.output
        for row in worked.export()["findings"]
        if row["message"] == insult.message_id
    )


def test_explain_takes_a_message_id_without_brackets(worked: Office) -> None:
    assert worked.run("explain", insult.message_id.strip("<>")).output == worked.run("explain", insult.message_id).output


def test_explain_tells_which_notice_holds_a_mail_and_until_when(worked: Office) -> None:
    said = worked.run("explain", still.message_id)
    assert "Held: yes" in said.output and "until 31 Jul 2026" in said.output


def test_explain_tells_of_a_pattern_on_which_answers_it_rests(worked: Office) -> None:
    said = worked.run("explain", last.message_id)
    assert "the same matter again after it was dealt with" in said.output and "this answer is final" in said.output


def test_explain_says_of_an_unreadable_mail_that_it_counts_for_nothing(worked: Office) -> None:
    said = worked.run("explain", "<nobody@odd.example>")
    assert "could not be read: it does not say who sent it" in said.output and "counts for nothing" in said.output


def test_replay_finds_nothing_to_change_after_a_pass(worked: Office) -> None:
    assert worked.run("replay", "--now", NOW.isoformat()).output == "nothing would change\n"


def test_replay_tells_what_an_edited_policy_would_change_and_changes_nothing(worked: Office) -> None:
    before = worked.export()
    pack = worked.folder / "ours.toml"
    words = (PACKS / "jack-keller.toml").read_text()
    lines = [line for line in words.splitlines() if re.match(r"\s*repeat_after_answers = \d", line)]
    assert len(lines) <= 1
    pack.write_text(
        words.replace(lines[0], "repeat_after_answers = 9") if lines else words + "\n[thresholds]\nrepeat_after_answers = 9\n"
    )
    settings = worked.folder / "settings.ini"
    text = settings.read_text()
    settings.write_text(text.replace("policy = jack-keller", "policy = ours.toml"))
    said = worked.run("replay", "--now", NOW.isoformat())
    assert said.status == 0, said.errors
    assert ": repeat would no longer be found" in said.output
    settings.write_text(text)
    assert worked.export() == before


def test_export_tells_each_message_in_exactly_one_matter(worked: Office) -> None:
    exported = worked.export()
    messages = [one for matter in exported["matters"] for one in matter["messages"]]
    assert len(messages) == len(set(messages)) == len({mail.message_id for mail in story()}) - 1  # all but the unreadable one
    assert exported["unreadable"][0]["message"] == "<nobody@odd.example>"
    ids = {row["id"] for row in exported["contacts"]}
    assert all(set(matter["contacts"]) <= ids for matter in exported["matters"])


def test_contacts_are_listed_with_the_highest_stage_first(worked: Office) -> None:
    lines = worked.run("contacts").output.splitlines()
    assert address(VANCE) in lines[0] and lines[0].startswith("held")
    assert address(DOREEN) in lines[1] and lines[1].startswith("warn")
    assert worked.run("contacts", "--stage", "held").output.splitlines() == lines[:1]


def test_open_matters_are_listed_with_the_longest_waiting_first(worked: Office) -> None:
    lines = worked.run("matters", "--open").output.splitlines()
    assert "Dripping tap in 3 Wren House" in lines[0] and "overdue" in lines[0]
    assert not [line for line in lines if "Garage 14" in line]


def test_a_matter_is_listed_with_whose_it_is(worked: Office) -> None:
    (line,) = [line for line in worked.run("matters").output.splitlines() if "Garage 14" in line]
    assert "(Doreen Pike)" in line


def test_what_is_in_the_way_of_a_restriction_is_said_in_words(worked: Office) -> None:
    said = worked.run("contacts").output
    assert "in the way of a restriction: " in said and "not_warned" not in said and "not_dealt_with" not in said


@pytest.mark.parametrize("command", ["contacts", "matters"])
def test_before_the_first_pass_it_is_said_that_nothing_was_read(arrived: Office, command: str) -> None:
    said = arrived.run(command)
    assert (said.status, said.output) == (0, "nothing was read yet: run a pass first (triage once)\n")
    assert not (arrived.folder / "triage.db").exists()


@pytest.mark.parametrize("command", ["export", "replay", "contacts", "matters", "journal"])
def test_questions_change_nothing(worked: Office, command: str) -> None:
    before, log = worked.state(), worked.changes()
    with worked.ledger() as ledger:
        head = ledger.head()
    assert worked.run(command).status == 0
    assert worked.state() == before and worked.changes() == log
    with worked.ledger() as ledger:
        assert ledger.head() == head


def test_a_journal_that_somebody_changed_is_told(worked: Office) -> None:
    with closing(sqlite3.connect(worked.folder / "triage.db")) as database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {trigger}")
        database.execute("UPDATE journal SET actor = 'somebody else' WHERE number = 2")
        database.commit()
    said = worked.run("journal")
    assert said.status == 1 and "entry 2 of the journal was changed" in said.errors
