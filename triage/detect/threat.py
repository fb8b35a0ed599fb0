"""Threats against people or property, plain or veiled (policies 000/1-c, 001/1-3, 002/A5b, 004/UB1a)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from triage.detect import foreign
from triage.detect.phrases import book
from triage.detect.reading import Spot, read, sign, spots
from triage.evidence import Evidence
from triage.finding import Sign

_GAME = re.compile(
    r"\b(?:semi|semis|semi-?finals?|quarter-?finals?|cup final|the final|playoffs?|league|derby|fixtures?|kick-?off|referee|the ref|season tickets?|away (?:end|fans|game|match)"
    r"|home (?:end|game|match)|goalie|striker|tournament|quiz (?:night|team)|our (?:team|lads|side|squad)|(?:we|they) (?:lost|won|drew|play) (?:to|against|on|last|at)|match ?day|the match)\b",
    re.IGNORECASE,
)
_THEM = re.compile(r"(?:them|'em|em|him|her)\W*$")


def detect(evidence: Evidence) -> Iterable[Sign]:
    """At most one sign "threat": grave for violence, weapons and veiled threats to a person, serious for damage and loss."""
    spoken = [spot for spot in spots(read(evidence), book("threat")) if not _of_a_game(spot, evidence)]
    found = list(sign(evidence, "threat", spoken))
    yield from foreign.added(found, foreign.sign(evidence, "threat"))


def _of_a_game(spot: Spot, evidence: Evidence) -> bool:
    """Whether the ones who will be beaten are the other side in a game: nobody is named, and the mail is about a game."""
    said = spot.sentence.folded[spot.hit.start : spot.hit.end]
    message = evidence.message
    return bool(_THEM.search(said) and _GAME.search(f"{message.subject}\n{message.own}"))
