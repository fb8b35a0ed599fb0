"""Letters of one template are found, however each writer dressed them; short thanks are not."""

from __future__ import annotations

import pytest

from triage import template

POOL = (
    "I ask the board to keep the evening swimming hour at Thornley Baths. Shift workers and carers have no other "
    "time in the week when they can swim, and the nearest other pool is eleven miles off with no bus after six. "
    "Please count the swimmers in March before you vote, and let the public speak at the meeting."
)
LETTERS = [
    f"Dear Board,\n\n{POOL}\n\nYours faithfully,\nEdna Hurst",
    f"To whom it may concern\n\nMy hip was rebuilt in that pool. {POOL}\n\nRegards\nWes Oduya",
    f"{POOL}\n\nAlso my flat at 4 Quay Row has had no hot water since Monday and nobody comes.\n\nP. Lund",
    POOL.replace("I ask", "We ask").replace("eleven miles", "11 miles"),
]


@pytest.mark.parametrize("letter", LETTERS[1:])
def test_letters_of_one_template_share_a_band_and_are_alike(letter: str) -> None:
    assert set(template.bands(LETTERS[0])) & set(template.bands(letter))
    assert template.alike(LETTERS[0], letter) >= template.TWIN


def test_two_people_writing_about_the_same_thing_in_their_own_words_are_no_twins() -> None:
    other = (
        "Closing the baths after six would hit me hard because I finish at the depot at half past five and swimming is what "
        "keeps my back going. Have you asked anybody who works shifts? I would gladly come and say so in person."
    )
    assert template.alike(LETTERS[0], other) < 0.1
    assert not set(template.bands(LETTERS[0])) & set(template.bands(other))


def test_short_thanks_are_never_twins() -> None:
    assert template.bands("Thank you very much, that is sorted now. Kind regards") == ()
    assert template.alike("Thank you very much, that is sorted now.", "Thank you very much, that is sorted now.") == 0.0


def test_a_shared_opening_line_makes_no_template() -> None:
    opening = "I hope this finds you well and thank you for your letter of last week about my account."
    one = f"{opening} The direct debit left twice in April, once on the second and once on the fourth, please put one back."
    other = f"{opening} My mother has moved to Ashby House and somebody should take her name off the tenancy before June starts."
    assert template.alike(one, other) == 0.0


def test_the_personal_case_is_lifted_out_of_a_campaign_letter() -> None:
    added = template.additions(LETTERS[2], LETTERS[0])
    assert added == "Also my flat at 4 Quay Row has had no hot water since Monday and nobody comes."


def test_nothing_is_lifted_out_when_nothing_was_added() -> None:
    assert template.additions(LETTERS[0], LETTERS[1]) == ""


def test_bands_never_change_between_runs() -> None:
    assert template.bands(POOL)[:2] == (5385320926969687971, 4742875156824519242)  # as stored by any earlier run, on any machine
    assert all(0 <= band < 2**63 for band in template.bands(POOL))
    assert len(template.bands(POOL)) == 20


def test_a_very_long_mail_is_cut_before_it_is_compared() -> None:
    assert template.alike(POOL + " word" * 100_000, POOL) >= template.TWIN
