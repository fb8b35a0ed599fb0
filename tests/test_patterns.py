"""What many mails show, and what only looks like it: repeat, volume, staff-shopping, arguing, writing after a stop."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from turns import DESK, LENA, OTTO, OURS, RHEA, START, evidence, staff, wrote

from triage.answer import Notice, StaffAct
from triage.detect import after_stop, arguing, repeat, staff_shopping, volume
from triage.evidence import Directory, Turn

REQUEST = "Please exchange the garden pump that hums, I want another pump."
AGAIN = "I still want another garden pump, please exchange the pump that hums."
NO = "The garden pump hums as every pump of this make does. It is not faulty, so we do not exchange it."
STILL_NO = "As we wrote, the pump is not faulty, and we do not exchange it."


def explained(words: str = NO) -> StaffAct:
    return StaffAct(answer=words, explains="every pump of this make hums")


ACKNOWLEDGED = StaffAct(no_answer_because="an acknowledgement")


# --- repeat (004/UD5)


def test_the_same_request_after_two_answers_is_a_repeat_that_quotes_both() -> None:
    first, second = staff(NO, 1), staff(STILL_NO, 3)
    (sign,) = repeat.detect(evidence(wrote(REQUEST, 0), first, wrote(AGAIN, 2), second, wrote(AGAIN, 4)))
    assert sign.earlier == (first.message.message_id, second.message.message_id)
    assert {quote.text for quote in sign.quotes} >= {NO, STILL_NO}
    assert "answered 2 times" in sign.reason


def test_writing_again_after_one_answer_is_anybody_s_right() -> None:
    assert not list(repeat.detect(evidence(wrote(REQUEST, 0), staff(NO, 1), wrote(AGAIN, 2))))


def test_acknowledgements_are_no_answers_however_many_there_are() -> None:
    turns = [
        turn
        for day in range(0, 20, 2)
        for turn in (wrote(AGAIN, day), staff("We have received your mail.", day + 1, ACKNOWLEDGED, automatic=True))
    ]
    assert not list(repeat.detect(evidence(*turns, wrote(AGAIN, 30))))


def test_thanks_after_two_answers_are_no_repeat() -> None:
    turns = (wrote(REQUEST, 0), staff(NO, 1), wrote(AGAIN, 2), staff(STILL_NO, 3))
    assert not list(repeat.detect(evidence(*turns, wrote("Thank you for explaining about the pump, understood.", 4))))


@pytest.mark.parametrize(
    "own",
    [
        "Do you warn everybody so, you clowns? Warn me again then.",
        "The pump is fine now. Could I have the wooden crate back?",
    ],
)
def test_who_only_answers_a_warning_or_asks_for_something_new_does_not_repeat(own: str) -> None:
    turns = (wrote(REQUEST, 0), staff(NO, 1), wrote(AGAIN, 2), staff(f"{STILL_NO} This is a formal warning.", 3))
    assert not list(repeat.detect(evidence(*turns, wrote(own, 4))))


def test_asking_for_what_was_promised_is_no_repeat() -> None:
    promised = StaffAct(promise="we will exchange the pump", promise_due=START + timedelta(days=5), no_answer_because="a promise")
    turns = (wrote(REQUEST, 0), staff(NO, 1), wrote(AGAIN, 2), staff(NO, 3), staff("We will exchange the pump.", 4, promised))
    assert not list(repeat.detect(evidence(*turns, wrote("The new pump has not come. When do I get another garden pump?", 9))))


def test_sending_what_staff_asked_for_is_no_repeat() -> None:
    asks = StaffAct(asks="please send us a recording of the hum", no_answer_because="a question")
    turns = (wrote(REQUEST, 0), staff(NO, 1), wrote(AGAIN, 2), staff(NO, 3), staff("Please send us a recording.", 4, asks))
    assert not list(repeat.detect(evidence(*turns, wrote("Here is the recording of the garden pump that hums, please.", 5))))


def test_new_facts_make_a_repeat_less_sure_and_are_named() -> None:
    turns = (wrote(REQUEST, 0), staff(NO, 1), wrote(AGAIN, 2), staff(STILL_NO, 3))
    news = wrote(
        "I still want another garden pump: enclosed is a report, a video and the invoice 4471 that hums, please exchange.", 4
    )
    (sign,) = repeat.detect(evidence(*turns, news))
    assert sign.strength < 0.8 and "4471" in sign.reason and "check whether it reopens the matter" in sign.reason


def test_answers_on_another_matter_do_not_count() -> None:
    turns = (
        wrote(REQUEST, 0, matter="hose"),
        staff(NO, 1, matter="hose"),
        wrote(AGAIN, 2, matter="hose"),
        staff(NO, 3, matter="hose"),
    )
    assert not list(repeat.detect(evidence(*turns, wrote(REQUEST, 4))))


# --- volume (002/B3)


def burst(count: int, start: float) -> list[Turn]:
    """So many mails within an hour."""
    return [wrote(f"{AGAIN} ({number})", start + number / 24 / count) for number in range(count)]


def test_six_mails_on_one_day_about_an_answered_matter_are_many_and_are_counted() -> None:
    (sign,) = volume.detect(evidence(wrote(REQUEST, 0), staff(NO, 1), *burst(6, 5)))
    assert sign.reason.startswith("6 mails on this matter within 24 hours") and "had been answered" in sign.reason


def test_five_mails_on_one_day_are_not_many() -> None:
    assert not list(volume.detect(evidence(wrote(REQUEST, 0), staff(NO, 1), *burst(5, 5))))


def test_a_burst_that_runs_past_midnight_is_one_burst() -> None:
    seven = [wrote(f"{AGAIN} ({number})", 5 + number / 4.5) for number in range(7)]
    (sign,) = volume.detect(evidence(wrote(REQUEST, 0), staff(NO, 1), *seven))
    assert sign.reason.startswith("7 mails on this matter within 48 hours") and "the pack's number is 7" in sign.reason
    assert not list(volume.detect(evidence(wrote(REQUEST, 0), staff(NO, 1), *seven[:-1])))


def test_forty_chasers_that_got_acknowledgements_only_are_no_volume() -> None:
    turns: list[Turn] = []
    for day in range(40):
        turns += [wrote(f"Has anybody looked at the pump yet? Day {day}.", day), staff("Received.", day + 0.1, ACKNOWLEDGED)]
        assert not list(volume.detect(evidence(*turns[:-1])))
    assert not list(volume.detect(evidence(*turns, *burst(8, 41))))


def test_a_burst_that_nobody_could_have_answered_is_told_with_less_certainty() -> None:
    (sign,) = volume.detect(evidence(*burst(12, 0)))
    assert sign.strength < 0.8 and "Nobody could have answered yet" in sign.reason
    assert not list(volume.detect(evidence(*burst(8, 0))))


def test_one_photograph_a_mail_is_what_was_asked_for() -> None:
    asks = staff("Please send photographs of the pump, one in each mail.", 1, StaffAct(answer=NO, asks="photographs"))
    photographs = [wrote(f"Photograph {number}.", 2 + number / 100, attachments=("pump.jpg",)) for number in range(9)]
    assert not list(volume.detect(evidence(wrote(REQUEST, 0), asks, *photographs)))


# --- staff-shopping (004/UD7)


def to(*people: str) -> tuple[str, ...]:
    return people


def test_the_same_request_to_a_third_colleague_after_one_answer_is_staff_shopping() -> None:
    turns = (wrote(REQUEST, 0, to=to(LENA)), staff(NO, 1), wrote(AGAIN, 2, to=to(OTTO)))
    (sign,) = staff_shopping.detect(evidence(*turns, wrote(AGAIN, 3, to=to(RHEA))))
    assert f"to {RHEA} after it was answered" in sign.reason and f"answered by {LENA}" in sign.reason


def test_the_same_request_to_a_second_colleague_after_two_answers_is_staff_shopping() -> None:
    turns = (wrote(REQUEST, 0, to=to(LENA)), staff(NO, 1), wrote(AGAIN, 2, to=to(LENA)), staff(STILL_NO, 3))
    (sign,) = staff_shopping.detect(evidence(*turns, wrote(AGAIN, 4, to=to(OTTO))))
    assert NO in [quote.text for quote in sign.quotes]


def test_a_second_person_asked_as_if_there_had_been_no_answer_is_staff_shopping_and_less_sure() -> None:
    turns = (wrote(REQUEST, 0, to=to(LENA)), staff(NO, 1))
    (sign,) = staff_shopping.detect(evidence(*turns, wrote(REQUEST, 3, to=to(OTTO), subject="Pump")))
    assert 0.5 <= sign.strength < 0.8


@pytest.mark.parametrize(
    "said", ["Lena says it is not faulty.", "I disagree with the answer I was given.", "You wrote that it hums."]
)
def test_a_second_person_asked_openly_is_a_second_opinion(said: str) -> None:
    turns = (wrote(REQUEST, 0, to=to(LENA)), staff(NO, 1))
    assert not list(staff_shopping.detect(evidence(*turns, wrote(f"{said} {REQUEST}", 3, to=to(OTTO), subject="Pump"))))


def test_the_same_request_to_two_further_colleagues_at_once_is_staff_shopping() -> None:
    turns = (wrote(REQUEST, 0, to=to(LENA)), staff(NO, 1))
    assert list(staff_shopping.detect(evidence(*turns, wrote(AGAIN, 2, to=to(OTTO, RHEA)))))


ANSWERED_TWICE = (wrote(REQUEST, 0, to=to(LENA)), staff(NO, 1), wrote(AGAIN, 2, to=to(LENA)), staff(STILL_NO, 3))
PROMISED = StaffAct(promise="a second look at the pump", no_answer_because="a promise")
LOOK_ALIKES = {
    "a copy to a colleague": (*ANSWERED_TWICE, wrote(AGAIN, 4, to=to(LENA), cc=to(OTTO))),
    "the one who answered is among those it goes to": (*ANSWERED_TWICE, wrote(AGAIN, 4, to=to(OTTO, LENA))),
    "it goes to the shared mailbox": (*ANSWERED_TWICE, wrote(AGAIN, 4, to=to(DESK))),
    "we handed over": (
        *ANSWERED_TWICE,
        staff("Otto Brand looks after pumps from now on.", 3.5, StaffAct(handover_to=("Otto Brand",), no_answer_because="a hand-over")),
        wrote(AGAIN, 4, to=to(OTTO)),
    ),
    "the colleague has written in the matter before": (
        *ANSWERED_TWICE, staff(STILL_NO, 3.5, by=OTTO), wrote(AGAIN, 4, to=to(OTTO)),
    ),
    "the one who answered is on leave": (*ANSWERED_TWICE, wrote(f"Lena Voss is away until May. {AGAIN}", 4, to=to(OTTO))),
    "the customer was sent on": (*ANSWERED_TWICE, wrote(f"I was told to write to you. {AGAIN}", 4, to=to(OTTO))),
    "nobody has answered yet": (wrote(REQUEST, 0, to=to(LENA)), wrote(AGAIN, 9, to=to(OTTO)), wrote(AGAIN, 14, to=to(RHEA))),
    "only acknowledgements came": (
        wrote(REQUEST, 0, to=to(LENA)), staff("Received.", 1, ACKNOWLEDGED), wrote(AGAIN, 2, to=to(OTTO)),
        staff("Received.", 3, ACKNOWLEDGED, by=OTTO), wrote(AGAIN, 4, to=to(RHEA)),
    ),
    "a promise is outstanding": (*ANSWERED_TWICE, staff("I shall look at the pump again.", 3.5, PROMISED), wrote(AGAIN, 4, to=to(OTTO))),
    "it is a complaint to a manager": (*ANSWERED_TWICE, wrote(f"I wish to complain to the manager. {AGAIN}", 4, to=to(OTTO))),
    "the colleague ranks above": (
        *ANSWERED_TWICE, staff("Welcome.\n\nOtto Brand\nHead of sales", 0.5, ACKNOWLEDGED, by=OTTO, matter="welcome"),
        wrote(AGAIN, 4, to=to(OTTO)),
    ),
    "it is another request": (
        *ANSWERED_TWICE, wrote("Which fertiliser suits azaleas in clay soil?", 4, to=to(OTTO), subject="Azaleas"),
    ),
}  # fmt: skip


def test_being_told_to_write_excuses_no_fourth_colleague_whom_nobody_of_us_has_named() -> None:
    three = (*ANSWERED_TWICE, wrote(AGAIN, 4, to=to(OTTO)), staff(STILL_NO, 5, by=OTTO), wrote(AGAIN, 6, to=to(RHEA)))
    fourth = wrote(f"I am told that you decide it. {AGAIN}", 8, to=to("nan.odell@mill.example"))
    ours = Directory(OURS.domains, staff=(*OURS.staff, "nan.odell@mill.example"), mailboxes=OURS.mailboxes)
    seen = evidence(*three, staff(STILL_NO, 7, by=RHEA), fourth)
    assert list(staff_shopping.detect(replace(seen, directory=ours)))


@pytest.mark.parametrize("what", LOOK_ALIKES)
def test_what_only_looks_like_staff_shopping_is_none_when(what: str) -> None:
    assert not list(staff_shopping.detect(evidence(*LOOK_ALIKES[what])))


# --- arguing (004/UD8)


def test_contesting_after_three_explanations_is_arguing_and_quotes_them() -> None:
    turns = (
        wrote(REQUEST, 0), staff(NO, 1, explained()), wrote(AGAIN, 2), staff(STILL_NO, 3, explained(STILL_NO)), wrote(AGAIN, 4),
        staff(NO, 5, explained()),
    )  # fmt: skip
    (sign,) = arguing.detect(evidence(*turns, wrote("You are wrong about the pump, exchange the garden pump that hums.", 6)))
    assert "explained 3 times" in sign.reason
    assert [quote.text for quote in sign.quotes][-1] == "every pump of this make hums"


def test_contesting_a_decision_once_or_twice_is_anybody_s_right() -> None:
    turns = (wrote(REQUEST, 0), staff(NO, 1, explained()), wrote(AGAIN, 2), staff(STILL_NO, 3, explained()))
    assert not list(arguing.detect(evidence(*turns[:2], wrote("I do not agree, please exchange the pump.", 2))))
    assert not list(arguing.detect(evidence(*turns, wrote("I do not agree, please exchange the pump.", 4))))


def test_a_reason_and_our_last_word_contested_twice_and_pressed_again_is_arguing() -> None:
    last = StaffAct(answer=NO, final="That is our last word on the pump.")
    turns = (wrote(REQUEST, 0), staff(NO, 1, explained()), wrote(AGAIN, 2), staff(NO, 3, last), wrote(AGAIN, 4), staff(NO, 5))
    (sign,) = arguing.detect(evidence(*turns, wrote("You are wrong about the pump, exchange the garden pump that hums.", 6)))
    assert "explained once and called our last word" in sign.reason
    assert not list(arguing.detect(evidence(*turns[:4], wrote(AGAIN, 6))))


def test_whoever_replies_to_the_letter_of_a_restriction_is_not_arguing_about_the_decision() -> None:
    notice = staff(NO, 5, StaffAct(answer=NO, explains=NO, restriction=Notice("no replies about the pump", START, None)))
    turns = (wrote(REQUEST, 0), staff(NO, 1, explained()), wrote(AGAIN, 2), staff(NO, 3, explained()), wrote(AGAIN, 4), notice)
    last = wrote("Please make it shorter than that, I only want another pump.", 6)
    assert list(arguing.detect(evidence(*turns, last)))
    reply = replace(last, message=replace(last.message, in_reply_to=notice.message.message_id))
    assert not list(arguing.detect(evidence(*turns, reply)))


def test_a_last_word_without_a_reason_is_no_explanation() -> None:
    last = StaffAct(answer=NO, final="That is our last word on the pump.")
    turns = (wrote(REQUEST, 0), staff(NO, 1, last), wrote(AGAIN, 2), staff(NO, 3, last), wrote(AGAIN, 4), staff(NO, 5, last))
    assert not list(arguing.detect(evidence(*turns, wrote(AGAIN, 6))))


def test_answers_that_gave_no_reason_are_no_explanations() -> None:
    turns = (wrote(REQUEST, 0), staff("No.", 1), wrote(AGAIN, 2), staff("No.", 3), wrote(AGAIN, 4), staff("No.", 5))
    assert not list(arguing.detect(evidence(*turns, wrote(AGAIN, 6))))


def test_new_facts_are_no_arguing() -> None:
    turns = (
        wrote(REQUEST, 0), staff(NO, 1, explained()), wrote(AGAIN, 2), staff(NO, 3, explained()), wrote(AGAIN, 4), staff(NO, 5, explained()),
    )  # fmt: skip
    news = wrote("Please look again: I enclose a report, a video and a photo of the pump, and invoice 4471.", 6)
    assert not list(arguing.detect(evidence(*turns, news)))


# --- after a stop (004/UD6)

STOP = StaffAct(answer=NO, stop="please do not write to us about the pump any more")


def test_a_mail_after_the_request_not_to_write_is_told_with_its_words_and_date() -> None:
    asked = staff(NO, 3, STOP)
    (sign,) = after_stop.detect(evidence(wrote(REQUEST, 0), asked, wrote(AGAIN, 4)))
    assert "2026-03-05" in sign.reason and sign.earlier == (asked.message.message_id,)
    assert "please do not write to us about the pump any more" in [quote.text for quote in sign.quotes]


def test_accepting_the_request_is_no_breach_of_it() -> None:
    assert not list(after_stop.detect(evidence(wrote(REQUEST, 0), staff(NO, 3, STOP), wrote("Understood, thank you.", 4))))


def test_another_matter_may_be_written_about() -> None:
    assert not list(
        after_stop.detect(evidence(wrote(REQUEST, 0), staff(NO, 3, STOP), wrote("Do you sell hoses?", 4, matter="hose")))
    )


def test_whoever_asks_the_customer_something_has_opened_the_door_again() -> None:
    asks = StaffAct(asks="the number on the pump", no_answer_because="a question")
    turns = (wrote(REQUEST, 0), staff(NO, 3, STOP), staff("What number stands on the pump?", 4, asks))
    assert not list(after_stop.detect(evidence(*turns, wrote("It is 77, please exchange it.", 5))))


def test_whoever_is_written_to_after_a_stop_may_answer() -> None:
    asking_after = staff("Are you all right after the storm?", 5, StaffAct(no_answer_because="a question"))
    turns = (wrote(REQUEST, 0), staff(NO, 3, STOP), asking_after)
    mine = wrote("I am, and the pump is under water.", 6)
    answer = replace(mine, message=replace(mine.message, in_reply_to=asking_after.message.message_id))
    assert not list(after_stop.detect(evidence(*turns, answer)))
    assert list(after_stop.detect(evidence(*turns, mine))), "not a reply to it"


def test_an_answer_to_the_stop_repeated_is_still_a_mail_after_it() -> None:
    repeated = staff("As we said, please do not write about the pump.", 5, STOP)
    mine = wrote(AGAIN, 6)
    answer = replace(mine, message=replace(mine.message, in_reply_to=repeated.message.message_id))
    assert list(after_stop.detect(evidence(wrote(REQUEST, 0), staff(NO, 3, STOP), repeated, answer)))


def test_a_restriction_asks_not_to_write_until_its_end_and_no_longer() -> None:
    notice = Notice("we will not reply about the pump until 12 March", START + timedelta(days=3), START + timedelta(days=10))
    turns = (wrote(REQUEST, 0), staff("You are restricted.", 3, StaffAct(restriction=notice)))
    assert list(after_stop.detect(evidence(*turns, wrote(AGAIN, 9))))
    assert not list(after_stop.detect(evidence(*turns, wrote(AGAIN, 11))))
    lifted = staff("The restriction is lifted.", 5, StaffAct(lifted="the restriction is lifted"))
    assert not list(after_stop.detect(evidence(*turns, lifted, wrote(AGAIN, 9))))
