"""Threats, swearing and risk in German, French, Spanish, Polish, Welsh and Irish; and what is said of what was not looked at."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from triage import detect
from triage.explanation import not_looked_at
from triage.finding import SURE, Sign
from triage.scorer import evidence_of

CASES = tomllib.loads((Path(__file__).parent / "language_cases.toml").read_text("utf-8"))
KINDS = ("threat", "profanity", "welfare")
LEAST = 0.95
"""Of the sentences that phrases were mended on. At first look, before that: threats 48 of 86, swearing 49 of 58, risk 58 of 88,
innocent ones flagged 16 of 116."""


def seen(text: str) -> dict[str, Sign]:
    return {sign.kind: sign for sign in detect.detect(evidence_of(text)) if sign.strength >= SURE}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("code", CASES)
def test_what_was_measured_is_still_seen(code: str, kind: str) -> None:
    texts = CASES[code][kind] + CASES[code][f"later_{kind}"]
    missed = [text for text in texts if kind not in seen(text)]
    assert len(missed) <= max(1, round((1 - LEAST) * len(texts))), missed


@pytest.mark.parametrize("code", CASES)
def test_innocent_neighbours_are_left_alone(code: str) -> None:
    texts = CASES[code]["innocent"] + CASES[code]["later_innocent"]
    assert {text: set(found) for text in texts if (found := seen(text).keys() & KINDS) and found != {"profanity"}} == {}
    assert not [text for text in texts if "profanity" in seen(text) and seen(text)["profanity"].severity != "advisory"]


@pytest.mark.parametrize("code", CASES)
def test_a_threat_that_is_told_is_not_the_writers_own(code: str) -> None:
    assert "threat" not in seen(CASES[code]["told"][0])


def test_a_threat_in_another_language_is_quoted_and_says_in_which() -> None:
    mail = "Guten Tag, ich warte seit drei Wochen auf mein Geld. Ich zünde euch das Büro an. Mit freundlichen Grüßen"
    found = seen(mail)["threat"]
    assert [quote.text for quote in found.quotes] == ["Ich zünde euch das Büro an."]
    assert "in German" in found.reason


def test_a_foreign_threat_quoted_in_an_english_mail_is_nobodys_threat() -> None:
    assert "threat" not in seen('He wrote "ich bringe dich um" on my door and I would like a new lock.')
    assert "threat" not in seen("Auf der Tür stand „ich bringe dich um“ und wir haben Angst vor ihm.")


def test_no_phrase_of_english_and_no_model_judges_a_mail_wholly_in_another_language() -> None:
    mail = "Dzień dobry, pisałam do państwa w sprawie windy i nie dostałam żadnej odpowiedzi. Proszę o kontakt jeszcze dzisiaj."
    evidence = replace(evidence_of(mail), scores={"insult": ((mail, 0.9),), "any_abuse": ((mail, 0.9),)})
    assert detect.detect(evidence) == ()
    assert not_looked_at(mail) == (
        "Written in Polish: only a threat, swearing at a person and a risk to life or welfare were looked for, not its other words, "
        "nor a legal right or an appeal; please have somebody read it who knows the language."
    )


def test_english_beside_another_language_is_read_as_ever_and_the_rest_is_named() -> None:
    mail = "Bonjour, je vous ai écrit trois fois et je n'ai pas eu de réponse. You are a stupid useless moron."
    assert "abuse" in seen(mail)
    assert not_looked_at(mail).startswith("Partly written in French: in those parts only a threat")


def test_of_a_language_without_phrases_people_are_told_that_nearly_nothing_was_looked_for() -> None:
    assert "nothing was looked for but the plainest words" in not_looked_at(
        "Здравствуйте, я писала вам об отоплении три недели назад."
    )
    assert not_looked_at("I wrote to you about the heating three weeks ago and have heard nothing.") == ""
