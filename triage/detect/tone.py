"""Sarcasm, backhanded compliments, mock applause: shown, never counted (policies 001/1-5a to 5e, 000/1-e; practice, trap T10).

Rests on words with a sting, never on length, capitals or marks alone: people who write in a second language, or who are
neurodivergent, write like that without meaning anything by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from triage.detect.phrases import Group, Hit, book
from triage.detect.reading import Reading, Spot, read, sign, spots
from triage.evidence import Evidence
from triage.finding import Sign

_MOCKING_SIGN = re.compile(r"👏|🙄|🤡|🤦|🖕|💩|🤮|😴|🐌|🦥|🥱|🧠")
_CONTEMPT = re.compile(r"([🙄🤡🤮])\1")
"""Signs that nobody puts twice beside something kind."""
_CRITICISM = re.compile(
    r"\b(?:still|again|another|weeks?|months?|days?|hours?|finally|wrong|late|lost|broken|nothing|no one|nobody|wait(?:ing)?|ignor\w+|"
    r"fail\w*|copy|template|robot|excuses?|promise[sd]?|never|third|fourth|fifth|sixth|only|useless|joke|service|genius|clever)\b"
)
_WARMTH = re.compile(
    r"\b(?:thank|thanks|love|loved|lovely|perfect|sorted|arrived|grateful|appreciate\w*|my (?:fault|mistake|bad)|recommend\w*|happy|silly me)\b"
)
_MEANT = re.compile(
    r"\b(?:delighted|thrilled|over the moon|no hurry|no rush at all|really appreciate|so grateful|very grateful|made my day|made our day|"
    r"pass on my thanks|can'?t thank you enough|thank you so much|couldn'?t be happier|thank you\W+(?:and )?you(?:'?re| are) (?:a|an|so|very)|above and beyond|highly recommend)\b"
)
_SIGNS = Group("mocking signs", "puts mocking signs beside a complaint", "advisory", 0.66)


def detect(evidence: Evidence) -> Iterable[Sign]:
    """At most one sign "hostile_tone", always advisory."""
    reading = read(evidence)
    found = [*spots(reading, book("hostile_tone")), *_mocking(reading)]
    if found and any(_MEANT.search(sentence.folded) for sentence in reading) and not _grave(found):
        return
    yield from sign(evidence, "hostile_tone", found, "advisory")


def _grave(found: list[Spot]) -> bool:
    """Whether mockery is so thick that a word of thanks does not make it sincere."""
    return len({spot.sentence.start for spot in found}) > 1


def _mocking(reading: Reading) -> Iterator[Spot]:
    """Clapping hands or rolling eyes beside a complaint (001/1-5e). Beside thanks they are meant."""
    for before, sentence in zip((None, *reading.sentences), reading.sentences, strict=False):
        found = _MOCKING_SIGN.search(sentence.text)
        if found is None or not sentence.owns(found.start()):
            continue
        near = (before.folded if before else "") + " " + sentence.folded
        # A middle finger needs no complaint beside it; clapping for somebody who waited is thanks.
        meant = _CRITICISM.search(near) or _CONTEMPT.search(sentence.text)
        if found.group() == "🖕" or (meant and not _WARMTH.search(near)):
            yield Spot(sentence, Hit(_SIGNS, found.start(), found.end()))
