"""A deed or a fact that is not what was asked for deals with nothing (004/SG1; practice, traps T1 and T2)."""

from __future__ import annotations

import pytest
from letters import letter

from triage import answer_model, staff_reading
from triage.answer_model import Heard
from triage.staff_reading import by_rules, learned, read

ASKED = "The tumble dryer in the wash house burnt my shirts. Will you pay the £60?"


def answers(own: str, asked: str = ASKED) -> bool:
    return bool(by_rules(letter(own), [(letter(asked, by_staff=False), False)]).act.answer)


def test_a_deed_beside_a_request_that_is_said_to_be_open_answers_nothing() -> None:
    assert answers("We have repaired the dryer.")
    assert not answers("We have repaired the dryer. Your claim's with the insurers.")
    assert answers("We can't pay for the shirts. Your complaint is with the council as you wished.")


def test_a_letter_that_restrains_answers_only_with_what_was_asked() -> None:
    stop = "Please do not write to my colleague any more."
    assert not answers(f"We have refunded the key money. {stop}")
    assert answers(f"We have paid the £60 for the shirts. {stop}")


@pytest.mark.parametrize(
    "own",
    [
        "Your remarks have been added to the guest book.",
        "We've opened a claim for you.",
        "Laundry claims are handled by the insurers' office now.",
        "Can you send the receipt again, as I have changed desks?",
        "I'll have a rummage through the lost property on Monday.",
        "Nobody has repaired the dryer.",
        "We cannot give you a date.",
    ],
)
def test_filing_passing_on_and_guessing_are_no_deeds(own: str) -> None:
    assert not answers(own)


@pytest.mark.parametrize(("sure", "seen"), [(0.7, False), (0.9, True)])
def test_what_shares_no_word_with_the_question_needs_the_models_word_too(
    monkeypatch: pytest.MonkeyPatch, sure: float, seen: bool
) -> None:
    said = Heard(sure, (dict.fromkeys(answer_model.LEARNT, 0.0) | {"answer": 0.9},))
    monkeypatch.setattr(answer_model.Judge, "hear", lambda *_: said)
    staff_reading._alone.cache_clear()
    before = [(letter(ASKED, by_staff=False), False)]
    act = read(letter("We have changed the street name on your account."), before)
    assert bool(act.answer) is seen and (seen or act.no_answer_because == learned.ELSEWHERE)
    assert read(letter("We have paid the £60 for the shirts."), before).answer
    assert read(letter("We have changed the street name on your account."), []).answer


def test_within_two_days_is_no_visit_that_the_model_may_not_doubt() -> None:
    assert learned._visits(" the engineer will bring it on DATE ")
    assert not learned._visits(" a real person will be with you in 48 hours ")
