"""From findings to a stage: what calls for a warning, what for a restriction, and what stands in the way of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from turns import START, found, staff, story, wrote

from triage.answer import Notice, StaffAct
from triage.decision import PERSISTENCE_MOST, WARN_AT, Decision, decide, points
from triage.evidence import Turn
from triage.finding import SAFEGUARDS, Finding
from triage.hold import restrictions

NOW = START + timedelta(days=30)
ASKED = wrote("Please exchange the pump.", 0)
ANSWERED = staff("The pump is not faulty, so we do not exchange it.", 1)
RUDE, RUDER = wrote("You are fools.", 2), wrote("You are fools and liars.", 3)
WARNED = staff("This is a formal warning.", 4, StaffAct(warning="This is a formal warning", no_answer_because="a warning"))
AGAIN = wrote("You are still fools.", 5)


def decided(turns: tuple[Turn, ...], findings: list[Finding], now: datetime = NOW, **rest: object) -> Decision:
    told = story(*turns)
    return decide(told, findings, restrictions(told), now=now, **rest)  # type: ignore[arg-type]


def test_nothing_found_is_clear() -> None:
    decision = decided((ASKED, ANSWERED), [])
    assert (decision.stage, decision.unmet, decision.rests_on) == ("clear", (), ())


def test_one_insult_is_watched_and_no_more() -> None:
    decision = decided((ASKED, ANSWERED, RUDE), [found("abuse", RUDE)])
    assert decision.stage == "watch" and "not_warned" in decision.unmet


def test_two_insulting_mails_call_for_a_warning_that_rests_on_both() -> None:
    findings = [found("abuse", RUDE), found("abuse", RUDER)]
    decision = decided((ASKED, ANSWERED, RUDE, RUDER), findings)
    assert decision.stage == "warn" and decision.rests_on == tuple(findings)


def test_persistence_alone_never_calls_for_a_warning() -> None:
    mails = [wrote(f"Please exchange the pump, once more: {day}.", day) for day in range(2, 12)]
    findings = [found(kind, mail) for mail in mails for kind in ("repeat", "volume", "arguing")]
    assert decided((ASKED, ANSWERED, *mails), findings).stage == "watch"


def test_persistence_adds_little_to_something_else() -> None:
    mails = [wrote(f"Again, {day}.", day) for day in range(2, 12)]
    assert points([found("repeat", mail) for mail in mails]) == 0
    assert points([found("profanity", RUDE), *(found("repeat", mail) for mail in mails)]) == 1 + PERSISTENCE_MOST < WARN_AT


def test_several_things_said_in_one_mail_weigh_as_the_gravest_of_them() -> None:
    assert points([found("abuse", RUDE), found("profanity", RUDE), found("allegation", RUDE)]) == points([found("abuse", RUDE)])


def test_conduct_that_went_on_after_a_warning_may_call_for_a_restriction() -> None:
    findings = [found("abuse", RUDE), found("abuse", RUDER), found("abuse", AGAIN)]
    decision = decided((ASKED, ANSWERED, RUDE, RUDER, WARNED, AGAIN), findings)
    assert decision.stage == "restrict" and decision.unmet == ()
    assert decision.rests_on == (findings[2],) and decision.warned == WARNED


def test_a_warning_that_was_heeded_ends_it() -> None:
    polite = wrote("Good, then I shall buy another pump.", 5)
    findings = [found("abuse", RUDE), found("abuse", RUDER)]
    assert decided((ASKED, ANSWERED, RUDE, RUDER, WARNED, polite), findings).stage == "watch"


@pytest.mark.parametrize(
    ("gate", "kind"),
    [
        ("welfare", "welfare"), ("rights", "rights"), ("appeal_pending", "appeal"), ("adjustment", "adjustment"),
        ("unauthenticated", "unauthenticated"), ("campaign", "campaign"),
    ],
)  # fmt: skip
def test_a_safeguard_that_is_open_bars_the_restriction(gate: str, kind: str) -> None:
    findings = [found("abuse", RUDE), found("abuse", AGAIN), found(kind, AGAIN, severity="advisory")]
    decision = decided((ASKED, ANSWERED, RUDE, WARNED, AGAIN), findings)
    assert decision.stage == "warn" and decision.unmet == (gate,)
    assert not next(check for check in decision.checks if check.name == gate).met


def test_a_promise_to_see_to_a_right_leaves_it_open_and_an_answer_settles_it() -> None:
    findings = [found("abuse", RUDE), found("abuse", AGAIN), found("rights", AGAIN, severity="advisory")]
    promised = staff("You will have your papers by May.", 6, StaffAct(answer="the fee stands", promise="your papers by May"))
    assert "rights" in decided((ASKED, ANSWERED, RUDE, WARNED, AGAIN, promised), findings).unmet
    sent = staff("Here are your papers.", 7, StaffAct(answer="here are your papers"))
    assert "rights" not in decided((ASKED, ANSWERED, RUDE, WARNED, AGAIN, promised, sent), findings).unmet


def test_a_matter_we_never_answered_bars_the_restriction() -> None:
    findings = [found("abuse", RUDE), found("abuse", AGAIN)]
    decision = decided((ASKED, RUDE, WARNED, AGAIN), findings)
    assert decision.stage == "warn" and decision.unmet == ("not_dealt_with",)


def test_an_appeal_that_was_decided_no_longer_bars_it() -> None:
    outcome = staff("Your appeal was refused.", 6, StaffAct(appeal_decided="Your appeal was refused"))
    findings = [found("abuse", RUDE), found("abuse", AGAIN), found("appeal", AGAIN, severity="advisory")]
    assert decided((ASKED, ANSWERED, RUDE, WARNED, AGAIN, outcome), findings).unmet == ()


def test_a_sign_of_a_risk_to_welfare_counts_for_a_season() -> None:
    findings = [found("welfare", RUDE, severity="advisory")]
    assert decided((ASKED, ANSWERED, RUDE), findings, START + timedelta(days=80)).unmet == ("welfare",)
    assert decided((ASKED, ANSWERED, RUDE), findings, START + timedelta(days=120)).unmet == ()


def test_one_grave_incident_needs_no_warning_first() -> None:
    decision = decided((ASKED, ANSWERED, RUDE), [found("threat", RUDE, severity="grave")])
    assert decision.grave and decision.stage == "restrict" and decision.unmet == ()


def test_a_grave_incident_by_a_person_at_risk_calls_for_no_restriction() -> None:
    findings = [found("threat", RUDE, severity="grave"), found("welfare", RUDE, severity="advisory")]
    decision = decided((ASKED, ANSWERED, RUDE), findings)
    assert decision.stage == "warn" and decision.unmet == ("welfare",)


def test_a_warning_of_over_a_year_ago_has_lapsed() -> None:
    late = wrote("You are fools, still.", 400)
    decision = decided(
        (ASKED, ANSWERED, RUDE, WARNED, late), [found("abuse", RUDE), found("abuse", late)], START + timedelta(days=401)
    )
    assert decision.warned is None and "not_warned" in decision.unmet and decision.stage != "restrict"


def test_a_notice_that_staff_sent_puts_the_contact_on_hold_until_its_end() -> None:
    notice = Notice("no reply until 22 March", START + timedelta(days=6), START + timedelta(days=20))
    told = staff("You are restricted.", 6, StaffAct(restriction=notice, no_answer_because="a notice"))
    turns = (ASKED, ANSWERED, RUDE, WARNED, AGAIN, told)
    findings = [found("abuse", RUDE), found("abuse", AGAIN)]
    assert decided(turns, findings, START + timedelta(days=10)).stage == "held"
    after = decided(turns, findings, START + timedelta(days=21))
    assert after.stage == "watch" and after.warned is None  # the warning was used up by the restriction


def test_a_warning_that_was_withdrawn_counts_no_more() -> None:
    withdrew = staff("We withdraw our warning.", 5, StaffAct(lifted="We withdraw our warning."))
    late = wrote("You are fools, still.", 6)
    decision = decided((ASKED, ANSWERED, RUDE, WARNED, withdrew, late), [found("abuse", RUDE), found("abuse", late)])
    assert decision.warned is None and "not_warned" in decision.unmet and decision.stage != "restrict"
    assert "withdrawn" in next(check.words for check in decision.checks if check.name == "not_warned")


@pytest.mark.parametrize(
    "changed",
    [{"dismissed": "dismissed in desk"}, {"strength": 0.4}, {"severity": "advisory"}, {"by_staff": True}],
    ids=lambda changed: next(iter(changed)),
)
def test_what_was_dismissed_is_unsure_advisory_or_our_own_does_not_count(changed: dict[str, object]) -> None:
    findings = [replace(found("threat", one), **changed) for one in (RUDE, RUDER)]  # type: ignore[arg-type]
    decision = decided((ASKED, ANSWERED, RUDE, RUDER), findings)
    assert decision.stage in ("clear", "watch") and decision.checks[-1].met is False


def test_a_policy_that_ends_with_warnings_never_proposes_more() -> None:
    findings = [found("abuse", RUDE), found("abuse", AGAIN)]
    assert decided((ASKED, ANSWERED, RUDE, WARNED, AGAIN), findings, highest="warn").stage == "warn"


def test_every_safeguard_is_told_whether_it_is_met_or_not() -> None:
    decision = decided((ASKED, RUDE), [found("abuse", RUDE)])
    checks = {check.name: check for check in decision.checks}
    assert set(SAFEGUARDS) <= checks.keys()
    assert {name for name in SAFEGUARDS if not checks[name].met} == set(decision.unmet) == {"not_dealt_with", "not_warned"}
    assert all(check.words for check in decision.checks)
