"""Shares and their intervals, against published examples."""

from __future__ import annotations

import pandas as pd
import pytest

from triage.analysis import difference, rates, wilson
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
