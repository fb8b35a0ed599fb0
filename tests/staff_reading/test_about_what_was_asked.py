"""An answer is seen also where its deciding sentence shares no word with the question: what stands beside it, and what was wrong, tell."""

from __future__ import annotations

import pytest
from letters import letter

from triage.staff_reading import by_rules, read

BROKEN = "The radiator in my room stays cold. Could you send somebody?"


def answer(own: str, asked: str) -> str:
    return read(letter(own), [(letter(asked, by_staff=False), False)]).answer


def near(own: str, asked: str) -> bool:
    return by_rules(letter(own), [(letter(asked, by_staff=False), False)]).found.near


def test_the_words_about_what_was_asked_answer_though_others_sound_surer() -> None:
    said = answer(
        "The glazier comes to you on 9 March and puts in the pane. The visit is booked.", "My pane has a crack. Please mend it."
    )
    assert "the pane" in said


def test_a_decision_after_a_statement_about_what_was_asked_is_about_it() -> None:
    asked = "Can I have a bigger allotment?"
    assert near("Your name is seventh on the allotment list. The order is by date, so we cannot put you first.", asked)
    assert not near("The order is by date, so we cannot put you first.", asked)
    assert not near("Thank you for your mail about the allotment. The order is by date, so we cannot put you first.", asked)


def test_who_comes_to_mend_answers_that_something_is_broken_whatever_it_is_called() -> None:
    assert near("Our plumber changed the valve on Tuesday.", f"{BROKEN} It has stopped working.")
    assert not near("Our plumber changed the valve on Tuesday.", "May I paint the fence?")
    assert not near("We have reduced the parking fee.", f"{BROKEN} It has stopped working.")


@pytest.mark.parametrize(
    "sorry", ["I am sorry for our late reply.", "Please excuse our slow answer.", "Apologies for the delay."]
)
def test_an_answer_that_comes_late_and_says_so_is_one(sorry: str) -> None:
    asked = "What is the charge for a second bin?"
    assert answer(f"{sorry} The charge for a second bin is £31 a year.", asked)
    assert not answer(f"{sorry} We are still looking at the charge for a second bin.", asked)


def test_of_a_question_in_another_language_no_word_is_known() -> None:
    asked = "Guten Tag, die Heizung in meiner Wohnung geht seit gestern nicht mehr. Wann kommt jemand zu uns?"
    assert near("The contractor changed the pump on Tuesday.", asked)
    assert answer("Dear Mr Ott, the heating engineer comes on 9 March between 8 and 10 and changes the pump.", asked)


def test_that_we_shall_send_no_further_letters_asks_nobody_to_stop_writing() -> None:
    assert not read(letter("No further letters about the arrears will be sent to you."), []).stop
    assert read(letter("No further letters about the arrears, please."), []).stop


def test_a_survey_of_a_wall_is_no_survey_of_customers() -> None:
    asked = "The wall is damp. What is the cause?"
    assert answer("The survey shows that the damp in the wall is caused by a split gutter.", asked)
    assert not answer("Please take our short survey about the damp wall.", asked)


def test_what_is_with_the_locksmith_is_open_whatever_else_was_mended() -> None:
    asked = "The front door does not lock. When will it be mended?"
    assert not answer("The shed door was mended on Tuesday. The front door is with the locksmith.", asked)
    assert not answer("The front door has been added to the locksmith's sheet.", asked)
