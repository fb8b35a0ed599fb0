"""Who works for us and is none of us: what is said to them counts as said to us, and what they say decides nothing (004/SC2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from turns import CUSTOMER, DESK, LENA, OTTO, OURS, START, mail

from tests.clauses.test_kinds_of_clauses import ASKED, NO, NO_AGAIN
from tests.rulings.registry import BERT, registry
from tests.rulings.registry import DESK as BATHS
from triage import hearing, incident_mail, policy
from triage.conclusion import Conclusion, Ground, conclude
from triage.deciding import Refused
from triage.message import Message
from triage.settings import load

PLUMBER = "otto@pipes.example"
WITH_VENDORS = replace(OURS, vendors=frozenset({"pipes.example", "gil@lifts.example"}))


def concluded(*mails: Message, known: bool = True) -> Conclusion:
    ground = Ground(START + timedelta(days=20), WITH_VENDORS if known else OURS, policy.load("jack-keller"))
    return conclude([CUSTOMER], mails, ground)


def test_the_same_request_to_a_vendor_after_our_answers_is_taken_to_a_further_person() -> None:
    course = (
        mail(ASKED, 0, to=(LENA,)), mail(NO, 1, LENA, to=(CUSTOMER,)), mail(ASKED, 2, to=(OTTO,)), mail(NO_AGAIN, 3, OTTO, to=(CUSTOMER,)),
        mail(ASKED, 4, to=(PLUMBER,)),
    )  # fmt: skip
    last = course[-1].message_id
    assert "staff_shopping" in {one.kind for one in concluded(*course).findings if one.message_id == last}
    assert "staff_shopping" not in {one.kind for one in concluded(*course, known=False).findings if one.message_id == last}


def test_an_insult_to_a_vendor_is_one_to_us() -> None:
    found = concluded(mail(ASKED, 0), mail("You are a stupid, worthless idiot, Otto.", 1, to=(PLUMBER,))).findings
    assert "abuse" in {one.kind for one in found}


def test_what_a_vendor_writes_is_no_customer_s_and_answers_nothing_and_restricts_nobody() -> None:
    refused = "Dear Gus,\n\nWe have decided to restrict your contact with us until 30 June 2026: we will not reply to emails about the pump."
    done = concluded(mail(ASKED, 0), mail(NO, 1, PLUMBER, to=(CUSTOMER, DESK)), mail(refused, 2, PLUMBER, to=(CUSTOMER, DESK)))
    (matter,) = done.matters
    assert matter["state"] == "open" and matter["overdue"] and done.restrictions == ()
    assert done.contact["addresses"] == [CUSTOMER] and {one.by_staff for one in done.findings} <= {True}


@pytest.mark.parametrize(("email", "ours"), [(PLUMBER, True), ("gil@lifts.example", True), ("sue@lifts.example", False)])
def test_a_vendor_is_named_by_address_or_by_domain(email: str, ours: bool) -> None:
    assert WITH_VENDORS.employs(email) == WITH_VENDORS.is_vendor(email) == ours
    assert not WITH_VENDORS.is_colleague(email) and not WITH_VENDORS.may_decide(email)


def test_a_vendor_cannot_decide_report_or_give_orders(tmp_path: Path) -> None:
    with registry(tmp_path) as baths:
        path = tmp_path / "settings.ini"
        path.write_text(path.read_text().replace("policy =", "vendors = pipes.example\npolicy ="))
        baths.settings = load(path)
        baths.until_due()
        with pytest.raises(Refused, match="is none of us"):
            baths.rule("no-action", by=PLUMBER)
        staff = baths.settings.directory()
        proved = {"Authentication-Results": "mx.marlow.example; dmarc=pass header.from=pipes.example"}
        key = baths.ledger.keys_by_message_id(baths.mail("REPORT\n\n> x", PLUMBER, BATHS, headers=proved))
        (said,) = baths.ledger.messages(key)
        assert isinstance(said, Message)
        said = replace(said, authenticity="pass")
        assert not hearing.reports(said, staff) and not incident_mail.meant(said, BATHS, staff)
        assert not hearing.noted_by(
            baths.ledger, replace(said, in_reply_to="<p-0123456789ab.0123456789abcdef@triage.marlow.example>"), staff
        )
        baths.conclude()
        assert [row["addresses"] for row in baths.ledger.conclusions().contacts] == [[BERT]]
