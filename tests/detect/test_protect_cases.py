"""How well the protective and demand detectors do on sentences in many voices; the figures are printed and held."""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.detect.letters import evidence, from_customer, from_staff
from triage.answer import Notice, StaffAct
from triage.evidence import Turn
from triage.finding import Sign

Cases = dict[str, list[dict[str, Any]]]


def _read(name: str) -> Cases:
    """Every kind with its cases; a kind told in several stories has several."""
    content = tomllib.loads((Path(__file__).parent / name).read_text("utf-8"))
    return {kind: cases if isinstance(cases, list) else [cases] for kind, cases in content.items()}


CASES = _read("protect_cases.toml")
UNSEEN = _read("protect_cases_unseen.toml")
DETECTOR = {"urgent_demand": "urgent", "unreasonable_demand": "demand"}
LEAST = {"unreasonable_demand": 0.8, "mingled": 0.8, "falsehood": 0.9}
"""Of the cases the phrases were written on; 0.95 where nothing is said."""
LEAST_UNSEEN = {
    "welfare": 0.87,
    "rights": 0.95,
    "adjustment": 0.9,
    "appeal": 0.85,
    "urgent_demand": 0.55,
    "unreasonable_demand": 0.4,
    "named_staff": 0.7,
    "process_refusal": 0.7,
    "mingled": 0.8,
    "falsehood": 0.95,
}
"""As measured when the cases were first looked at: a change that finds less is a step back."""
KNOWN_WRONG = {"I never asked you to close my current account."}
"""Another account is meant than the one closed; the detector sets the two mails side by side all the same."""
KNOWN_WRONG_UNSEEN = {
    "The baby slept through, your blackout blind is brilliant.",
    "I won't be here next week, I'm on holiday in Spain, so leave it in the porch.",
    "Our leaflet on domestic abuse needs reprinting, 500 copies please.",
    "I'm desperate for tickets, any returns?",
    "My gran is freezing peas and wants to know the size of the drawer.",
    "I work for a firm of solicitors and we would like forty mugs with our logo.",
    "The regulator on the gas barbecue hisses, is that normal?",
    "Our councillor is opening the fete at two, please reserve a seat.",
    "Is the theatre accessible by wheelchair?",
    "I can't read the serial number, it's scratched.",
    "We need an interpreter for our conference, what do you charge?",
    "The appeal of the blue one is its shape.",
    "Do you answer emails at night too?",
    "Kim told me nobody else needs to sign.",
}


def _history(case: dict[str, Any]) -> tuple[Turn, ...]:
    if "ours" in case:
        return (*(from_customer(own, days=at / 10) for at, own in enumerate(case["mine"])), from_staff(case["ours"]))
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


def _signs(kind: str, case: dict[str, Any], own: str) -> list[Sign]:
    module = importlib.import_module(f"triage.detect.{DETECTOR.get(kind, kind)}")
    return [sign for sign in module.detect(evidence(own, _history(case))) if sign.strength >= 0.5]


def _mails(cases: list[dict[str, Any]], *which: str) -> Iterator[tuple[dict[str, Any], str]]:
    for case in cases:
        for each in which:
            yield from ((case, own) for own in case.get(each, ()))


def _recall(kind: str, cases: list[dict[str, Any]], which: str) -> tuple[int, int, list[str]]:
    mails = list(_mails(cases, which))
    missed = [own for case, own in mails if not _signs(kind, case, own)]
    return len(mails) - len(missed), len(mails), missed


@pytest.mark.parametrize("kind", list(CASES))
def test_nearly_every_case_is_seen(kind: str) -> None:
    seen, of, missed = _recall(kind, CASES[kind], "yes")
    late, late_of, late_missed = _recall(kind, CASES[kind], "last_yes")
    print(f"{kind}: {seen}/{of} tuned, {late}/{late_of} written last; missed: {missed + late_missed}")
    assert seen >= LEAST.get(kind, 0.95) * of, missed
    assert late >= 0.5 * late_of, late_missed


@pytest.mark.parametrize("kind", list(UNSEEN))
def test_cases_never_tuned_on_are_seen_no_less_than_when_first_measured(kind: str) -> None:
    seen, of, missed = _recall(kind, UNSEEN[kind], "yes")
    print(f"{kind}: {seen}/{of} unseen; missed: {missed}")
    assert seen >= LEAST_UNSEEN[kind] * of, missed


@pytest.mark.parametrize("kind", list(CASES))
def test_the_nearest_innocent_words_raise_nothing(kind: str) -> None:
    wrong = [own for case, own in _mails(CASES[kind], "no", "last_no") if _signs(kind, case, own)]
    assert set(wrong) <= KNOWN_WRONG, wrong


@pytest.mark.parametrize("kind", list(UNSEEN))
def test_innocent_words_never_tuned_on_raise_nothing_but_what_is_named_here(kind: str) -> None:
    wrong = [own for case, own in _mails(UNSEEN[kind], "no") if _signs(kind, case, own)]
    assert set(wrong) <= KNOWN_WRONG_UNSEEN, wrong


def test_every_quotation_of_a_mail_stands_where_it_says() -> None:
    for kind, cases in (*CASES.items(), *UNSEEN.items()):
        for case, own in _mails(cases, "yes", "last_yes"):
            for sign in _signs(kind, case, own):
                assert sign.quotes, own
                for quote in sign.quotes:
                    ours = any(quote.message_id == turn.message.message_id for turn in _history(case))
                    assert ours or quote.start < 0 or own[quote.start : quote.start + len(quote.text)] == quote.text, own
