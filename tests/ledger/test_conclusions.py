"""Conclusions are replaced as a whole and come back in one order."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from triage.ledger import ConclusionRows, Ledger


def concluded(contact: str, *addresses: str, keys: tuple[str, ...] = ("k",), **given: Any) -> ConclusionRows:
    return ConclusionRows(
        contacts=[{"id": contact, "stage": "watch", "addresses": list(addresses), **given}],
        matters=[{"id": f"{contact}-m{n}", "contact": contact, "title": "Bins"} for n in (2, 1)],
        findings=[{"message_key": key, "contact": contact, "kind": "repeat", "reason": "wrote again"} for key in keys],
        restrictions=[{"contact": contact, "words": "until June"}],
        proposals=[{"id": f"{contact}-p", "contact": contact}],
        wanted=[{"message_key": key, "contact": contact, "labels": ["repeat"], "held": False} for key in keys],
    )


def test_what_was_concluded_comes_back_in_the_order_it_was_given(ledger: Ledger) -> None:
    rows = concluded("c1", "a@post.example", keys=("k2", "k1"))
    ledger.replace_conclusions([], rows)
    back = ledger.conclusions(["c1"])
    assert (back.contacts, back.matters, back.findings) == (rows.contacts, rows.matters, rows.findings)
    assert (back.restrictions, back.proposals) == (rows.restrictions, rows.proposals)
    assert [row["message_key"] for row in back.wanted] == ["k1", "k2"]


def test_proposals_can_be_asked_for_alone(ledger: Ledger) -> None:
    for contact in ("c2", "c1"):
        ledger.replace_conclusions([], concluded(contact, keys=(contact,)))
    assert ledger.proposals() == ledger.conclusions().proposals
    assert [row["id"] for row in ledger.proposals(["c2-p", "unknown"])] == ["c2-p"]


def test_the_order_of_contacts_does_not_depend_on_when_they_were_concluded(ledger: Ledger) -> None:
    for contact in ("c2", "c1", "c3"):
        ledger.replace_conclusions([], concluded(contact, keys=(contact,)))
    ledger.replace_conclusions(["c2"], concluded("c2", keys=("c2",)))
    back = ledger.conclusions()
    assert [row["id"] for row in back.contacts] == ["c1", "c2", "c3"]
    assert [row["id"] for row in back.matters] == ["c1-m2", "c1-m1", "c2-m2", "c2-m1", "c3-m2", "c3-m1"]


def test_contacts_that_turn_out_to_be_one_leave_nothing_of_the_two(ledger: Ledger) -> None:
    ledger.replace_conclusions([], concluded("c1", "a@post.example", keys=("k1",)))
    ledger.replace_conclusions([], concluded("c2", "b@post.example", keys=("k2",)))
    ledger.replace_conclusions([], concluded("c9", "z@post.example", keys=("k9",)))
    ledger.replace_conclusions(["c1", "c2"], concluded("c3", "a@post.example", "b@post.example", keys=("k1",)))
    assert [row["id"] for row in ledger.conclusions().contacts] == ["c3", "c9"]
    assert sorted(ledger.wanted()) == ["k1", "k9"]
    assert ledger.contacts_with(["a@post.example", "b@post.example"]) == ["c3"]
    assert ledger.contact_addresses(["c1", "c3"]) == {"c3": ["a@post.example", "b@post.example"]}
    assert {row["contact"] for row in ledger.conclusions().findings} == {"c3", "c9"}


def test_concluding_a_contact_twice_leaves_one(ledger: Ledger) -> None:
    ledger.replace_conclusions([], concluded("c1", "a@post.example"))
    ledger.replace_conclusions([], concluded("c1", "b@post.example", keys=()))
    assert ledger.contact_addresses(["c1"]) == {"c1": ["b@post.example"]}
    assert ledger.wanted() == {}
    assert ledger.conclusions(["c1"]).findings == []


def test_a_contact_is_due_at_its_review_and_when_the_clock_was_set_back(ledger: Ledger, monday: datetime) -> None:
    hour = timedelta(hours=1)
    ledger.replace_conclusions([], concluded("later", keys=(), review_at=monday + hour, as_of=monday - hour))
    ledger.replace_conclusions([], concluded("now", keys=(), review_at=monday.isoformat(), as_of=monday))
    ledger.replace_conclusions([], concluded("never", keys=(), review_at=None))
    ledger.replace_conclusions([], concluded("tomorrow", keys=(), as_of=monday + 24 * hour))
    assert ledger.due(monday) == ["now", "tomorrow"]
    assert ledger.due(monday + hour) == ["later", "now", "tomorrow"]


def test_what_is_wanted_can_be_asked_for_by_mail(ledger: Ledger) -> None:
    ledger.replace_conclusions([], ConclusionRows(wanted=[{"message_key": "u", "labels": ["unreadable"], "held": False}]))
    ledger.replace_conclusions([], concluded("c1", keys=("k1", "k2")))
    assert ledger.wanted(["k2", "u", "nothing"]) == {
        "k2": {"message_key": "k2", "contact": "c1", "labels": ["repeat"], "held": False},
        "u": {"message_key": "u", "labels": ["unreadable"], "held": False},
    }


def test_a_row_that_lacks_something_is_told_and_changes_nothing(ledger: Ledger) -> None:
    ledger.replace_conclusions([], concluded("c1"))
    before = ledger.conclusions()
    rows = concluded("c1", keys=())
    rows.proposals.append({"contact": "c1"})
    with pytest.raises(ValueError, match="a row of proposals lacks id"):
        ledger.replace_conclusions(["c1"], rows)
    assert ledger.conclusions() == before


def test_no_contacts_means_none_and_not_all(ledger: Ledger) -> None:
    ledger.replace_conclusions([], concluded("c1"))
    assert ledger.conclusions([]).contacts == []
    assert ledger.wanted([]) == {}
