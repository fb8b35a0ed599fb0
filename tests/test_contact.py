"""One person behind several addresses: joined on evidence of two kinds, never on a name alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from turns import mail

from triage.contact import Join, full_name, groups, marks, signed_names, spoken_for
from triage.message import Address, Message, Passage
from triage.terms import units

HOME, WORK = "ida@home.example", "i.stone@office.example"


def joined(*mails: Message) -> tuple[list[set[str]], tuple[Join, ...]]:
    by_address: dict[str, set[tuple[str, str]]] = {}
    for one in mails:
        by_address.setdefault(one.sender.email, set()).update(marks(one))
    people, joins = groups(by_address)
    return [set(group) for group in people], joins


def test_the_same_name_and_telephone_are_one_person_and_both_are_told() -> None:
    people, joins = joined(
        mail("The lamp is broken.\n\nIda Stone\n07700 900123", 0, HOME, name="Ida Stone"),
        mail("The lamp is still broken.\n\nIda Stone\n07700 900123", 1, WORK, name="Ida Stone"),
    )
    assert people == [{HOME, WORK}]
    assert any("ida stone" in reason for reason in joins[0].reasons) and any("telephone" in reason for reason in joins[0].reasons)


def test_the_same_name_alone_is_not_one_person() -> None:
    people, joins = joined(
        mail("The lamp is broken.", 0, HOME, name="Ida Stone"), mail("A question about dogs.", 1, WORK, name="Ida Stone")
    )
    assert len(people) == 2 and joins == ()


def test_the_same_reference_under_two_names_is_two_people() -> None:
    people, _ = joined(
        mail("About order BX-40771.", 0, HOME, name="Ida Stone"), mail("About order BX-40771.", 1, WORK, name="Noel Birch")
    )
    assert len(people) == 2


def test_a_shared_family_address_is_not_split_and_its_two_writers_are_not_joined_to_others() -> None:
    people, _ = joined(
        mail("The lamp is broken.\n\nIda Stone", 0, HOME), mail("The gate squeaks.\n\nPaul Stone", 1, HOME),
        mail("The gate squeaks.\n\nPaul Stone", 2, "paul@pond.example"),
    )  # fmt: skip
    assert {HOME} in people


def test_asking_for_replies_elsewhere_joins() -> None:
    asking = replace(mail("The lamp is broken.", 0, HOME), reply_to=(Address("", WORK),))
    people, joins = joined(asking, mail("Any news of the lamp?", 1, WORK))
    assert people == [{HOME, WORK}] and f"one asks for replies at {WORK}" in joins[0].reasons


def test_whoever_gives_his_name_in_small_letters_and_says_it_is_another_address_of_his_is_joined() -> None:
    mine = mail("The lamp is broken.\n\nIda Stone", 0, HOME, name="Ida Stone")
    people, _ = joined(mine, mail("its ida stone from number 4, this is my work email. still no lamp", 1, WORK))
    assert people == [{HOME, WORK}]
    apart, _ = joined(mine, mail("its ida stone you want, not me. still no lamp", 1, WORK))
    assert len(apart) == 2, "it does not say so"


def test_a_mail_that_could_not_be_authenticated_joins_nobody() -> None:
    forged = replace(mail("I insult you.\n\nIda Stone\n07700 900123", 1, WORK, name="Ida Stone"), authenticity="fail")
    assert marks(forged) == frozenset()
    people, _ = joined(mail("The lamp is broken.\n\nIda Stone\n07700 900123", 0, HOME, name="Ida Stone"), forged)
    assert {HOME} in people


@pytest.mark.parametrize("text", ["STONE, Ida (Parks and Rivers)", "Stone, Ida", "Mrs Ida Stone", "IDA STONE", "Ida Stone"])
def test_a_name_has_one_spelling(text: str) -> None:
    assert full_name(text) == "ida stone"


@pytest.mark.parametrize("text", ["Ida", "Customer Service", "", "The Support Team", "kind regards"])
def test_what_is_no_full_name_is_none(text: str) -> None:
    assert full_name(text) == ""


def test_a_greeting_is_no_signature_and_a_reader_no_writer() -> None:
    to = replace(
        mail("Dear Paula Finch,\n\nThe lamp is broken.\n\nThanks\nIda Stone", 0, HOME),
        to=(Address("Noel Birch", "n@mill.example"),),
    )
    assert signed_names(to) == {"ida stone"}
    assert (
        signed_names(replace(to, wording=replace(to.wording, own="The lamp is broken.\n\nRegards,\nNoel Birch"))) == frozenset()
    )


def test_who_writes_in_the_name_of_a_firm_and_signs_as_a_person_is_that_person() -> None:
    one = mail("Please put the berth in my name.\n\nCapt. Ida Stone\nGrey Heron Charters", 0, WORK, name="Grey Heron Charters")
    assert "ida stone" in signed_names(one)


def test_the_same_name_and_the_same_berth_join_two_addresses() -> None:
    at_home = marks(mail("May I stay in berth B-12 in winter?\n\nIda Stone", 0, HOME, name="Ida Stone"))
    at_work = marks(mail("Put me down for B berth B-12.\n\nCapt. Ida Stone", 3, WORK, name="Grey Heron Charters"))
    _, joins = groups({HOME: at_home, WORK: at_work})
    assert [join.reasons for join in joins] == [("same name ida stone", "same unit b-12")]


def test_who_says_that_this_is_his_own_mail_and_bears_the_name_is_the_same_person() -> None:
    at_work = marks(mail("The sign is crooked.\n\nIda Stone", 0, WORK, name="Ida Stone"))
    at_home = marks(mail("It's Ida on my own mail, the other is down. Still crooked.", 3, HOME, name="Ida Stone"))
    _, joins = groups({HOME: at_home, WORK: at_work})
    assert len(joins) == 1


def test_a_mail_says_for_whom_it_is_written_and_only_then() -> None:
    caseworker = mail("Our constituent Mrs Hilda Brundle has asked for help.\n\nIda Stone", 0, WORK, name="Ida Stone")
    assert "hilda brundle" in spoken_for(caseworker) and "ida stone" not in spoken_for(caseworker)
    assert ("for", "hilda brundle") in marks(caseworker)
    neighbour = mail("Hilda Brundle has the loudest dog of the street.\n\nIda Stone", 0, HOME, name="Ida Stone")
    assert spoken_for(neighbour) == frozenset()


def test_a_firm_below_a_name_is_no_person() -> None:
    one = mail("The lamp is broken.\n\nKind regards\nIda Stone\nNorthern Lighting Works\nSenior Buyer", 0, WORK, name="Ida Stone")
    assert signed_names(one) == {"ida stone"}


def test_whoever_is_quoted_did_not_sign() -> None:
    one = mail("Noel said so.\n\nNoel Birch", 0, HOME)
    quoting = replace(one, wording=replace(one.wording, quoted=(Passage("I said so.", "Noel Birch"),)))
    assert signed_names(one) == {"noel birch"} and signed_names(quoting) == frozenset()


@pytest.mark.parametrize(
    ("text", "found"), [("it has 64K and 4G", set()), ("a = b[0] #1", set()), ("I live in flat 12C", {"12c"}), ("unit 3", {"3"})]
)
def test_sizes_and_bare_numbers_are_no_units(text: str, found: set[str]) -> None:
    assert units(text) == found


def test_another_mail_that_is_spoken_of_is_not_another_address() -> None:
    one = mail("As I wrote in another email, the lamp is broken.", 0, HOME, name="Ida Stone")
    assert len(joined(one, mail("A question about dogs.", 1, WORK, name="Ida Stone"))[0]) == 2
    said = mail("I write from my other address. The lamp is broken.", 0, HOME, name="Ida Stone")
    assert len(joined(said, mail("A question about dogs.", 1, WORK, name="Ida Stone"))[0]) == 1


def test_one_letter_sent_from_accounts_of_other_people_is_not_one_person() -> None:
    text = "You have won. Your code is OB-530342018.\n\nOtto Brandl"
    stolen = ("ypardo@clinic.example", "m.lindqvist@college.example", "aguas@town.example")
    people, joins = joined(*(mail(text, day, one, name="Otto Brandl") for day, one in enumerate(stolen)))
    assert len(people) == 3 and joins == ()


def test_the_same_reference_joins_where_an_address_bears_the_name_or_the_telephone_is_the_same_too() -> None:
    text = "My order OB-53034 is late.\n\nOtto Brandl"
    people, _ = joined(
        mail(text, 0, "otto.b@home.example", name="Otto Brandl"), mail(text, 1, "sunny@sea.example", name="Otto Brandl")
    )
    assert len(people) == 1
    reached = f"{text}\n07700 900123"
    people, _ = joined(
        mail(reached, 0, "moon@home.example", name="Otto Brandl"), mail(reached, 1, "sunny@sea.example", name="Otto Brandl")
    )
    assert len(people) == 1


def test_a_sum_is_no_telephone_and_a_count_no_house() -> None:
    letter = "I give you 2000000 dollars and 40 Pages of advice.\n\nOtto Brandl"
    found = {kind for kind, _ in marks(mail(letter, 0, HOME, name="Otto Brandl"))}
    assert "phone" not in found and "place" not in found


def test_whoever_is_spoken_to_by_name_did_not_write() -> None:
    assert signed_names(mail("Otto Brandl, what do you think of this?", 0, HOME)) == set()
    assert signed_names(mail("Otto Brandl, flat 9. The lamp is broken.", 0, HOME)) == {"otto brandl"}
    assert signed_names(mail("It is urgent.\n\nLieber Freund", 0, HOME)) == set()


def test_naming_somebody_else_in_his_thread_joins_nobody_to_him() -> None:
    first = mail("The lamp is broken.", 0, HOME, name="Otto Brandl")
    second = replace(mail("This is Otto Brandl speaking of lamps.", 1, WORK, name="Vera Lund"), in_reply_to=first.message_id)
    assert ("name", "otto brandl") in marks(second) and len(joined(first, second)[0]) == 2


def test_an_earlier_mail_and_a_list_that_is_written_to_are_no_other_address() -> None:
    spoken = mail(f"Did you get my previous email? I reached you at {WORK} before.", 0, HOME)
    assert ("reply-to", WORK) not in marks(spoken)
    listed = replace(mail("A question.", 0, HOME), to=(Address("", WORK),), reply_to=(Address("", WORK),))
    assert ("reply-to", WORK) not in marks(listed)
    assert ("reply-to", WORK) in marks(mail(f"Please use my other address, {WORK}.", 0, HOME))
