"""How well the protective and demand detectors do on sentences in many voices; the figures are printed and held."""

from __future__ import annotations

import importlib
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.detect.letters import evidence, from_staff
from triage.answer import Notice, StaffAct
from triage.evidence import Turn
from triage.finding import Sign

CASES: dict[str, dict[str, Any]] = tomllib.loads((Path(__file__).parent / "protect_cases.toml").read_text("utf-8"))
DETECTOR = {"urgent_demand": "urgent", "unreasonable_demand": "demand"}
KNOWN_WRONG: set[str] = set()


def _history(kind: str) -> tuple[Turn, ...]:
    case = CASES[kind]
    if "after" not in case:
        return ()
    words = case["after"]
    turn = from_staff(words)
    assert turn.act is not None
    act = replace(turn.act, explains=words if case.get("refused") else "")
    if case.get("restriction"):
        start = turn.message.sent_at
        act = StaffAct(
            restriction=Notice(words=words, start=start, until=None, appeal_offered="by writing REVIEW in the subject")
        )
    return (replace(turn, act=act),)


def _signs(kind: str, own: str) -> list[Sign]:
    module = importlib.import_module(f"triage.detect.{DETECTOR.get(kind, kind)}")
    return [sign for sign in module.detect(evidence(own, _history(kind))) if sign.strength >= 0.5]


def _recall(kind: str, which: str) -> tuple[int, int, list[str]]:
    missed = [own for own in CASES[kind][which] if not _signs(kind, own)]
    return len(CASES[kind][which]) - len(missed), len(CASES[kind][which]), missed


@pytest.mark.parametrize("kind", list(CASES))
def test_nearly_every_case_is_seen(kind: str) -> None:
    seen, of, missed = _recall(kind, "yes")
    late, late_of, late_missed = _recall(kind, "last_yes")
    print(f"{kind}: {seen}/{of} tuned, {late}/{late_of} written last; missed: {missed + late_missed}")
    assert seen >= 0.95 * of, missed
    assert late >= 0.5 * late_of, late_missed


@pytest.mark.parametrize("kind", list(CASES))
def test_the_nearest_innocent_words_raise_nothing(kind: str) -> None:
    wrong = [own for own in (*CASES[kind]["no"], *CASES[kind]["last_no"]) if _signs(kind, own)]
    assert set(wrong) <= KNOWN_WRONG, wrong


def test_every_quotation_stands_in_the_mail_where_it_says() -> None:
    for kind, case in CASES.items():
        for own in (*case["yes"], *case["last_yes"]):
            for sign in _signs(kind, own):
                assert sign.quotes, own
                for quote in sign.quotes:
                    assert quote.start < 0 or own[quote.start : quote.start + len(quote.text)] == quote.text, own
