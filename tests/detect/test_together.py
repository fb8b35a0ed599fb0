"""Cues that count only in company."""

from __future__ import annotations

from tests.detect.letters import evidence
from triage.detect import rights, together, welfare
from triage.detect.plain import fold


def _names(own: str) -> set[str]:
    return {hit.group.name for hit in together.hits(fold(own), together.load("welfare-together"))}


def test_a_baby_and_a_dead_boiler_in_two_sentences_make_a_sign() -> None:
    own = "The boiler packed up on Sunday. We have a baby of five weeks here."
    (sign,) = welfare.detect(evidence(own))
    assert "somebody frail without heat, power or water" in sign.reason
    assert {quote.text for quote in sign.quotes} >= {"The boiler packed up on Sunday.", "We have a baby of five weeks here."}


def test_neither_cue_alone_makes_one() -> None:
    assert not _names("The boiler packed up on Sunday.")
    assert not _names("We have a baby of five weeks here.")


def test_cues_far_apart_are_not_in_company() -> None:
    between = "The gate is green. " * 6
    assert not _names(f"The boiler packed up on Sunday. {between}We have a baby of five weeks here.")


def test_the_same_words_make_no_company_for_themselves() -> None:
    assert "somebody frail without food or medicine" not in _names("There is no formula.")


def test_a_mere_mention_of_the_police_is_unsure_and_a_report_is_not() -> None:
    (mentioned,) = rights.detect(evidence("A police car blocked my drive."))
    assert mentioned.strength < 0.5
    (reported,) = rights.detect(evidence("I have reported it to the police."))
    assert reported.strength >= 0.5
    assert not list(rights.detect(evidence("We had a court case with our old landlord years ago.")))
