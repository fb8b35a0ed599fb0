"""What verdicts teach: more care with optional signals, a bounded amount, taken back with the verdict; and never what protects."""

from __future__ import annotations

from datetime import timedelta

import pytest
from turns import START, found, story, wrote

from triage.decision import decide
from triage.finding import KINDS
from triage.learning import FEWEST, LEARNS, MOST, again_and_again, lessons, shifts
from triage.verdict import Choice, Verdict


def said(
    number: int, choice: Choice = "dismiss", *, by: str = "desk", kinds: tuple[str, ...] = ("repeat",), later: int = 0
) -> Verdict:
    at = START + timedelta(hours=number, days=later)
    return Verdict(at, by, choice, f"p-{number:012x}", frozenset({f"k{number}"}), kinds=frozenset(kinds))


def test_what_is_dismissed_again_and_again_needs_to_be_surer_up_to_a_bound() -> None:
    assert shifts(said(n) for n in range(FEWEST - 1)) == {}
    few, many = (shifts(said(n) for n in range(count))["repeat"] for count in (FEWEST, 200))
    assert 0 < few < many == MOST


def test_agreement_never_makes_a_signal_louder() -> None:
    assert shifts(said(n, "agree") for n in range(50)) == {}
    both = [*(said(n) for n in range(6)), *(said(n, "agree") for n in range(6, 12))]
    assert shifts(both) == {}


def test_taking_a_verdict_back_unlearns_it() -> None:
    every = [said(n) for n in range(FEWEST)]
    assert shifts(every)
    assert not shifts([*every, said(0, "open", later=1)])
    assert not shifts([*every, said(0, "agree", later=1), said(1, "agree", later=1), said(2, "agree", later=1)])


def test_one_note_counts_once_however_often_it_is_moved() -> None:
    moved = [said(1, choice, later=day) for day, choice in enumerate(("dismiss", "agree") * 20 + ("dismiss",))]
    assert lessons(moved)["repeat"].dismissed == 1


@pytest.mark.parametrize("kind", sorted(kind for kind, family in KINDS.items() if family == "protective" or kind not in LEARNS))
def test_what_protects_or_endangers_never_learns(kind: str) -> None:
    assert shifts(said(n, kinds=(kind,)) for n in range(200)) == {}


def test_nothing_protective_or_grave_is_among_what_learns() -> None:
    assert not {kind for kind in LEARNS if KINDS[kind] == "protective"}
    assert not LEARNS & {"threat", "harassment", "sexual", "discrimination", "illegal", "abuse", "profanity", "after_stop"}


def test_no_safeguard_moves_by_it() -> None:
    turn = wrote("I need this in large print.", 1)
    adjustment = found("adjustment", turn)
    assert "adjustment" in decide(story(turn), [adjustment], (), now=START + timedelta(days=3)).unmet
    assert "adjustment" not in shifts(said(n, kinds=("adjustment", "repeat")) for n in range(60))


def test_who_reports_one_person_again_and_again_is_named() -> None:
    reports = [Verdict(START, "ines@mill.example", "agree", "", frozenset({f"k{n}"})) for n in range(4)]
    assert again_and_again(reports, ["k0", "k1", "k2"]) == {"ines@mill.example": 3}
    assert again_and_again(reports, ["k0", "k1"]) == {}
    assert again_and_again([*reports[:2], *reports[:2]], ["k0", "k1", "k2"]) == {}  # a mail reported twice over is one
