"""The gates before a restriction: each one open bars it, each one can be set aside by name with a reason, and none otherwise."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.rulings.registry import (
    ADJUSTMENT,
    ANSWERED,
    APPEAL,
    ASKED,
    IDA,
    INSULT,
    MORE,
    NOOR,
    RIGHTS,
    SAM,
    THREAT,
    WARNING,
    WELFARE,
    Registry,
    override,
    registry,
)
from triage.deciding import Refused


def never_answered(baths: Registry) -> None:
    baths.wrote(ASKED)
    baths.wrote(INSULT)
    baths.wrote(MORE)
    baths.answered(WARNING, IDA)
    baths.later(days=1)
    baths.wrote(INSULT + " Again.")


def never_warned(baths: Registry) -> None:
    baths.wrote(ASKED)
    baths.answered()
    baths.wrote(INSULT)
    baths.wrote(MORE)


def and_wrote(body: str, **rest: object) -> Callable[[Registry], None]:
    def course(baths: Registry) -> None:
        baths.until_due()
        baths.wrote(body, **rest)

    return course


def campaign(baths: Registry) -> None:
    baths.until_due()
    letter = (
        "We the swimmers of the town ask Marlow Baths to keep the big pool open on Sunday mornings, as it has been for forty years, "
        "because many of us work on all other days and have no other place to swim."
    )
    for number in range(4):
        baths.mail(letter, f"swimmer{number}@pool{number}.example", "desk@marlow.example", subject="Sunday mornings")
    baths.wrote(letter, subject="Sunday mornings")


def appealed(baths: Registry) -> None:
    baths.until_due()
    kept = baths.restrict()
    baths.rule(
        "appeal", by="noor.amin@marlow.example", reason="he says it is unfair", about=f"r-{kept.id[:8]}", received=baths.now
    )
    baths.rule("lift", about=f"r-{kept.id[:8]}")
    baths.later(days=1)
    baths.answered(WARNING, IDA)
    baths.later(days=1)
    baths.wrote(MORE)


OPEN = {
    "not_dealt_with": never_answered,
    "not_warned": never_warned,
    "welfare": and_wrote(WELFARE),
    "rights": and_wrote(RIGHTS),
    "appeal_pending": appealed,
    "adjustment": and_wrote(ADJUSTMENT),
    "unauthenticated": and_wrote(
        MORE, headers={"Authentication-Results": "mx.marlow.example; dmarc=fail header.from=inlook.example; spf=fail"}
    ),
    "campaign": campaign,
}


@pytest.mark.parametrize("gate", OPEN)
def test_no_restriction_is_recorded_while_a_safeguard_is_open(baths: Registry, gate: str) -> None:
    OPEN[gate](baths)
    with pytest.raises(Refused) as refused:
        baths.restrict()
    assert any(fault.startswith("a safeguard is open: ") and fault.endswith(f"({gate})") for fault in refused.value.faults), (
        refused.value.faults
    )
    assert baths.in_force() == []


@pytest.mark.parametrize("gate", [gate for gate in OPEN if gate != "not_warned"])
def test_a_decider_may_set_a_safeguard_aside_with_a_reason_and_that_is_kept(baths: Registry, gate: str) -> None:
    OPEN[gate](baths)
    aside = override(gate)
    if gate == "not_dealt_with":
        aside += override("no_effort", "we offered him another locker at the desk")
    baths.restrict(overrides=aside)
    (row,) = baths.in_force()
    assert [each["gate"] for each in row["overrides"]] == [each.gate for each in aside]
    assert all(each["reason"] for each in row["overrides"])


def test_a_safeguard_is_not_set_aside_without_a_reason_nor_one_that_does_not_exist(baths: Registry) -> None:
    and_wrote(WELFARE)(baths)
    with pytest.raises(Refused, match="cannot be set aside without a reason"):
        baths.restrict(overrides=override("welfare", " "))
    with pytest.raises(Refused, match="there is no safeguard wellfare"):
        baths.restrict(overrides=override("wellfare"))
    assert baths.in_force() == []


def test_nothing_done_to_help_bars_it_until_it_is_said_what_was(baths: Registry) -> None:
    never_answered(baths)
    with pytest.raises(Refused) as refused:
        baths.restrict(overrides=override("not_dealt_with"))
    assert [fault.rpartition(" ")[2] for fault in refused.value.faults] == ["(no_effort)"]
    baths.restrict(overrides=override("not_dealt_with"), efforts="Noor offered him another locker on the telephone on 2 March.")
    assert baths.stage() == "held"


def test_where_the_policy_wants_it_they_must_have_been_given_the_policy_before(tmp_path: Path) -> None:
    with registry(tmp_path, "aurora-assist") as aurora:
        aurora.until_due()
        with pytest.raises(Refused, match=r"a safeguard is open: .*\(policy_not_given\)"):
            aurora.restrict()
        late = (aurora.now - timedelta(days=1)).date()
        with pytest.raises(Refused, match=r"a safeguard is open: .*\(policy_not_given\)"):
            aurora.restrict(policy_given=late)
        aurora.restrict(policy_given=(aurora.now - timedelta(days=60)).date())
        assert aurora.stage() == "held"


def test_one_grave_incident_needs_no_warning_and_every_other_safeguard(baths: Registry) -> None:
    baths.wrote(ASKED)
    baths.answered(ANSWERED)
    baths.incident("threat", "He said on the telephone that he will come and hurt Noor.")
    incident = baths.incident("threat", "He came to the desk with a knife.")
    kept = baths.restrict(grounds=(incident.id,), safety_reason="he threatened to come back")
    assert kept.notice == "" and baths.stage() == "held"


def lifted(due: Registry) -> None:
    due.rule("lift", by=SAM)


def lapsed(due: Registry) -> None:
    due.later(days=61)


def appeal_allowed(due: Registry) -> None:
    due.rule("appeal", by=NOOR, received=due.now, reason="he says it is unfair")
    due.rule("appeal-decided", by=SAM, outcome="allowed", reason="the insults were not his")


def ended_by_letter(due: Registry) -> None:
    due.answered(
        "Dear Mr Quill,\n\nWe have lifted the restriction on your contact with us. You may write to us again as before.\n\nIda Holt",
        IDA,
    )


@pytest.mark.parametrize("ended", [lifted, lapsed, appeal_allowed, ended_by_letter])
def test_after_a_restriction_has_ended_a_new_one_needs_a_warning_of_its_own(
    due: Registry, ended: Callable[[Registry], None]
) -> None:
    due.restrict()
    ended(due)
    due.later(days=1)
    due.wrote(MORE)
    due.wrote(INSULT + " Once more.")
    assert due.stage() == "warn"
    with pytest.raises(
        Refused, match=r"the warning of 2026-03-05 is used up, as the restriction that followed ended on .*\(not_warned\)"
    ):
        due.restrict()
    due.answered(WARNING, IDA)
    due.later(days=1)
    due.wrote(MORE)
    due.restrict()
    assert due.stage() == "held"


def test_after_a_restriction_was_lifted_one_grave_incident_still_needs_no_warning(due: Registry) -> None:
    due.restrict()
    lifted(due)
    due.later(days=1)
    due.wrote(THREAT)
    due.restrict()
    assert due.stage() == "held"


def test_a_restriction_is_recorded_on_the_day_it_begins_and_not_ahead_of_what_may_come_between(due: Registry) -> None:
    with pytest.raises(Refused, match="record it then"):
        due.restrict(start=due.now + timedelta(days=3))
    assert due.restrictions() == []


def test_a_mail_of_his_that_speaks_of_a_danger_bars_the_renewal_too(due: Registry) -> None:
    kept = due.restrict(until=due.now + timedelta(days=10))
    due.wrote(WELFARE)
    with pytest.raises(Refused, match=r"a safeguard is open: .*\(welfare\)"):
        due.rule(
            "renew", about=f"r-{kept.id[:8]}", until=due.now + timedelta(days=40), notice="file l.pdf sha256:00", told=due.now
        )


def test_the_oracle_of_these_tests_is_right_about_who_may_be_restricted(due: Registry) -> None:
    """Without anything open, the very same call goes well: it is the safeguard that bars it above."""
    due.restrict()
    assert due.stage() == "held" and due.open_gates() & {"welfare", "rights", "adjustment"} == set()


def test_an_appeal_by_mail_bars_a_further_restriction_until_it_is_decided(due: Registry) -> None:
    kept = due.restrict()
    due.wrote(APPEAL)
    assert "appeal_pending" in due.open_gates()
    due.rule("appeal-decided", by="sam.reyes@marlow.example", about=f"r-{kept.id[:8]}", outcome="refused", reason="it stands")
    assert "appeal_pending" not in due.open_gates()
