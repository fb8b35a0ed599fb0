"""The export: stable, unfolded Message-IDs in brackets, each message in one matter, the unsure and the dismissed apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from turns import mail

from triage.export import everything
from triage.hearing import VERDICT
from triage.ledger import ConclusionRows, Ledger
from triage.message import Unreadable
from triage.verdict import Verdict

NOW = datetime(2026, 4, 1, tzinfo=UTC)
FIRST, SECOND = mail("The pump hums.", 0), mail("You fools.", 1)


def contact(number: str) -> dict[str, Any]:
    return {"id": f"c-{number}", "addresses": [f"{number}@pond.example"], "names": [], "stage": "clear", "unmet": []}


def matter(name: str, of: str, *messages: Any) -> dict[str, Any]:
    return {
        "id": name, "contact": f"c-{of}", "title": "The pump", "state": "open", "messages": [one.message_id for one in messages],
        "keys": [one.key for one in messages], "answers": [], "waiting_since": None, "overdue": False,
        "links": {one.message_id: ["reply"] for one in messages},
    }  # fmt: skip


def finding(kind: str, strength: float = 0.9, dismissed: str = "", earlier: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "message_id": SECOND.message_id, "message_key": SECOND.key, "contact": "c-gus", "matter": "m-1", "kind": kind, "clause": "004/C2",
        "strength": strength, "severity": "ordinary", "quotes": [{"message_id": SECOND.message_id, "text": "You fools", "start": 0}],
        "reason": "insults", "earlier": list(earlier), "by_staff": False, "dismissed": dismissed,
    }  # fmt: skip


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with Ledger.open("sqlite://") as one:
        one.record_many([(FIRST, None, (), ()), (SECOND, None, (), ())])
        yield one


def test_it_says_the_same_each_time(ledger: Ledger) -> None:
    ledger.replace_conclusions([], ConclusionRows(contacts=[contact("b"), contact("a")], findings=[]))
    assert everything(ledger, NOW) == everything(ledger, NOW)
    assert [row["id"] for row in everything(ledger, NOW)["contacts"]] == ["c-a", "c-b"]


def test_a_matter_of_two_people_is_one_matter_with_each_message_once(ledger: Ledger) -> None:
    ledger.replace_conclusions(
        [], ConclusionRows(contacts=[contact("a"), contact("b")], matters=[matter("m-1", "a", FIRST, SECOND), matter("m-1", "b", SECOND)])
    )  # fmt: skip
    (row,) = everything(ledger, NOW)["matters"]
    assert row["contacts"] == ["c-a", "c-b"] and row["messages"] == [FIRST.message_id, SECOND.message_id]


def test_a_message_in_two_matters_of_two_people_is_told_in_one_only(ledger: Ledger) -> None:
    ledger.replace_conclusions(
        [], ConclusionRows(contacts=[contact("a"), contact("b")], matters=[matter("m-1", "a", FIRST), matter("m-2", "b", FIRST, SECOND)])
    )  # fmt: skip
    found = everything(ledger, NOW)["matters"]
    assert [one for row in found for one in row["messages"]] == [FIRST.message_id, SECOND.message_id]


def test_the_unsure_and_the_dismissed_stand_apart(ledger: Ledger) -> None:
    rows = [finding("abuse"), finding("profanity", strength=0.3), finding("threat", dismissed="dismissed in desk on 2026-04-01")]
    ledger.replace_conclusions([], ConclusionRows(findings=rows))
    said = everything(ledger, NOW)
    assert [[row["kind"] for row in said[part]] for part in ("findings", "unsure", "dismissed")] == [
        ["abuse"],
        ["profanity"],
        ["threat"],
    ]


def test_evidence_holds_the_words_and_the_date_of_what_it_rests_on(ledger: Ledger) -> None:
    ledger.replace_conclusions(
        [], ConclusionRows(contacts=[contact("gus")], matters=[matter("m-1", "gus", FIRST, SECOND)], findings=[finding("repeat", earlier=(FIRST.message_id,))])
    )  # fmt: skip
    (row,) = everything(ledger, NOW)["findings"]
    assert '"You fools"' in row["evidence"] and f"2026-03-02 {FIRST.message_id}" in row["evidence"]
    assert row["message"] == SECOND.message_id and row["message"].startswith("<") and row["message"].endswith(">")


def test_held_names_the_mails_that_are_held(ledger: Ledger) -> None:
    wanted = [
        {"message_key": FIRST.key, "contact": "c-gus", "labels": [], "held": False},
        {"message_key": SECOND.key, "contact": "c-gus", "labels": ["triage-hold"], "held": True},
    ]
    ledger.replace_conclusions(
        [], ConclusionRows(contacts=[contact("gus")], matters=[matter("m-1", "gus", FIRST, SECOND)], wanted=wanted)
    )  # fmt: skip
    assert everything(ledger, NOW)["held"] == [SECOND.message_id]


def test_decisions_are_what_people_decided(ledger: Ledger) -> None:
    verdict = Verdict(NOW, "desk", "dismiss", "p-1", frozenset({SECOND.key}))
    ledger.journal("labelled", at=NOW, actor="triage", subject={})
    ledger.journal(VERDICT, at=NOW, actor="desk", subject=verdict.subject())
    (row,) = everything(ledger, NOW)["decisions"]
    assert (row["by"], row["choice"], row["proposal"], row["keys"]) == ("desk", "dismiss", "p-1", [SECOND.key])


def test_unreadable_mail_is_told_with_the_reason(ledger: Ledger) -> None:
    ledger.record(Unreadable("k", "<odd@pond.example>", "desk", "inbox", NOW, "it has no header"))
    assert everything(ledger, NOW)["unreadable"] == [
        {"message": "<odd@pond.example>", "mailbox": "desk", "reason": "it has no header"}
    ]
