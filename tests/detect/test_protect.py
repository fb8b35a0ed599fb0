"""The protective and demand detectors in their stories: what they rest on, and where they stay silent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.detect.letters import START, evidence, from_customer, from_staff, message
from triage.answer import Notice, StaffAct
from triage.detect import (
    adjustment,
    appeal,
    campaign,
    demand,
    falsehood,
    mingled,
    named_staff,
    rights,
    unauthenticated,
    urgent,
    welfare,
)
from triage.detect.plain import fold
from triage.message import Wording

NO = "We cannot refund the deposit, because the notice was given late."


def test_a_welfare_sign_in_the_last_line_of_a_long_abusive_mail_is_seen() -> None:
    own = "You are a pack of fools and I have said so for years.\n" * 2000 + "I am going to hang myself tonight."
    (sign,) = welfare.detect(evidence(own))
    assert any("hang myself" in quote.text for quote in sign.quotes)
    assert "read by a person now" in sign.reason


def test_a_welfare_sign_in_a_mail_passed_on_or_a_subject_is_seen() -> None:
    (passed,) = welfare.detect(evidence("", mail=message("My brother sent me this.", forwarded="I can't go on living.")))
    assert "in a mail passed on" in passed.reason
    (subject,) = welfare.detect(evidence("", mail=message("Please read.", subject="I want to die")))
    assert "in the subject" in subject.reason


def test_words_are_quoted_as_they_were_written_whatever_was_folded() -> None:
    own = "Café  “Nord” — fine.\nI don’t\u200b want to live.  Bye"
    (sign,) = welfare.detect(evidence(own))
    quote = sign.quotes[0]
    assert own[quote.start : quote.start + len(quote.text)] == quote.text == "I don’t\u200b want to live."


def test_folding_long_runs_of_blanks_and_brackets_takes_no_time() -> None:
    assert fold("(" * 30_000 + " " * 30_000 + "\n" * 20_000).words


@pytest.mark.parametrize(
    "own",
    [
        "Until Christmas is hard on me. Would you please think about making it shorter?",
        "I was vile to the young lady and I own it. I should be grateful if you would consider ending it sooner.",
        "Your letter says the owner will read this. Half a year seems a long time for three letters.",
    ],
)
def test_whoever_answers_our_notice_and_asks_about_its_length_appeals_without_the_word(own: str) -> None:
    act = StaffAct(restriction=Notice("No replies until Christmas.", START, None))
    notice = from_staff("No replies until Christmas.", act=act)
    on_it = replace(message(own), in_reply_to=notice.message.message_id, subject=f"Re: {notice.message.subject}")
    (sign,) = appeal.detect(evidence(own, (notice,), mail=on_it))
    assert sign.earlier == (notice.message.message_id,)
    about_the_matter = replace(on_it, wording=Wording("Three hundred. Unit 12. Pay up."))
    assert not list(appeal.detect(evidence("", (notice,), mail=about_the_matter)))


def test_an_appeal_counts_only_after_a_restriction_or_a_warning() -> None:
    own = "I would like to appeal."
    assert not list(appeal.detect(evidence(own, (from_staff(NO),))))
    warned = from_staff("This is a formal warning.", act=StaffAct(warning="This is a formal warning."))
    (sign,) = appeal.detect(evidence(own, (warned,)))
    assert sign.earlier == (warned.message.message_id,)
    assert "warning of 5 May 2026" in sign.reason


def test_the_third_writer_of_a_template_makes_a_campaign_of_all() -> None:
    assert not list(campaign.detect(evidence("Save the pond.", twins=("<a@x.example>",))))
    (sign,) = campaign.detect(evidence("Save the pond.", twins=("<a@x.example>", "<b@x.example>")))
    assert sign.earlier == ("<a@x.example>", "<b@x.example>")


def test_a_mail_that_failed_authentication_is_marked_and_one_unchecked_is_not() -> None:
    (sign,) = unauthenticated.detect(evidence("", mail=message("Hello", authenticity="fail")))
    assert sign.quotes[0].text == "dmarc=fail"
    assert not list(unauthenticated.detect(evidence("Hello")))


def test_by_tonight_counts_only_beside_a_known_longer_standard() -> None:
    own = "I want the money in my account by tonight at the latest."
    assert not list(urgent.detect(evidence(own, (from_staff("It is being looked at."),))))
    told = from_staff("We answer messages within three working days.")
    (sign,) = urgent.detect(evidence(own, (told,)))
    assert "standard of 3 days" in sign.reason


def test_haste_after_our_own_long_silence_is_never_held_against_anybody() -> None:
    asked = from_customer("When do you come for the gate?", days=-40)
    assert not list(urgent.detect(evidence("Answer me at once!", (asked,))))
    assert list(urgent.detect(evidence("Answer me at once!", (from_customer("Hello", days=1.9),))))


def test_demanding_the_impossible_is_innocent_until_we_said_no() -> None:
    own = "Cancel the sale and give the house to me, nothing else will do."
    assert not list(demand.detect(evidence(own)))
    refusal = from_staff(NO, act=StaffAct(answer=NO, explains="because the notice was given late"))
    (sign,) = demand.detect(evidence(own, (refusal,)))
    assert sign.earlier == (refusal.message.message_id,)
    assert "refused with reasons once" in sign.reason


def test_insisting_on_one_person_is_innocent_without_an_offer_or_with_a_disability() -> None:
    own = "I will speak to Kim Dale and to nobody else."
    assert not list(named_staff.detect(evidence(own, (from_staff(NO),))))
    offer = from_staff("Kim is away until June; Tom Ray can help you.", act=StaffAct(alternative="Tom Ray can help you"))
    assert [sign.earlier for sign in named_staff.detect(evidence(own, (offer,)))] == [(offer.message.message_id,)]
    reason = from_customer("I am autistic and cannot talk to new people.")
    assert not list(named_staff.detect(evidence(own, (reason, offer))))


def test_words_put_in_our_mouth_are_shown_beside_what_we_wrote() -> None:
    wrote = from_staff("The deposit of 300 pounds will not be refunded, as the notice came late.")
    own = 'On 5 May you wrote that "the deposit will be refunded in full". Keep to it.'
    (sign,) = falsehood.detect(evidence(own, (wrote,)))
    assert sign.earlier == (wrote.message.message_id,)
    assert [quote.text for quote in sign.quotes][1] == wrote.message.own
    assert "for a person to check" in sign.reason


def test_a_true_quotation_a_telephone_call_and_a_leaflet_are_not_questioned() -> None:
    wrote = from_staff("The deposit of 300 pounds will not be refunded, as the notice came late.")
    for own in (
        'You wrote that "the deposit of 300 pounds will not be refunded". Why?',
        'On the phone you told me "we will sort it out by Friday".',
        'Your leaflet says "every deposit is returned in ten days".',
        'My neighbour wrote to me that "they always pay in the end".',
    ):
        assert not list(falsehood.detect(evidence(own, (wrote,)))), own


def test_an_own_request_denied_later_is_shown_beside_the_denial() -> None:
    asked = from_customer("Please cancel the marquee for the June party.")
    (sign,) = falsehood.detect(evidence("I never asked you to cancel the marquee!", (asked, from_staff("It is cancelled."))))
    assert sign.earlier == (asked.message.message_id,)
    assert sign.quotes[1].text == "Please cancel the marquee for the June party."
    assert " lie" not in sign.reason.lower()


def test_a_true_denial_is_not_questioned() -> None:
    asked = from_customer("Please do not cancel the marquee for the June party. What would it cost to move it?")
    assert not list(
        falsehood.detect(evidence("I never asked you to cancel the marquee!", (asked, from_staff("It is cancelled."))))
    )


def test_another_date_than_told_before_is_shown() -> None:
    told = from_customer("We bought the mattress in January and it sags.")
    (sign,) = falsehood.detect(evidence("As I told you, we bought the mattress in March.", (told, from_staff(NO))))
    assert sign.earlier == (told.message.message_id,)


@pytest.mark.parametrize(
    ("wrote", "says"),
    [
        ("I would like a second hook for the boat at jetty 14.", "I wrote to you on 9 May 2026 about the second hook for the boat."),
        ("The mooring fee for the boat shows 64.20 pounds too many.", "I told you in March about the mooring fee for the boat, please look."),
        ("The mooring fee for the boat is 64.20 pounds.", "As I said, the mooring fee for the boat was due on 9 May 2026."),
    ],
)  # fmt: skip
def test_the_day_of_an_earlier_mail_is_no_other_number_than_it_holds(wrote: str, says: str) -> None:
    assert not list(falsehood.detect(evidence(says, (from_customer(wrote),))))


def test_the_request_part_of_a_mingled_mail_is_quoted_first() -> None:
    own = "Tom is a thief and Kim takes bribes from the builders.\n\nPlease send me a new key."
    (sign,) = mingled.detect(evidence(own, (from_staff("Hello."),)))
    assert sign.quotes[0].text == "Please send me a new key."


def test_nothing_is_read_into_our_own_mails() -> None:
    ours = evidence("If you are suicidal, please ring us. You may go to the ombudsman. I am deaf.")
    staff = type(ours)(ours.message, True, "m", (), ours.directory)
    assert not [*welfare.detect(staff), *rights.detect(staff), *adjustment.detect(staff)]


def test_the_service_standard_of_the_settings_comes_before_what_a_mail_said() -> None:
    one = evidence("I want it by tonight at the latest.", (from_staff("We answer messages within three working days."),))
    hurried = type(one)(one.message, False, "m", one.history, one.directory, service_standard=timedelta(hours=8))
    assert not list(urgent.detect(hurried))


def test_calling_others_worthless_is_no_despair_and_calling_oneself_so_is() -> None:
    for theirs in ("In all my life I never dealt with such a worthless bunch.", "You are just a waste of space, the lot of you."):
        assert not welfare.at_risk(theirs), theirs
    for own in (
        "I'm just a waste of space.",
        "I have become such a burden to my family.",
        "I feel like a worthless failure and tired.",
    ):
        assert welfare.at_risk(own), own
