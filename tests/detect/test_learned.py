"""What the trained model may add to what the rules find, and what it may not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from triage import detect
from triage.detect import urgent
from triage.evidence import Evidence
from triage.finding import Sign
from triage.scorer import evidence_of


def heard(text: str, sentence: str, **strengths: float) -> dict[str, Sign]:
    """The signs on a text of whose one sentence the model says this."""
    evidence: Evidence = replace(evidence_of(text), scores={kind: ((sentence, value),) for kind, value in strengths.items()})
    return {sign.kind: sign for sign in detect.detect(evidence)}


def test_an_insult_that_no_rule_knows_counts_when_the_model_is_sure_or_its_score_for_abuse_agrees() -> None:
    words = "You have the warmth of a filing cabinet and the wit of its lower drawer."
    assert heard(words, words, insult=0.55, any_abuse=0.45)["abuse"].strength == 0.55
    assert "abuse" not in heard(words, words, insult=0.55)
    assert heard(words, words, insult=0.74)["abuse"].strength == 0.74


def test_a_threat_counts_only_where_it_surely_sounds_abusive_too() -> None:
    words = "I am going to smash this return tonight."
    assert "threat" not in heard(words, words, threat=0.75)
    assert "threat" not in heard(words, words, threat=0.75, intimidation=0.6, any_abuse=0.47)
    assert heard(words, words, threat=0.75, any_abuse=0.5)["threat"].strength == 0.75


def test_advances_in_several_sentences_are_harassment_and_no_threat() -> None:
    first, second = "I keep your picture by my plate.", "Say yes to Thursday."
    scores = {
        "harassment": ((first, 0.45), (second, 0.45)),
        "threat": ((first, 0.42),),
        "any_abuse": ((first, 0.5), (second, 0.5)),
    }
    evidence: Evidence = replace(evidence_of(f"{first} {second}"), scores=scores)
    counted = {sign.kind for sign in detect.detect(evidence) if sign.strength >= 0.5}
    assert "harassment" in counted and "threat" not in counted


def test_two_sentences_that_only_hint_at_intimidation_count_together() -> None:
    first, second = "You go home by the towpath with your music in.", "You will want to look round."
    scores = {"intimidation": ((first, 0.45), (second, 0.44)), "any_abuse": ((first, 0.5), (second, 0.5))}
    evidence: Evidence = replace(evidence_of(f"{first} {second}"), scores=scores)
    (sign,) = (sign for sign in detect.detect(evidence) if sign.kind == "harassment")
    assert sign.strength >= 0.5 and [quote.text for quote in sign.quotes] == [first, second]
    alone: Evidence = replace(evidence, scores={kind: pairs[:1] for kind, pairs in scores.items()})
    assert all(sign.strength < 0.5 for sign in detect.detect(alone) if sign.kind == "harassment")


def test_a_second_charge_beside_a_rule_or_a_clearer_sentence_must_be_surer() -> None:
    words = "You have the warmth of a filing cabinet and the wit of its lower drawer."
    signs = heard(words, words, insult=0.74, harassment=0.55, any_abuse=0.5)
    assert [sign.kind for sign in signs.values() if sign.strength >= 0.5] == ["abuse"]
    both = heard(f"You stupid moron. {words}", words, harassment=0.55, any_abuse=0.5)
    assert both["harassment"].strength < 0.5 <= both["abuse"].strength
    assert heard(f"You stupid moron. {words}", words, harassment=0.75, any_abuse=0.5)["harassment"].strength == 0.75


def test_below_a_half_the_model_is_unsure_and_says_so_by_its_strength() -> None:
    words = "We shall see how the glass in your door likes my garden wall."
    assert heard(words, words, threat=0.44, any_abuse=0.41)["threat"].strength == 0.44


def test_nothing_is_heard_in_words_that_are_told_about_somebody_else() -> None:
    words = 'My lodger said "you are a waste of daylight" to the postman.'
    assert heard(words, words, insult=0.7, any_abuse=0.7) == {}


def test_patches_logs_and_code_insult_nobody() -> None:
    for words in ("+       kill_all_children(parent);", "[ 12.3] oops: dirty slave abort", "$ rm -rf idiot", "> you idiot"):
        assert heard(words, words, insult=0.7, any_abuse=0.7, threat=0.7) == {}, words


def test_a_coarse_word_of_a_trade_is_no_insult() -> None:
    words = "The slag pot and the bastard rasp came with the Thursday van, you star."
    assert heard(words, words, insult=0.75, any_abuse=0.7).keys().isdisjoint({"abuse", "profanity"})


def test_what_sounds_like_risk_is_shown_to_a_person_even_beside_an_apology() -> None:
    words = "I am sorry for what I said, the nights have become very long and I count them down."
    assert heard(words, words, welfare=0.51)["welfare"].strength >= 0.5


def test_a_boiler_or_a_lock_alone_is_no_risk_to_anybody_and_with_somebody_in_the_house_it_is() -> None:
    for words in ("The heating has packed up at 3 Tern Court.", "There is damp on the stair wall."):
        assert heard(words, words, welfare=0.62)["welfare"].strength < 0.5
        assert heard(f"{words} My nan stays with us.", words, welfare=0.62)["welfare"].strength >= 0.5
        assert heard(f"{words} The toddlers wheeze.", words, welfare=0.62)["welfare"].strength >= 0.5
    words = "The lift hums and I listen to it go down without me."
    assert heard(words, words, welfare=0.62)["welfare"].strength >= 0.5


def test_one_sentence_alone_that_weighs_as_much_as_a_warning_moves_no_stage_unless_it_is_clear() -> None:
    words = "I noticed which of the chairs is yours when the lights are low."
    faint = heard(words, words, harassment=0.6, any_abuse=0.6)["harassment"]
    assert (faint.strength, faint.severity) == (0.6, "advisory") and "stands alone" in faint.reason
    assert heard(words, words, harassment=0.72, any_abuse=0.6)["harassment"].severity == "ordinary"
    assert heard(words, words, insult=0.6, any_abuse=0.6)["abuse"].severity == "ordinary"


def test_a_second_such_sentence_or_a_rule_makes_a_fainter_one_count() -> None:
    first, second = "I noticed which of the chairs is yours.", "The low lights suit it."
    scores = {"sexual": ((first, 0.6), (second, 0.45)), "any_abuse": ((first, 0.6), (second, 0.5))}
    evidence: Evidence = replace(evidence_of(f"{first} {second}"), scores=scores)
    assert [sign.severity for sign in detect.detect(evidence) if sign.kind == "sexual"] == ["ordinary"]
    beside = heard(f"You stupid moron. {first}", first, harassment=0.6, any_abuse=0.6)["harassment"]
    assert (beside.strength, beside.severity) == (0.6, "ordinary")


def test_a_threat_alone_must_be_surer_than_another_charge() -> None:
    words = "That gate of yours has a short winter before it."
    assert heard(words, words, threat=0.72, any_abuse=0.6)["threat"].strength < 0.5
    assert heard(words, words, threat=0.76, any_abuse=0.6)["threat"].strength == 0.76


@pytest.mark.parametrize(("strength", "found"), [(0.41, 0), (0.46, 1)])
def test_beside_a_known_standard_the_model_needs_no_more_than_a_fair_guess_at_haste_and_no_less(
    strength: float, found: int
) -> None:
    text = "I need a space in the yard, my son drives now."
    said = replace(evidence_of(text), scores={"urgent": ((text, strength),)}, service_standard=timedelta(days=5))
    assert len(list(urgent.detect(said))) == found
