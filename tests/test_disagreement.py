"""Mails of ours that give different days or sums for the same thing, side by side; and changes that are told are none (003/2-d)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from turns import CUSTOMER, LENA, OTTO, OURS, START, mail, staff, wrote

from triage import explanation, note, policy
from triage.conclusion import Ground, conclude
from triage.disagreement import disagreements


def differ(first: str, second: str, *, days: float = 2) -> list[tuple[str, str]]:
    turns = [wrote("When does the engineer come, and what is the charge?", 0), staff(first, 1), staff(second, 1 + days, by=OTTO)]
    return [one.differ for one in disagreements(turns)]


@pytest.mark.parametrize(
    ("first", "second", "values"),
    [
        (
            "The engineer repairs the pump on 20 March.",
            "Our engineer will repair your pump on 27 March.",
            ("20 Mar 2026", "27 Mar 2026"),
        ),
        (
            "The repair charge for the pump is £120.",
            "The charge for the repair of the pump is 150 pounds.",
            ("a sum of 120", "a sum of 150"),
        ),
        ("The side gate is locked at 10 pm.", "The side gate is locked at 23:00 each night.", ("22:00", "23:00")),
        ("The discount on the service charge is 10%.", "The service charge discount is 15 per cent.", ("10 %", "15 %")),
    ],
)
def test_two_values_for_the_same_thing_stand_side_by_side(first: str, second: str, values: tuple[str, str]) -> None:
    assert differ(first, second) == [values]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("The engineer repairs the pump on 20 March.", "The engineer repairs the pump on Friday 20 March."),  # the same day
        (
            "The engineer repairs the pump on 20 March.",
            "I am sorry, the engineer will repair the pump on 27 March instead.",
        ),  # told
        (
            "The repair charge for the pump is £120.",
            "You have paid, so of the repair charge for the pump £20 is left to pay.",
        ),  # moved on
        ("The engineer repairs the pump on 20 March.", "The meter reader visits the garage on 27 March."),  # another thing
        (
            "Thank you for your email of 3 March about the pump.",
            "Thank you for your email of 9 March about the pump.",
        ),  # of a letter
        (
            "Since 1 March nobody may sleep on the boats of the A dock.",
            "Peg told you on the 3rd that nobody may sleep on the boats of the A dock.",
        ),
        ("The repair charge is £120 or £140 for the large pump.", "The repair charge for the large pump is £140."),  # a choice
    ],
)
def test_what_agrees_was_told_or_speaks_of_another_thing_does_not(first: str, second: str) -> None:
    assert differ(first, second) == []


def test_a_day_that_has_come_and_gone_in_between_is_another_visit() -> None:
    assert differ("The engineer repairs the pump on 5 March.", "The engineer repairs the pump on 27 March.", days=14) == []


def test_the_note_tells_them_before_anything_about_the_customer_and_names_no_colleague() -> None:
    mails = [
        mail("When is the pump repaired in my cellar?", 0),
        mail("Dear Gus,\n\nThe engineer repairs the pump on 20 March.\n\nLena Voss", 1, LENA, to=(CUSTOMER,)),
        mail("Dear Gus,\n\nOur engineer will repair your pump on 27 March.\n\nOtto Brand", 2, OTTO, to=(CUSTOMER,)),
        mail("You stupid, worthless idiots.", 3), mail("You pathetic, useless morons.", 4),
    ]  # fmt: skip
    done = conclude([CUSTOMER], mails, Ground(START + timedelta(days=5), OURS, policy.load("caraway")))
    (row,) = [one for one in done.proposals if one["kind"] in ("warn", "urgent")]
    first = explanation.our_part(row["our_part"])
    said = note.plain((first,))
    assert "Two mails of ours do not agree: 20 Mar 2026 in one, 27 Mar 2026 in the other" in said
    assert '"The engineer repairs the pump on 20 March." (3 Mar 2026)' in said and "Lena" not in said and "Otto" not in said
