"""Notes with a clock: one severely abusive mail that may go without a reply, a restriction before its end, an appeal that waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.rulings.registry import (
    ADJUSTMENT,
    ANSWERED,
    APPEAL,
    ASKED,
    BERT,
    IDA,
    INSULT,
    MORE,
    NOOR,
    RIGHTS,
    SAM,
    THREAT,
    WELFARE,
    Registry,
)
from triage import register
from triage.hearing import write_down
from triage.verdict import Choice, Verdict


def asked(baths: Registry, kind: str = "no-reply") -> list[dict[str, Any]]:
    baths.conclude()
    return [row for row in baths.ledger.proposals() if row["kind"] == kind]


def answer(baths: Registry, choice: Choice) -> None:
    (row,) = asked(baths)
    baths.later(minutes=1)
    write_down(baths.ledger, [Verdict(baths.now, "desk", choice, row["id"], frozenset())])


def automatic(baths: Registry) -> None:
    baths.settings = replace_acting(baths, "automatic")


def replace_acting(baths: Registry, mode: str) -> Any:
    return baths.settings.model_copy(update={"acting": baths.settings.acting.model_copy(update={"no_reply": mode})})


@pytest.fixture
def insulted(baths: Registry) -> Registry:
    baths.wrote(ASKED)
    baths.later(days=1)
    baths.wrote(MORE)
    return baths


def test_it_is_proposed_and_nothing_is_held_until_somebody_agrees(insulted: Registry) -> None:
    assert insulted.held() == [] and len(asked(insulted)) == 1
    answer(insulted, "agree")
    assert insulted.held() == [insulted.last]


def test_the_matter_stays_open_and_the_answer_owed(insulted: Registry) -> None:
    before = [(row["state"], row["waiting_since"], row["deadline"]) for row in insulted.ledger.conclusions().matters]
    stage = insulted.stage()
    answer(insulted, "agree")
    insulted.conclude()
    rows = insulted.ledger.conclusions()
    after = [(row["state"], row["waiting_since"], row["deadline"]) for row in rows.matters]
    assert [state for state, *_ in after] == ["open"] and after[0][1] and before in ([], after)
    assert insulted.stage() == stage != "held" and not rows.restrictions


def test_it_comes_back_by_itself_and_the_next_mail_is_read_like_any_other(insulted: Registry) -> None:
    answer(insulted, "agree")
    (mail,) = insulted.held()
    insulted.later(days=1)
    insulted.wrote("Please send me the key for locker 88, I need it on Friday.")
    assert insulted.held() == [mail]
    insulted.later(days=14)
    assert insulted.held() == [] and asked(insulted) == []


def test_a_change_of_mind_brings_it_back_at_once_and_leaves_what_was_found(insulted: Registry) -> None:
    answer(insulted, "agree")
    answer(insulted, "dismiss")
    assert insulted.held() == []
    assert any(row["kind"] == "abuse" and not row["dismissed"] for row in insulted.ledger.conclusions().findings)


def test_only_where_the_settings_say_so_it_is_done_at_once_and_can_be_taken_back(insulted: Registry) -> None:
    automatic(insulted)
    assert insulted.held() == [insulted.last]
    (note,) = asked(insulted)
    assert note["filed"] == "your settings say so ([acting] no_reply)"
    answer(insulted, "dismiss")
    assert insulted.held() == []


def test_the_settings_can_leave_it_out(insulted: Registry) -> None:
    insulted.settings = replace_acting(insulted, "never")
    assert insulted.held() == [] and asked(insulted) == []


@pytest.mark.parametrize("also", [WELFARE, RIGHTS, ADJUSTMENT, THREAT, "There is a smell of gas at the desk."])
def test_a_mail_that_says_anything_that_must_be_read_is_never_filed(insulted: Registry, also: str) -> None:
    automatic(insulted)
    (first,) = insulted.held()
    insulted.wrote(f"{MORE}\n\n{also}")
    assert insulted.held() == [first]


def test_one_rude_word_is_nothing_to_leave_unanswered(baths: Registry) -> None:
    automatic(baths)
    baths.wrote("I am furious. This is bloody useless, send me the key for locker 88.")
    assert baths.held() == [] and asked(baths) == []


def test_an_unproved_sender_is_not_left_unanswered(baths: Registry) -> None:
    automatic(baths)
    baths.wrote(MORE, headers={"Authentication-Results": "mx.marlow.example; dmarc=fail header.from=inlook.example"})
    assert baths.held() == [] and asked(baths) == []


def test_nobody_is_asked_about_a_mail_that_one_of_us_has_answered(insulted: Registry) -> None:
    insulted.later(hours=1)
    insulted.answered(ANSWERED)
    assert asked(insulted) == []


def test_of_several_only_the_last_is_asked_about(insulted: Registry) -> None:
    insulted.wrote(INSULT + " You useless, disgusting cretins.")
    (row,) = asked(insulted)
    assert row["about"] == insulted.last


def test_a_restriction_is_put_before_a_person_before_it_ends(due: Registry) -> None:
    due.restrict(until=due.now + timedelta(days=40))
    assert asked(due, "review") == []
    due.later(days=27)
    (row,) = asked(due, "review")
    assert row["customer"] == BERT and row["restriction"]["in_force"]
    due.later(days=20)
    assert asked(due, "review") == [] and due.in_force() == []


def test_a_renewed_restriction_is_put_before_a_person_again(due: Registry) -> None:
    due.restrict(until=due.now + timedelta(days=20))
    due.later(days=10)
    (first,) = asked(due, "review")
    due.rule("renew", until=due.now + timedelta(days=60), notice="file renewal.pdf sha256:00", told=due.now)
    assert asked(due, "review") == []
    due.later(days=50)
    (second,) = asked(due, "review")
    assert second["id"] != first["id"]


def test_an_appeal_has_a_day_by_which_somebody_else_decides_it(due: Registry) -> None:
    due.restrict()
    due.wrote(APPEAL)
    (row,) = asked(due, "appeal")
    assert row["due"] == (due.now + timedelta(days=20)).isoformat() and not row["late"] and row["barred"] == [IDA]
    due.later(days=21)
    (late,) = asked(due, "appeal")
    assert late["late"] and late["id"] != row["id"]
    due.conclude()
    assert "(LATE)" in register.rows(due.ledger, due.settings.pack(), due.now)[0]["appeal"]
    due.rule("appeal-decided", by=SAM, outcome="refused", reason="we looked again")
    assert asked(due, "appeal") == []


def test_an_appeal_that_came_by_post_has_the_same_clock(due: Registry) -> None:
    due.restrict()
    due.rule("appeal", by=NOOR, received=due.now - timedelta(days=19), reason="he says it is unfair")
    assert not asked(due, "appeal")[0]["late"]
    due.later(days=2)
    assert asked(due, "appeal")[0]["late"]
