"""One person behind several addresses: joined on evidence of two kinds, never on a name alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from turns import mail

from triage.contact import Join, full_name, groups, marks
from triage.message import Address, Message

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


def test_a_mail_that_could_not_be_authenticated_joins_nobody() -> None:
    forged = replace(mail("I insult you.\n\nIda Stone\n07700 900123", 1, WORK, name="Ida Stone"), authenticity="fail")
    assert marks(forged) == frozenset()
    people, _ = joined(mail("The lamp is broken.\n\nIda Stone\n07700 900123", 0, HOME, name="Ida Stone"), forged)
    assert {HOME} in people


@pytest.mark.parametrize("text", ["Stone, Ida", "Mrs Ida Stone", "IDA STONE", "Ida Stone"])
def test_a_name_has_one_spelling(text: str) -> None:
    assert full_name(text) == "ida stone"


@pytest.mark.parametrize("text", ["Ida", "Customer Service", "", "The Support Team", "kind regards"])
def test_what_is_no_full_name_is_none(text: str) -> None:
    assert full_name(text) == ""
