"""What keeps a mail out of the hold folder although a restriction covers its matter."""

from __future__ import annotations

from datetime import timedelta

from turns import START, found, staff, story, wrote

from tests.detect.letters import from_customer
from triage.answer import Notice, StaffAct
from triage.hold import held, restrictions, why_not_held

NO = "We do not exchange the pump."


def test_danger_told_in_a_mail_keeps_it_out_of_the_hold_and_is_quoted_as_written() -> None:
    turn = from_customer("As for my bill, later. There is a Burning  Smell from the fuse box.")
    assert why_not_held(turn, ()) == 'it may be an emergency ("Burning  Smell")'


def test_an_ordinary_mail_is_kept_out_by_nothing() -> None:
    assert why_not_held(from_customer("I still want my forty pounds."), ()) == ""


def test_a_mail_in_which_a_right_would_not_be_seen_is_not_filed_unread() -> None:
    turn = from_customer("Dzień dobry, pisałam do państwa trzy razy i nie dostałam żadnej odpowiedzi. Chcę moje pieniądze.")
    assert why_not_held(turn, ()) == "it is written in Polish, where a legal right or an appeal would not be seen"
    assert why_not_held(from_customer("As my babcia says, dobrze: I still want my forty pounds, and soon."), ()) == ""


def test_a_new_trouble_told_in_the_old_thread_is_not_filed_with_the_old_one() -> None:
    no_more = StaffAct(
        answer=NO,
        restriction=Notice("we will not reply about the pump until 1 June 2026", START, START + timedelta(days=60), "the pump"),
    )
    asked, told = wrote("Please exchange the garden pump that hums.", 0), staff("We do not exchange the pump.", 1, no_more)
    again = wrote("I still want another garden pump. Exchange it.", 3)
    rant = wrote("You useless clowns will hear from me every single day until somebody finally listens properly over there.", 4)
    trouble = wrote(
        "The cellar wall beside our stairs is crumbling and water trickles onto the fuse cupboard since Tuesday morning.", 5
    )
    short = wrote("The handrail of the steps came loose. Can somebody fix it?", 6, subject="Handrail")
    told_story = story(asked, told, again, rant, trouble, short)
    (notice,) = restrictions(told_story)
    filed = held(told_story, [notice], [found("abuse", rant)])
    assert set(filed) == {again.message.key, rant.message.key}


def test_an_appeal_that_brings_the_end_forward_changes_the_end_and_widens_nothing() -> None:
    pump = Notice("no replies about the pump until 1 June 2026", START, START + timedelta(days=60), "the pump")
    sooner = Notice("It now ends sooner.", START + timedelta(days=9), START + timedelta(days=20), "")
    turns = (
        wrote("Please exchange the garden pump that hums.", 0),
        wrote("May I have a second key for the shed?", 1, matter="shed", subject="Shed"),
        staff(NO, 2, StaffAct(answer=NO, restriction=pump)),
        staff("I have decided your appeal.", 9, StaffAct(appeal_decided="I have decided your appeal.", restriction=sooner)),
    )
    (one,) = restrictions(story(*turns))
    assert one.until == sooner.until and one.matters == ("pump",)
