"""Which mails are about the same thing, and why they were joined."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest
from turns import LENA, mail

from triage import comparison
from triage.matter import Board, Hints, Known, Link, group, plain_subject
from triage.message import Message, Wording

if TYPE_CHECKING:
    from triage.pair_model import Judge


def grouped(*mails: Message) -> list[Link]:
    return list(group([(one, one.sender.email == LENA) for one in mails]))


def replying(one: Message, to: Message) -> Message:
    return replace(one, in_reply_to=to.message_id, references=(to.message_id,), subject=f"Re: {to.subject}")


BOILER = mail("The boiler in the cellar drips on the floor.", 0, subject="Boiler")


def test_a_reply_belongs_to_the_mail_it_answers() -> None:
    answer = replying(mail("A fitter comes on Friday.", 1, LENA), BOILER)
    first, second = grouped(BOILER, answer)
    assert first.matter == second.matter and second.reasons == ("reply",)


def test_a_new_thread_on_the_same_reference_belongs_to_the_same_matter_and_says_so() -> None:
    asked = mail("My order BX-40771 has not come.", 0, subject="Missing")
    again = mail("Where is BX-40771? It should have come last week.", 9, subject="Late parcel")
    first, second = grouped(asked, again)
    assert first.matter == second.matter and "same reference BX-40771" in second.reasons


def test_the_same_thing_in_other_words_under_another_subject_belongs_to_the_same_matter() -> None:
    again = mail("The boiler in the cellar still drips on the floor.", 8, subject="Water")
    first, second = grouped(BOILER, again)
    assert first.matter == second.matter and any("alike" in reason for reason in second.reasons)


def test_something_else_is_another_matter() -> None:
    other = mail("May I keep a tortoise on the balcony?", 20, subject="Pets")
    first, second = grouped(BOILER, other)
    assert first.matter != second.matter


def test_another_order_under_the_same_subject_is_another_matter() -> None:
    one = mail("Order BX-40771 came without its lid.", 0, subject="Damaged")
    other = mail("Order CK-99120 lacks a handle.", 30, subject="Broken")
    first, second = grouped(one, other)
    assert first.matter != second.matter


def test_a_reply_that_announces_a_new_matter_begins_one() -> None:
    turn = replying(mail("On a different matter: may I keep a tortoise on the balcony of my flat?", 1), BOILER)
    first, second = grouped(BOILER, turn)
    assert first.matter != second.matter


def test_a_reply_that_says_it_is_not_about_the_old_matter_begins_a_new_one() -> None:
    turn = replying(
        mail(
            "This is not about the boiler. Our garden gate does not shut since the storm and the neighbour caught the dog on the road.",
            1,
        ),
        BOILER,
    )
    first, second = grouped(BOILER, turn)
    assert first.matter != second.matter


THANKS = "It drips no more. What a kind fitter you sent!"
GATE = "May I hang a swing from the plum tree behind the bicycle sheds? My nephews stay over Whitsun and they climb everything."


def test_a_question_about_something_else_under_an_old_thread_that_had_ended_well_is_a_new_matter() -> None:
    answer = replying(mail("A fitter comes on Friday.", 1, LENA), BOILER)
    thanks = replying(mail(THANKS, 3), answer)
    *old, new = grouped(BOILER, answer, thanks, replying(mail(GATE, 20), answer))
    assert {link.matter for link in old} == {old[0].matter} and new.matter != old[0].matter
    *_, soon = grouped(BOILER, answer, thanks, replying(mail(GATE, 4), answer))
    assert soon.matter == old[0].matter, "the talk was still going on"


def test_a_first_mail_that_says_it_is_about_something_else_is_a_new_matter_though_the_house_is_the_same() -> None:
    gate = mail("The gate at 9 Mill Lane sticks.", 0, subject="Gate, 9 Mill Lane")
    lease = mail("Me again on a different thing. What would the rent be for two more years?", 0.1, subject="Lease, 9 Mill Lane")
    first, second = grouped(gate, lease)
    assert first.matter != second.matter


def test_who_writes_on_within_days_in_words_of_his_one_matter_is_still_in_it() -> None:
    again = mail("Nobody came. The cellar floor is under the boiler's drips.", 2, subject="Drips")
    first, second = grouped(BOILER, again)
    assert first.matter == second.matter


def test_a_mail_whose_sender_could_not_be_authenticated_is_no_part_of_the_matter_it_speaks_of() -> None:
    forged = replace(mail("The boiler in the cellar drips on the floor, you fools.", 1, subject="Boiler"), authenticity="fail")
    first, second = grouped(BOILER, forged)
    assert first.matter != second.matter


def test_a_number_with_the_surname_of_whoever_it_belongs_to_leads_to_the_matter_and_the_link_says_so() -> None:
    bill = mail("Why is bill 3391 so high?", 0, subject="Bill 3391", name="Gus Pond")
    member = mail(
        "Mr Pond has asked me about your invoice 3391.", 30, "clerk@hall.example", subject="Constituent", name="Ann Lode"
    )
    other = replace(member, wording=Wording("A neighbour has asked me about your invoice 3391."))
    first, second = grouped(bill, member)
    assert first.matter == second.matter and second.reasons == ("names whoever wrote about it, with its number",)
    assert grouped(bill, other)[1].reasons != second.reasons


def test_the_subject_of_the_thread_it_leaves_says_nothing_about_a_new_matter() -> None:
    boiler = mail("The boiler in the cellar, order BX-40771, drips.", 0, subject="Order BX-40771")
    gate = replying(
        mail("This is not about the boiler. Our garden gate does not shut since the storm and the neighbour caught the dog.", 1),
        boiler,
    )
    later = mail("What about order BX-40771? The boiler in the cellar drips still.", 9, subject="BX-40771")
    first, second, third = grouped(boiler, gate, later)
    assert third.matter == first.matter != second.matter


class Doubtful:
    """Judges everything to be rather another matter."""

    threshold = 0.55

    def goes_on(self, _text: str) -> float:
        return 0.0

    def chances(self, rows: list[list[float]]) -> list[float]:
        return [0.3] * len(rows)


class Denying(Doubtful):
    """Judges everything to be another matter."""

    def chances(self, rows: list[list[float]]) -> list[float]:
        return [0.1] * len(rows)


def test_a_subject_that_names_the_matter_and_more_decides_against_a_doubtful_model() -> None:
    asked = mail("The boiler in the cellar is cold, we have no hot water in 3C.", 0, subject="No hot water 3C")
    same = "There is still no hot water in 3C, the boiler in the cellar is cold and nobody came."
    for subject, together in (("Hot water 3C and the letters of your colleague", True), ("Your colleague", False)):
        board = Board(Known(cast("Judge", Doubtful())))
        first, second = board.place(asked, False), board.place(mail(same, 6, subject=subject), False)
        assert (first.matter == second.matter) is together


def test_what_a_machine_of_ours_writes_belongs_to_the_one_matter_under_way() -> None:
    robot = replace(
        mail("Your request 88213 has been closed. Click a star.", 6, LENA, subject="Request closed"), automatic="auto"
    )
    first, closed = grouped(BOILER, robot)
    assert closed.matter == first.matter
    bins = mail("The green bins at the gate were not emptied on the usual day.", 5, subject="Bins")
    boiler, other, closed = grouped(BOILER, bins, robot)
    assert boiler.matter != other.matter and closed.matter not in (boiler.matter, other.matter)


def test_a_matter_is_named_after_its_first_mail_and_not_after_the_order_of_reading() -> None:
    again = replying(mail("It still drips.", 3), BOILER)
    assert grouped(BOILER, again)[0].matter == grouped(BOILER)[0].matter


def test_every_mail_has_a_reason_for_its_place() -> None:
    links = grouped(
        BOILER, replying(mail("A fitter comes.", 1, LENA), BOILER), mail("May I keep a tortoise?", 30, subject="Pets")
    )
    assert all(link.reasons for link in links)
    assert next(link.key for link in links) == BOILER.key


def test_the_same_request_under_the_same_subject_to_another_colleague_is_the_same_matter() -> None:
    asked = "May I rent the stall at 9 Barley Court for my barrow and my tools?"
    first, second = grouped(
        mail(asked, 0, subject="Stall at 9 Barley Court"),
        mail(f"Dear Mr Brand, {asked.lower()}", 3, subject="Stall at 9 Barley Court"),
    )
    assert first.matter == second.matter


STOP = (
    "Our decision on the boiler is final. Please do not write to us about it again. Of course the move to your new flat goes on."
)


def stopped(*mails: Message, danger: str = "", about: str = "") -> list[Link]:
    """Grouped where it is known that our mail with the stop is one, what it is about, and which words tell of danger."""

    class Told(Hints):
        def notice_of(self, message: Message) -> str:
            return about if message.own == STOP else ""

        def stops(self, message: Message) -> bool:
            return message.own == STOP

        def danger(self, message: Message) -> bool:
            return bool(danger) and danger in message.own

    return list(group([(one, one.sender.email == LENA) for one in mails], Told()))


def test_a_new_danger_told_in_the_thread_of_a_closed_matter_is_a_matter_of_its_own() -> None:
    stop = replying(mail(STOP, 3, LENA), BOILER)
    told = "Smoke comes out of the socket behind the cooker, the children are upstairs with neighbours and the alarm rings."
    smoke = replying(mail(told, 9), stop)
    first, _, third = stopped(BOILER, stop, smoke, danger="Smoke")
    assert third.matter != first.matter and "it tells of a new trouble" in third.reasons


def test_without_a_stop_the_same_mail_is_the_old_trouble_grown_worse() -> None:
    answer = replying(mail("A fitter comes on Friday.", 3, LENA), BOILER)
    told = "Smoke comes out of the socket behind the cooker, the children are upstairs with neighbours and the alarm rings."
    first, _, third = stopped(BOILER, answer, replying(mail(told, 4), answer), danger="Smoke")
    assert third.matter == first.matter


def test_a_notice_in_a_thread_of_its_own_belongs_to_the_matter_it_names() -> None:
    bins = mail("The green bins at the gate were not emptied.", 5, subject="Bins")
    notice = mail(STOP, 9, LENA, subject="Restriction on your contact with us")
    boiler, _, told = stopped(BOILER, bins, notice, about="the boiler in the cellar")
    assert told.matter == boiler.matter and told.reasons == ("the notice names it",)


def test_after_a_stop_a_mail_under_a_subject_of_its_own_that_names_nothing_asked_before_is_another_matter() -> None:
    stop = replying(mail(STOP, 3, LENA), BOILER)
    move = mail("Is the flat still mine from the 30th? I need to book the van.", 4, subject="The flat")
    first, _, third = stopped(BOILER, stop, move)
    assert third.matter != first.matter and "nothing of what was asked before" in third.reasons


def test_a_mail_for_somebody_belongs_to_the_matter_that_this_person_wrote_about() -> None:
    asked = mail("The culvert at Lode Lane is blocked again.", 0, subject="Culvert", name="Hilda Brundle")
    caseworker = mail(
        "Mrs Brundle asked the Member for help. Why must she wait with the culvert?",
        9,
        "case@member.example",
        subject="Hilda Brundle",
    )

    class Told(Hints):
        def written_for(self, message: Message) -> frozenset[str]:
            return frozenset({"hilda brundle"} if message is caseworker else ())

    first, second = group([(asked, False), (caseworker, False)], Told())
    assert second.matter == first.matter and second.reasons == ("written for Hilda Brundle, who wrote about it",)


def test_a_tag_in_the_subject_is_no_word_of_it_and_hides_no_reply_mark() -> None:
    assert plain_subject("[EXTERNAL] Re: [Desk-Team] Boiler") == "boiler"
    tagged = mail("May I keep a tortoise on the balcony?", 20, subject="[Pond-Desk-List] Pets")
    first, second = grouped(replace(BOILER, subject="[Pond-Desk-List] Boiler"), tagged)
    assert first.matter != second.matter and "subject" not in " ".join(second.reasons)


def test_a_number_that_stands_in_all_mails_of_a_person_tells_no_matter_from_another() -> None:
    account = "Account CK-99120."
    one = mail(f"The boiler in the cellar drips on the floor. {account}", 0, subject="Boiler")
    two = mail(f"May I keep a tortoise on the balcony? {account}", 40, subject="Pets")
    apart = frozenset({two.key})
    third = mail(f"Which day do you empty the green bins? {account}", 80, subject="Bins")
    first, second, bins = group([(one, False), (two, False), (third, False)], apart=apart)
    assert len({first.matter, second.matter, bins.matter}) == 3


def test_a_long_mail_that_speaks_of_another_thing_stays_in_its_thread() -> None:
    own = (
        "The fitter who shut the lid says the boiler drips on the cellar floor, which stays wet and cold. He had a ladder, a torch, a "
        "spanner and a bucket with him, and he says that the gasket has rust on its rim. There is one other problem: the screw is bent."
    )
    begun = mail("The boiler in the cellar drips from its lid on the floor, and the fitter who shut it left it wet and cold.", 0)
    first, second = grouped(begun, replying(mail(own, 1), begun))
    assert first.matter == second.matter


def test_a_reply_under_a_subject_taken_from_the_text_of_the_mail_before_stays_with_it() -> None:
    opening = "Thank you for looking at this so soon"
    again = mail(f"{opening}. The boiler drips still.", 2, subject=opening)
    placed_first = replying(again, BOILER)
    back = replace(
        mail("Kettle, tortoise, bins, ladder, hedge, gravel, curtain, sofa: which of these were meant?", 3),
        in_reply_to=again.message_id, references=(again.message_id,), subject=f"Re: {opening}",
    )  # fmt: skip
    first, second, third = grouped(BOILER, replace(placed_first, subject=opening), back)
    assert first.matter == second.matter == third.matter


def test_the_words_of_a_stranger_sent_again_are_a_matter_of_their_own() -> None:
    text = "Please save the old lime tree at Quarry Row. It has stood for two hundred years and the rooks nest in its crown."
    known = Known(cast("Judge", Certain()))
    one = Board(known).place(mail(text, 0, "ida@home.example", subject="Save the lime", name="Ida Stone"), False)
    copy = Board(known).place(mail(text, 1, "noel@birch.example", subject="Save the lime", name="Noel Birch"), False)
    assert copy.matter != one.matter and "somebody else wrote the same words" in copy.reasons


class Certain(Doubtful):
    """Judges everything to be the same matter."""

    def chances(self, rows: list[list[float]]) -> list[float]:
        return [0.99] * len(rows)


def test_what_the_model_denies_is_not_plain_by_its_words_alone() -> None:
    text = (
        "The boiler BX-40771 at 9 Quarry Row drips in the cellar on the floor, from a lid with a bent screw and a torn gasket, beside "
        "the ladder, the bicycles and the shelf with the paint."
    )
    begun, other = mail(text, 0, subject="Drips"), mail(text, 1, subject="Invoice wanted")
    alone, judged = Board(Known(None)), Board(Known(cast("Judge", Denying())))
    assert alone.place(begun, False).matter == alone.place(other, False).matter
    assert judged.place(begun, False).matter != judged.place(other, False).matter


ALLOTMENT = mail(
    "The gate of allotment 31 hangs off its post and the goats from the lane come in. Please have it mended.", 0, subject="Gate"
)


def test_a_thing_told_from_its_like_by_a_number_leads_to_its_matter_months_later_and_in_words() -> None:
    carrots = mail(
        "Ours is allotment thirty-one still. Allotment 31! The goats have had the carrots now.", 100, subject="allotment 31"
    )
    first, second = grouped(ALLOTMENT, carrots)
    assert first.matter == second.matter and "same reference ALLOTMENT-31" in second.reasons
    plot = mail("Our hut on plot nine lost its roof.", 0, subject="plot nine")
    first, second = grouped(plot, mail("Plot 9 has no roof to this day, and you said March.", 40, subject="No roof"))
    assert first.matter == second.matter


def test_a_permit_has_a_number_as_an_order_has() -> None:
    asked = mail("I gave permit 31-0962 back before the kiosk was built. Please refund the $140.", 0, subject="Kiosk")
    again = mail("A small kindness: could you release what I paid on permit 31-0962?", 12, subject="A kindness")
    first, second = grouped(asked, again)
    assert first.matter == second.matter and "same reference 31-0962" in second.reasons


def test_who_has_one_matter_and_complains_of_the_time_it_takes_means_that_one() -> None:
    weeks = mail("Eight weeks now and I am on my knees with a torch every night. How much longer?", 56, subject="EIGHT WEEKS")
    first, second = grouped(BOILER, weeks)
    assert first.matter == second.matter
    assert second.reasons == ("asks how long it still takes, with one matter under way",)


def test_with_two_matters_or_a_number_of_its_own_the_time_it_takes_says_nothing() -> None:
    swing = mail(GATE, 3, subject="A swing")
    weeks = mail("Eight weeks now. How much longer?", 56, subject="EIGHT WEEKS")
    assert "asks how long it still takes, with one matter under way" not in grouped(BOILER, swing, weeks)[-1].reasons
    parcel = mail("Parcel TX-90311 was posted eight weeks ago now. How much longer?", 56, subject="Parcel")
    first, second = grouped(BOILER, parcel)
    assert first.matter != second.matter


def test_who_greets_the_colleague_that_answered_and_disputes_the_answer_is_in_its_matter_whatever_the_subject() -> None:
    asked = mail("Could the bench by the pond be turned to face the willow?", 0, subject="The bench")
    refused = replying(
        mail(
            "Dear Mrs Thrale, the bench stands on the cap of the culvert, and nobody may dig there, so it has to stay as it is."
            "\n\nLena Busk",
            3,
            LENA,
        ),
        asked,
    )
    again = mail(
        "Dear Ms Busk,\n\nI have read it twice and I do not accept that a culvert decides how an old woman spends her evenings. "
        "Towards the willow, if you please, before the cygnets hatch.\n\nYours ever,\nMabel Thrale",
        9,
        subject="Swallows",
    )
    links = grouped(asked, replace(refused, sender=replace(refused.sender, name="Lena Busk")), again)
    assert links[0].matter == links[2].matter


def test_another_kind_of_thing_is_no_other_matter_and_a_different_one_now_is() -> None:
    scorn = replying(mail("You people are made for other things than boilers, I dare say. Send the cellar man.", 2), BOILER)
    first, second = grouped(BOILER, scorn)
    assert first.matter == second.matter
    now = replying(
        mail("It drips no more, ta.\n\nDifferent one now: your van ran over the rose bed of the lady next door on Tuesday.", 9),
        BOILER,
    )
    first, second = grouped(BOILER, now)
    assert first.matter != second.matter


def test_the_number_in_the_subject_of_an_old_thread_keeps_nothing_else_in_it() -> None:
    class Stops(Hints):
        def stops(self, message: Message) -> bool:
            return message.sender.email == LENA

    asked = mail("Give me back allotment 31.", 0, subject="Allotment 31")
    stop = replying(mail("Please do not write to us about allotment 31 any more.", 3, LENA), asked)
    tree = replying(
        mail("The poplar behind the school came down on the swings and blocks the lane; the infants walk there at nine.", 60),
        asked,
    )
    story = [(one, one.sender.email == LENA) for one in (asked, stop, tree)]
    first, _, last = group(story, Stops())
    assert first.matter != last.matter


@pytest.mark.parametrize("days", [3, 6, 13, 19])
def test_who_asks_again_under_the_same_subject_because_nobody_answered_has_no_new_matter(days: int) -> None:
    asked = "I have been charged 84.50 pounds for plot 9 of the allotments. Nobody has mended the water tap this year. Could you explain the sum?"
    again = (
        "Hello,\n\nI wrote to you on 3 May about the allotment rent and have not had an answer yet. Could you please let me know where this "
        "stands? I sing in the choir on Fridays."
    )
    first = mail(asked, 0, subject="Allotment rent has gone up")
    begun, went_on = grouped(first, mail(again, days, subject=first.subject))
    assert begun.matter == went_on.matter


@pytest.mark.parametrize(
    "again",
    [
        "We haven't received a reply.",
        "I emailed you two weeks ago.",
        "Nobody has got back to me.",
        "My letter of May is unanswered.",
    ],
)
def test_a_mail_that_says_nobody_answered_goes_back_to_an_earlier_one(again: str) -> None:
    assert comparison.refers_back(f"Hello,\n\n{again} The lamp is dark.")
    assert not comparison.refers_back(
        "Hello,\n\nNobody lives at number 9. I have never received the key. We reported the leak to a plumber."
    )
