"""What a letter of ours does besides answering, and why it is no answer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from letters import letter

from triage.message import Message
from triage.staff_reading import phrases, read, sentences


def _asked(own: str) -> list[tuple[Message, bool]]:
    return [(letter(own, by_staff=False), False)]


@pytest.mark.parametrize(
    ("mail", "reason"),
    [
        ("Thank you for your email.", "an acknowledgement"),
        ("We're looking into it.", "says that it is being looked into"),
        ("I've passed this to the lift team.", "says that it was passed on"),
        ("Someone will be in touch.", "a promise to come back"),
        ("Petra Lund has taken over. Please write to petra.lund@meadow.example.", "a hand-over to somebody else"),
        ("Could you send us a photo, please?", "only asks for something"),
        ("Your message was abusive. This is a formal warning.", "only about the way of writing"),
        ("Ich bin bis zum 9. März nicht im Büro und lese keine E-Mails.", "not in English, so nobody has judged it"),
        ("Dear Mr Abara,\n\nNell", "no words of its own"),
    ],
)
def test_a_letter_that_is_no_answer_says_why(mail: str, reason: str) -> None:
    act = read(letter(mail), _asked("When will the lift be repaired?"))
    assert (act.answer, act.no_answer_because) == ("", reason)


def test_a_machines_mail_does_nothing_whatever_it_says() -> None:
    act = read(letter("Your refund of £20 has been paid.", automatic="Auto-Submitted: auto-replied"), [])
    assert (act.answer, act.no_answer_because, act.promise) == ("", "an automatic reply", "")


def test_the_answer_is_a_stretch_of_the_letters_own_words() -> None:
    mail = "Dear Mr Abara,\n\nThank you for waiting. We refunded £45 to your card on 2 March.\nThe second payment stands.\n\nNell"
    act = read(letter(mail), _asked("I want £45 back."))
    assert act.answer and act.answer in mail
    assert "refunded £45" in act.answer and "Thank you" not in act.answer


def test_a_booked_visit_is_an_answer_and_a_promise_for_the_end_of_that_day() -> None:
    act = read(letter("I have booked an engineer for Thursday 12 March, between 8 and 12."), _asked("My boiler is broken."))
    assert "12 March" in act.answer
    assert act.promise_due == datetime(2026, 3, 12, 23, 59, 59, tzinfo=UTC)


def test_a_refund_with_a_collection_to_come_is_an_answer_and_a_promise() -> None:
    act = read(
        letter("£890 went back to your card this morning, and we'll collect the table on Thursday."),
        _asked("I want my money back."),
    )
    assert "£890" in act.answer
    assert act.promise_due == datetime(2026, 3, 5, 23, 59, 59, tzinfo=UTC)


def test_what_will_not_be_done_is_no_promise() -> None:
    act = read(letter("The fee was due on 1 March, so I won't be refunding it and will not change that."), [])
    assert act.promise == ""


def test_a_promise_without_a_day_has_no_due_date() -> None:
    act = read(letter("A colleague will contact you about it."), [])
    assert act.promise == "A colleague will contact you about it." and act.promise_due is None


def test_a_hand_over_names_the_colleague_by_address_and_by_name() -> None:
    act = read(letter("I'm on leave from tomorrow. Bob Sand has taken over; please write to him at bob.sand@meadow.example."), [])
    assert set(act.handover_to) == {"Bob Sand", "bob.sand@meadow.example"}


def test_a_refusal_inside_a_hand_over_decides_nothing() -> None:
    act = read(
        letter("I can't refund this myself. Please write to Carol Fenn at carol.fenn@meadow.example."), _asked("Refund me £20.")
    )
    assert (act.answer, act.no_answer_because) == ("", "a hand-over to somebody else")


def test_a_warned_letter_can_still_answer() -> None:
    act = read(
        letter(
            "We can't exchange a working kettle, and that is our final answer. Your words about Nell were abusive. "
            "Please treat this as a formal warning: if it happens again we may restrict your contact."
        ),
        _asked("Swap my kettle."),
    )
    assert "exchange" in act.answer and "final answer" in act.final
    assert act.warning.startswith("Please treat this as a formal warning")
    assert act.restriction is None


def test_a_request_for_an_adjustment_is_not_answered_by_a_letter_that_says_nothing_of_it() -> None:
    wish = _asked("I am autistic and need my letters in short points. When is my review?")
    act = read(letter("Your review is on 12 March at 2pm."), wish)
    assert (act.answer, act.no_answer_because) == ("", "it does not settle the adjustment that was asked for")
    act = read(letter("Your review is on 12 March at 2pm. From now on we will write to you in short points."), wish)
    assert act.answer and "short points" in act.adjustment_agreed


def test_a_restriction_tells_its_subject_and_how_to_appeal() -> None:
    act = read(
        letter(
            "We have decided to restrict your contact: until September 30, 2026 we will not reply to emails about the deposit for 4 Elm Court. "
            "You may appeal within 30 days by replying to this message."
        ),
        [],
    )
    assert act.restriction is not None
    assert act.restriction.subject == "the deposit for 4 Elm Court"
    assert act.restriction.until == datetime(2026, 9, 30, 23, 59, 59, tzinfo=UTC)
    assert act.restriction.appeal_offered.startswith("You may appeal within 30 days")


def test_a_restriction_without_a_date_has_no_end() -> None:
    act = read(letter("We will no longer reply to your emails about order 5512."), [])
    assert act.restriction is not None and act.restriction.until is None


def test_a_new_end_told_after_the_sentence_that_decides_an_appeal_is_read() -> None:
    own = "I have decided your appeal. The restriction was justified. It now ends on June 30, 2026 instead of October 31."
    act = read(letter(own), [])
    assert act.appeal_decided and act.restriction and act.restriction.until
    assert (act.restriction.until.month, act.restriction.until.day) == (6, 30)


def test_the_time_to_appeal_is_not_the_end_of_the_restriction() -> None:
    act = read(letter("We have decided to restrict your contact with us. You may appeal until 20 March 2026."), [])
    assert act.restriction is not None and act.restriction.until is None


def test_an_earlier_warning_that_is_only_mentioned_is_no_new_one() -> None:
    assert read(letter("You were warned on 20 February. The chair is ready for you."), []).warning == ""


def test_words_in_quotation_marks_are_not_ours() -> None:
    act = read(letter('You wrote that "we have refunded you" and "this is a formal warning". I have noted that.'), [])
    assert (act.answer, act.warning) == ("", "")


def test_a_reason_and_a_way_up_are_found() -> None:
    act = read(
        letter("We can't refund the course, because it had begun. If you disagree, you can complain to the ombudsman."),
        _asked("Refund the course."),
    )
    assert "because it had begun" in act.explains
    assert "ombudsman" in act.escalation


def test_a_question_asks_and_a_plain_fact_does_not() -> None:
    assert read(letter("It comes to £164. Shall I book?"), []).asks == "Shall I book?"
    assert read(letter("The report shows which door was damaged."), []).asks == ""


def test_abbreviations_and_wrapped_lines_do_not_end_a_sentence() -> None:
    mail = "Mr. Reyes of Hale Inc. has looked at the drain and says that it is blocked\nby roots from the neighbouring garden."
    assert [one.text for one in sentences.read(mail)] == [mail]


@pytest.mark.parametrize("name", ["answers", "holding", "notices", "pointers"])
def test_every_group_of_phrases_says_why_it_is_there(name: str) -> None:
    assert all(group.why for group in phrases.groups(name).values())


def test_brackets_within_brackets_are_refused_with_the_phrase() -> None:
    with pytest.raises(ValueError, match="brackets within brackets"):
        phrases.pattern("we (have (now|just)) paid")


def test_an_endless_letter_is_read_in_a_moment() -> None:
    assert read(letter("we will not be able to reply to you about the " * 3000), []).answer == ""


def test_a_plain_fact_counts_alone_but_not_in_a_letter_that_puts_off() -> None:
    wish = _asked("Was £45 charged twice on my March invoice?")
    fact = "The March invoice shows £45 on two lines."
    assert read(letter(fact), wish).answer == fact
    act = read(letter(f"{fact} I have asked accounts why and will come back to you."), wish)
    assert (act.answer, act.no_answer_because) == ("", "says that it was passed on")
