"""UNTIL and a day, as the answer to the reminder before a restriction ends: what whoever reads it expects, and nothing by accident."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.rulings.registry import DESK, IDA, NOOR, NOTICE, WELFARE, Registry, with_end
from triage.carrying_out import carry_out
from triage.explanation import how_to_answer, note
from triage.hearing import NOTE, answers, write_answer
from triage.message import Message


def says(baths: Registry, words: str, by: str = IDA, kind: str = "review") -> str:
    """One of us answers the note of this kind; what the note then says of it."""
    baths.conclude()
    (row,) = [one for one in baths.ledger.proposals() if one["kind"] == kind]
    cited = f"<{row['id']}.0123456789abcdef@triage.marlow.example>"
    told = {"mailbox": "desk", "proposal": row["id"], "message_id": cited, "keys": [], "kind": kind, "about": row["about_key"]}
    baths.ledger.journal(NOTE, at=baths.now, actor="triage", subject=told)
    (message,) = baths.ledger.messages(baths.ledger.keys_by_message_id(baths.mail(words, by, DESK, subject="Re: note")))
    assert isinstance(message, Message)
    write_answer(baths.ledger, message, cited, baths.settings.directory(), baths.settings.deciders, baths.now)
    carry_out(baths.ledger, baths.settings, baths.now)
    return "; ".join(answers(baths.ledger)[-1].faults)


@pytest.fixture
def ending(due: Registry) -> Registry:
    """A restriction that ends in ten days."""
    due.answered(with_end(NOTICE, due.now + timedelta(days=60)), IDA)
    due.later(days=50)
    return due


def test_the_reminder_says_how_and_a_day_written_as_it_shows_is_understood(ending: Registry) -> None:
    ending.conclude()
    (row,) = [one for one in ending.ledger.proposals() if one["kind"] == "review"]
    said = " ".join(how_to_answer(row, "Triage/Agree", "Triage/Dismiss").lines)
    days = re.findall(r"UNTIL \d+ \w+ \d{4}", said)
    assert len(days) == 2
    assert not says(ending, f"{days[0]}, he insulted us again") and not says(ending, days[1])


def end_of(baths: Registry) -> str:
    (one,) = baths.in_force()
    return str(one["until"][:10])


def test_a_later_day_agrees_on_the_new_end_and_the_letter_that_names_it_renews(ending: Registry) -> None:
    before, until = end_of(ending), ending.now + timedelta(days=60)
    assert not says(ending, f"UNTIL {until:%-d %B %Y}, he insulted Noor again on Monday")
    assert end_of(ending) == before  # nobody has told him yet
    ending.answered(with_end(NOTICE, until), IDA)
    assert end_of(ending) == f"{until:%Y-%m-%d}"


def test_a_sooner_day_ends_it_then(ending: Registry) -> None:
    until = ending.now + timedelta(days=3)
    assert not says(ending, f"UNTIL {until:%Y-%m-%d}")
    assert end_of(ending) == f"{until:%Y-%m-%d}"


@pytest.mark.parametrize(
    ("words", "by", "why"),
    [
        ("UNTIL {day}, he insulted us again", NOOR, "has not the role"),
        ("UNTIL {day}", IDA, "takes a reason"),
        ("UNTIL the cows come home", IDA, "the day could not be read"),
    ],
)
def test_what_is_missing_is_said(ending: Registry, words: str, by: str, why: str) -> None:
    assert why in says(ending, words.format(day=f"{ending.now + timedelta(days=60):%Y-%m-%d}"), by)


def test_an_open_safeguard_stands_in_the_way_of_a_renewal(ending: Registry) -> None:
    ending.wrote(WELFARE)
    ending.conclude()
    (row,) = [one for one in ending.ledger.proposals() if one["kind"] == "review"]
    assert "What stands against renewing it" in [one.heading for one in note(row, ending.settings.pack())]
    assert "a safeguard is open" in says(ending, f"UNTIL {ending.now + timedelta(days=60):%Y-%m-%d}, he insulted us again")


def test_long_before_its_end_nothing_is_renewed(due: Registry) -> None:
    due.answered(with_end(NOTICE, due.now + timedelta(days=60)), IDA)
    told = says(due, f"UNTIL {due.now + timedelta(days=120):%Y-%m-%d}, he is rude", kind="hold")
    assert "before that it cannot be renewed" in told
