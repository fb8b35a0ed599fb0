"""Shares and their intervals, against published examples."""

from __future__ import annotations

from random import Random

import pandas as pd
import pytest

from triage.analysis import agreement, difference, rates, wilson, without_slips
from triage.analysis.language import language


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17, 857: table I, method 3
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_of_a_share_is_wilsons(hits: int, of: int, low: float, high: float) -> None:
    assert wilson(hits, of) == pytest.approx((low, high), abs=5e-5)


def test_of_nothing_nothing_is_known() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("share", "slip"), [(0.95, 0.04), (0.7, 0.1), (0.5, 0.04), (1.0, 0.08), (0.9, 0.0)])
def test_the_true_share_lies_in_the_interval_though_those_who_judge_err_now_and_then(share: float, slip: float) -> None:
    rng, inside = Random(7), 0
    for _ in range(400):
        said = [(rng.random() < share) != (rng.random() < slip) for _ in range(40)]
        same = sum((rng.random() < slip) == (rng.random() < slip) for _ in range(60))
        low, high = without_slips(sum(said), len(said), same, 60)
        inside += low <= share <= high
    assert inside >= 0.95 * 400


def test_without_two_who_judged_the_same_every_verdict_is_taken_for_right_and_at_random_nothing_is_known() -> None:
    low, high = without_slips(81, 263, 0, 0)
    assert low < wilson(81, 263)[0] < wilson(81, 263)[1] < high
    assert high - low < 0.13
    assert without_slips(81, 263, 10, 20) == (0.0, 1.0)
    assert without_slips(0, 0, 5, 5) == (0.0, 1.0)


def test_the_interval_of_a_difference_is_newcombes() -> None:
    # Newcombe 1998, Statistics in Medicine 17, 873: 56/70 against 48/80, method 10
    assert difference(56, 70, 48, 80) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_a_small_group_keeps_its_size_and_loses_its_rate() -> None:
    frame = pd.DataFrame({"group": ["a"] * 12 + ["b"] * 3, "hit": [True] * 6 + [False] * 6 + [True] * 3})
    shown, hidden = rates(frame, "group", "hit").to_dict("records")
    assert (shown["of"], shown["hits"], shown["rate"], shown["shown"]) == (12, 6, 0.5, True)
    assert hidden["of"] == 3 and not hidden["shown"]
    assert all(pd.isna(hidden[name]) for name in ("hits", "rate", "low", "high"))


@pytest.mark.parametrize(
    ("text", "is_in"),
    [
        ("Could you tell me when somebody will come and look at the gate? It has been like that for a week.", "en"),
        ("Können Sie mir bitte sagen, wann jemand kommt und sich das Tor ansieht? Es ist seit einer Woche kaputt.", "other"),
        ("Pouvez-vous me dire quand quelqu'un va venir voir le portail ? Il est cassé depuis une semaine.", "other"),
        ("Kunt u mij zeggen wanneer er iemand komt om naar het hek te kijken? Het is al een week kapot.", "other"),
        ("Any news?", "short"),
        ("", "short"),
    ],
)
def test_english_is_told_from_other_languages(text: str, is_in: str) -> None:
    assert language(text) == is_in


def test_a_single_small_group_cannot_be_worked_out_from_the_rest() -> None:
    frame = pd.DataFrame({"group": ["a"] * 30 + ["b"] * 12 + ["c"] * 3, "hit": [True, False, False] * 15})
    assert list(rates(frame, "group", "hit")["shown"]) == [True, True, False]
    assert list(rates(frame, "group", "hit", sealed=True)["shown"]) == [True, False, False]
    two_small = pd.concat([frame, pd.DataFrame({"group": ["d"] * 4, "hit": [True] * 4})])
    assert list(rates(two_small, "group", "hit", sealed=True)["shown"]) == [True, True, False, False]
    assert list(rates(frame[frame["group"] != "c"], "group", "hit", sealed=True)["shown"]) == [True, True]


def test_two_reviewers_are_compared_by_the_last_word_of_each_and_against_chance() -> None:
    rows = [(f"m-{n}", "staff-a", "agree") for n in range(20)] + [(f"m-{n}", "staff-b", "agree") for n in range(15)]
    rows += [(f"m-{n}", "staff-b", "dismiss") for n in range(15, 20)]
    rows += [(f"m-{n}", who, "dismiss") for n in range(20, 30) for who in ("staff-a", "staff-b")]
    rows += [("m-0", "staff-b", "dismiss"), ("m-0", "staff-b", "agree"), ("m-90", "", "agree"), ("m-91", "staff-a", "agree")]
    same, of, beyond = agreement(pd.DataFrame(rows, columns=["message", "by", "choice"]))
    assert (same, of) == (25, 30)
    by_chance = (35 / 60) ** 2 + (25 / 60) ** 2
    assert beyond == pytest.approx((25 / 30 - by_chance) / (1 - by_chance))


def test_where_nobody_was_asked_twice_nothing_is_said_of_reviewers() -> None:
    same, of, beyond = agreement(pd.DataFrame({"message": ["m-1"], "by": ["staff-a"], "choice": ["agree"]}))
    assert (same, of) == (0, 0) and pd.isna(beyond)
