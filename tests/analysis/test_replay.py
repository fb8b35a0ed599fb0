"""What other numbers would have flagged."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest
from yearmade import Year

from triage import analysis
from triage.analysis.replay import flagged, warned


def test_with_the_packs_own_numbers_a_replay_finds_what_the_ledger_holds(small_year: Year) -> None:
    held = analysis.read(small_year.settings).findings
    again = flagged(small_year.settings, "volume", {"as it is": {}})
    assert len(again) > 0
    assert set(again["message"]) == set(held.loc[held["kind"] == "volume", "message"])


def test_a_higher_number_flags_fewer_and_only_of_the_same(small_year: Year) -> None:
    sets = {"8": {"volume_messages": 8}, "4": {"volume_messages": 4}, "short": {"volume_window": timedelta(minutes=1)}}
    again = flagged(small_year.settings, "volume", sets).groupby("name")["message"].agg(set)
    assert again["8"] < again["4"]


def test_a_number_or_kind_that_is_none_is_an_error(small_year: Year) -> None:
    with pytest.raises(KeyError, match="volume_mesages"):
        flagged(small_year.settings, "volume", {"x": {"volume_mesages": 3}})
    with pytest.raises(KeyError, match="welfare"):
        flagged(small_year.settings, "welfare", {"x": {}})


def test_fewer_contacts_weigh_enough_for_a_warning_the_more_it_takes() -> None:
    row = {"sure": True, "severity": "ordinary", "family": "conduct", "by_staff": False, "kind": "abuse"}
    findings = pd.DataFrame(
        [
            {**row, "contact": "c-1", "message": "1", "verdict": "agree"},
            {**row, "contact": "c-1", "message": "2", "verdict": ""},
            {**row, "contact": "c-2", "message": "3", "verdict": "dismiss"},
            {**row, "contact": "c-3", "message": "4", "verdict": "", "severity": "advisory"},
        ]
    )
    counted = warned(findings, [2, 4, 6]).set_index("at")
    assert list(counted["contacts"]) == [2, 1, 0]
    assert list(counted["dismissed"]) == [1, 0, 0]
    assert list(counted["agreed"]) == [1, 1, 0]
