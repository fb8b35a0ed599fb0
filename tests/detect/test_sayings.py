"""Kinds of saying that have twenty ways of being said: each way is heard, and its nearest innocent is left alone."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.detect.letters import evidence, from_customer, from_staff
from triage import detect
from triage.answer import StaffAct
from triage.evidence import Turn
from triage.finding import SURE

SAYINGS: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "sayings.toml").read_text("utf-8"))["saying"]
IDS = [f"{saying['kind']}, {saying['what']}" for saying in SAYINGS]
LAST = 0.85
"""Of those kept back, at least so many are heard over all kinds; see the head of sayings.toml for how little that says."""


def _history(saying: dict[str, Any]) -> tuple[Turn, ...]:
    mine = tuple(from_customer(own, days=at / 10) for at, own in enumerate(saying.get("mine", ())))
    if "after" in saying:
        words = saying["after"]
        return (*mine, replace(from_staff(words), act=StaffAct(explains=words)))
    return (*mine, from_staff(saying["ours"])) if "ours" in saying else mine


def _heard(saying: dict[str, Any], own: str) -> bool:
    signs = detect.detect(evidence(own, _history(saying)))
    return any(sign.kind == saying["kind"] and sign.strength >= SURE for sign in signs)


@pytest.mark.parametrize("saying", SAYINGS, ids=IDS)
def test_each_way_of_saying_it_is_heard_but_for_those_named_as_missed(saying: dict[str, Any]) -> None:
    missed = [own for own in saying["yes"] if not _heard(saying, own)]
    assert set(missed) == set(saying.get("known_missed", ())), missed


@pytest.mark.parametrize("saying", SAYINGS, ids=IDS)
def test_its_nearest_innocents_are_left_alone(saying: dict[str, Any]) -> None:
    assert not [own for own in (*saying["no"], *saying["last_no"]) if _heard(saying, own)]


def test_ways_kept_back_are_heard_no_less_than_when_they_were_measured() -> None:
    every = [(saying, own) for saying in SAYINGS for own in saying["last_yes"]]
    heard = sum(_heard(saying, own) for saying, own in every)
    print(f"{heard} of {len(every)} kept back")
    assert heard >= LAST * len(every)
