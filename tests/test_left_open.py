"""Questions that our answers passed over, told one by one; and what is rather not told than told wrongly (003/2-b)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from turns import CUSTOMER, LENA, OURS, START, mail, staff, wrote

from triage import explanation, note, policy
from triage.answer import StaffAct
from triage.conclusion import Ground, conclude
from triage.left_open import left_open, questions

FOUR = (
    "Hello,\n\nWhen does the engineer repair the pump in the cellar? How much is the new deposit for the garage? Is the side gate locked "
    "at night? Please tell me also who reads the water meter.\n\nGus"
)


def passed_over(asked: str, *answers: str) -> list[str]:
    return [one.text for one in left_open([wrote(asked, 0), *(staff(text, 1 + day) for day, text in enumerate(answers))])]


def test_the_questions_an_answer_does_not_speak_of_are_told_each_in_its_own_words() -> None:
    assert passed_over(FOUR, "Dear Gus,\n\nThe engineer repairs the pump on 12 March.\n\nLena") == [
        "How much is the new deposit for the garage?", "Is the side gate locked at night?", "Please tell me also who reads the water meter.",
    ]  # fmt: skip


def test_a_later_answer_closes_what_an_earlier_one_left_open() -> None:
    first, second = "The engineer repairs the pump on 12 March.", "The deposit is 200 pounds, and the gate is locked from ten."
    assert passed_over(FOUR, first, second) == ["Please tell me also who reads the water meter."]


@pytest.mark.parametrize(
    "answer",
    [
        "The engineer comes on 12 March. For everything else please see the attached leaflet.",
        "As we discussed on the telephone, the engineer comes on 12 March.",
        "The engineer comes on 12 March; the deposit is 200 pounds; yes, the gate is locked; a colleague reads the meter.",
    ],
)
def test_nothing_is_told_where_the_answer_may_stand_elsewhere_or_gives_what_was_asked(answer: str) -> None:
    assert passed_over(FOUR, answer) == []


def test_a_day_answers_when_and_a_sum_how_much_even_without_a_common_word() -> None:
    asked = "When will you replace the boiler? How much would a second radiator be?"
    assert passed_over(asked, "It happens on 3 May.") == ["How much would a second radiator be?"]
    assert passed_over(asked, "It happens on 3 May, and that is 90 pounds.") == []


def test_what_was_asked_in_two_mails_before_one_answer_is_taken_together() -> None:
    turns = [
        wrote("When does the engineer repair the pump?", 0), wrote("One more thing: is the side gate locked at night?", 1),
        staff("The engineer repaired the pump today.", 2),
    ]  # fmt: skip
    assert [one.text for one in left_open(turns)] == ["One more thing: is the side gate locked at night?"]


def test_one_common_word_among_many_does_not_answer() -> None:
    asked = "When does the engineer repair the pump in the cellar? May I store my bicycle and a trailer in the cellar of the neighbours?"
    assert len(passed_over(asked, "The engineer repaired the pump in the cellar today.")) == 1


def test_of_a_mail_with_one_question_and_of_one_that_was_not_answered_nothing_is_told() -> None:
    assert passed_over("When does the engineer repair the pump?", "The gate is locked at night.") == []
    turns = [wrote(FOUR, 0), staff("We have received your email.", 1, StaffAct(no_answer_because="an acknowledgement"))]
    assert left_open(turns) == ()


@pytest.mark.parametrize(
    "text", ["How dare you ignore my letters?", "Are you completely stupid?", "Do you think the pump repairs itself?", "How many times must I ask about the pump?"]
)  # fmt: skip
def test_what_is_not_asked_for_an_answer_is_no_question(text: str) -> None:
    assert questions(mail(text, 0)) == ()


def test_the_note_tells_them_before_anything_about_the_customer() -> None:
    mails = [
        mail(FOUR, 0), mail("Dear Gus,\n\nThe engineer repaired the pump in the cellar today: a seal was worn, and he replaced it.\n\nLena Voss", 1, LENA, to=(CUSTOMER,)),
        mail("You stupid, worthless idiots.", 2), mail("You pathetic, useless morons, answer me about the garage.", 3),
    ]  # fmt: skip
    done = conclude([CUSTOMER], mails, Ground(START + timedelta(days=4), OURS, policy.load("jack-keller")))
    (row,) = [one for one in done.proposals if one["kind"] == "warn"]
    said = note.plain(explanation.note(row, policy.load("jack-keller")))
    assert "no answer of ours speaks of it" in said and '"Is the side gate locked at night?"' in said
    assert said.index("side gate locked") < said.index("worthless")
