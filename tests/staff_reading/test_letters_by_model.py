"""What the trained answer model may add to the rules and what it may not; and that the shipped one does."""

from __future__ import annotations

from pathlib import Path

import pytest
from letters import letter

from triage import answer_data, answer_evaluation, answer_model, staff_reading
from triage.answer_model import Heard
from triage.message import Message
from triage.staff_reading import by_rules, learned, read

LIMITS = {"answer": 0.9, "alone": 0.7, "veto": 0.2, "explains": 0.6, "offer": 0.6, "final": 0.6}
ASKED = "Where has the grandfather clock got to that I left with you in May?"
QUIET = "Tom drove it over to your sister's yesterday."
PUT_OFF = "We are looking into it."


def asked(own: str = ASKED) -> list[tuple[Message, bool]]:
    return [(letter(own, by_staff=False), False)]


def heard(whole: float, *sentences: float, **more: float) -> Heard:
    return Heard(whole, tuple(dict.fromkeys(answer_model.LEARNT, 0.0) | {"answer": one} | more for one in sentences))


def judged(mail: str, said: Heard) -> tuple[str, str]:
    reading = by_rules(letter(mail), asked())
    return learned.answer(mail, said, reading.alone.parts, reading.found, LIMITS)


def test_an_answer_far_above_all_that_is_none_is_taken_for_one_and_quoted() -> None:
    assert judged(QUIET, heard(0.95, 0.9)) == (QUIET, "")


def test_below_that_the_rules_have_the_last_word() -> None:
    assert judged(QUIET, heard(0.89, 0.9))[0] == ""


def test_the_sentences_beside_it_that_answer_too_are_quoted_with_it() -> None:
    mail = f"Good to hear from you. {QUIET} She signed for it herself."
    assert judged(mail, heard(0.95, 0.1, 0.9, 0.8)) == (f"{QUIET} She signed for it herself.", "")


def test_words_that_put_off_are_no_answer_however_sure_the_model_is() -> None:
    assert judged(PUT_OFF, heard(1.0, 1.0)) == ("", "says that it is being looked into")


def test_beside_words_that_put_off_the_answering_sentence_must_be_sure_by_itself() -> None:
    mail = f"{QUIET} {PUT_OFF}"
    assert judged(mail, heard(0.95, 0.6, 0.1))[0] == ""
    assert judged(mail, heard(0.95, 0.8, 0.1)) == (QUIET, "")


def test_a_question_of_ours_answers_nothing() -> None:
    assert judged("Was it the walnut clock with the moon on it?", heard(1.0, 1.0))[0] == ""


def test_what_the_rules_took_for_an_answer_is_doubted_when_the_letter_sounds_like_putting_off() -> None:
    mail = "I have posted the clock key to you."
    assert judged(mail, heard(0.5, 0.1))[0] == mail
    assert judged(mail, heard(0.1, 0.5))[0] == mail
    assert judged(mail, heard(0.1, 0.1)) == ("", learned.DOUBTED)


@pytest.mark.parametrize(
    "mail", ["We have refunded the £40 for the clock in full.", "The carrier will bring the clock on Tuesday 10 March at noon."]
)
def test_but_not_what_decides_outright_or_names_the_day_of_a_visit(mail: str) -> None:
    assert judged(mail, heard(0.0, 0.0))[0] == mail


@pytest.mark.parametrize("mail", ["If the spring was faulty we would mend the clock.", "Your sister may have your clock by now."])
def test_what_hangs_on_a_condition_is_no_answer(mail: str) -> None:
    assert judged(mail, heard(1.0, 1.0))[0] == ""


@pytest.fixture
def sure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that takes every sentence for an answer, a reason and a last word."""
    certain = heard(1.0, *[1.0] * 9, explains=1.0, final=1.0, offer=1.0)
    monkeypatch.setattr(answer_model.Judge, "hear", lambda *_: certain)


@pytest.mark.usefixtures("sure")
def test_a_machines_letter_answers_nothing() -> None:
    assert read(letter(QUIET, automatic="Auto-Submitted: auto-replied"), asked()).answer == ""


@pytest.mark.usefixtures("sure")
@pytest.mark.parametrize(
    "mail", ["Dear Mr Abara,\n\nNell", "Ihre Uhr ist seit gestern bei Ihrer Schwester, Tom hat sie hingebracht."]
)
def test_nor_does_one_that_nobody_can_read(mail: str) -> None:
    assert read(letter(mail), asked()).answer == ""


@pytest.mark.usefixtures("sure")
def test_an_adjustment_that_is_left_open_stays_open() -> None:
    act = read(
        letter("I have posted the clock key to you."), asked("I am deaf, please make a reasonable adjustment: no phone calls.")
    )
    assert (act.answer, act.no_answer_because) == ("", "it does not settle the adjustment that was asked for")


def test_a_reason_counts_only_with_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_model.Judge, "hear", lambda *_: heard(0.0, 0.0, explains=1.0))
    assert read(letter(PUT_OFF), asked()).explains == ""


def test_without_a_model_the_rules_speak_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    staff_reading._alone.cache_clear()
    monkeypatch.setattr(answer_model, "loaded", lambda: None)
    mail = letter(f"{QUIET} Nothing was broken on the way, since he wrapped it well.")
    assert read(mail, asked()) == by_rules(mail, asked()).act
    staff_reading._alone.cache_clear()


HELD_BACK = [one for one in answer_data.read(answer_model.FOLDER) if one.held_back]


def test_of_letters_nobody_learned_from_more_answers_are_seen_than_by_rules_and_less_else_is_taken_for_one() -> None:
    together, by_rules_alone = answer_evaluation.acts(HELD_BACK)
    now = answer_evaluation.figures(HELD_BACK, together)["answer"]
    before = answer_evaluation.figures(HELD_BACK, by_rules_alone)["answer"]
    assert now.recall >= before.recall + RECALL_GAINED, (now, before)
    assert now.mistaken <= MISTAKEN, now


RECALL_GAINED, MISTAKEN = 0.08, 0.08


def test_the_report_says_both_beside_each_other() -> None:
    lines = list(answer_evaluation.evaluate(Path(answer_model.FOLDER)))
    assert lines[0].startswith(f"held back: {len(HELD_BACK)} letters")
    assert any(line.startswith("rules and model answer") for line in lines)
    assert any(line.startswith("rules alone") for line in lines)
