"""What somebody says he always said, and which of an own mail's sentences says the opposite (policy 001/1-4, requirement D21).

The pairs are data: rules/phrases/opposites.toml. Only what is said of the past as said before counts; that a thing is dirty now and
was clean then is no contradiction, nor is a question, a doubt, or what somebody else said.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from triage.detect import phrasebook
from triage.detect.plain import Plain

_SAID = (
    r"(?:said|told you|tell you|telling you|maintained|written|wrote|stated|made clear|insisted|reported|been clear|called it)"
)
_START = (
    r"(?:(?:right )?from (?:the )?(?:very )?(?:start|beginning|outset|off|first|day one|the day)|at the (?:very )?(?:outset|start|beginning)|all along|since (?:the )?(?:day|start|beginning|"
    r"january|february|march|april|may|june|july|august|september|october|november|december)|the (?:very )?day (?:it|he|she|they|i)|time and again|always)"
)
_ALWAYS = re.compile(
    rf"\b(?:i|we|ive|weve|ive been|like i|as i)\b[^.!?\n]{{0,25}}\b{_SAID}\b[^.!?\n]{{0,40}}\b{_START}\b"
    rf"|\b(?:i|we|ive|weve)\b (?:have |had |did )?(?:always|all along|consistently) {_SAID}\b"
    rf"|\b{_START}\b[^.!?\n]{{0,12}}\b(?:i|we|ive|weve)\b[^.!?\n]{{0,12}}\b{_SAID}\b"
    rf"|\b(?:i|we)\b (?:have |had )?(?:been )(?:telling you|saying)\b[^.!?\n]{{0,20}}\b{_START}\b"
)
_NEVER = re.compile(
    r"\b(?:never(?: once)?|(?:i|we)(?: have| had)? never(?: once)?|(?:never once|at no (?:point|time)) did (?:i|we)(?: ever)?|not once did (?:i|we)(?: ever)?)"
    r" (?:say|said|call|called|described?|tell you|told you|claim(?:ed)?|wrote|write)\b"
)
_NOT = re.compile(r"\b(?:not|never|isnt|wasnt|arent|werent|hardly|far from|no longer|nor|neither|cannot|didnt|dont)\b")
_OF_NOW = re.compile(r"\b(?:now|since then|has since|have since|and since|today|by now|these days|nowadays|another thing)\b")
_OPEN = re.compile(r"\?|\b(?:if|whether|when i (?:get|move)|should it|will be|would be|must be|needs to be|to be)\b")
_ASKED_AFTER = re.compile(r",? (?:so|and|but) (?=(?:where|what|why|how|when|who)\b[^.!\n]*\?)")
"""What is asked on the strength of a statement takes nothing back: "as I told you, it was let, so where is it?"."""
_OF_OTHERS = re.compile(r"\b(?:he|she|they|you|tenant|landlord|agent) (?:says?|said|claims?|claimed|told|tells|wrote)\b")
_STANDS = re.compile(r"\b(?:said|told you|saying|telling you) (?:so|that|it|this)\b(?! (?:the|it|he|she|they|my|there|was|is))")


@dataclass(frozen=True, slots=True)
class Pole:
    """One side of a pair; `words` are those of the other side, which an own earlier mail must not hold."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    start: int
    """Where the sentence begins that says what was always said, in the plain text."""
    pole: Pole
    own: Pole | None
    """What the mail itself says was always said: an earlier mail that says it too bears the writer out."""


@cache
def pairs() -> tuple[tuple[Pole, Pole], ...]:
    """The opposites of the data file, each way round. A fault in the file is ours: KeyError."""
    with (phrasebook.RULES / "opposites.toml").open("rb") as file:
        found = [(Pole(tuple(each["one"])), Pole(tuple(each["other"]))) for each in tomllib.load(file)["opposite"]]
    return (*found, *((other, one) for one, other in found))


@cache
def _pattern(pole: Pole) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(re.escape(word) for word in sorted(pole.words, key=len, reverse=True)) + r")\b")


def always_said(plain: Plain) -> Iterator[Claim]:
    """What this mail says was said all along, and what an earlier mail would have to say to belie it.

    "It was filthy. I said so from day one": what a bare "so" stands for is in the sentence before.
    """
    before = ""
    for start, end in plain.sentences():
        sentence = _ASKED_AFTER.split(plain.text[start:end], maxsplit=1)[0]
        constant, denied = _ALWAYS.search(sentence), _NEVER.search(sentence)
        whole = f"{before} {sentence}" if constant and _STANDS.search(sentence) else sentence
        if (constant or denied) and not (_OF_NOW.search(whole) or _OPEN.search(whole) or _OF_OTHERS.search(whole)):
            for mine, other in pairs():
                said_here = _pattern(mine).search(whole)
                if said_here is None:
                    continue
                if denied and not constant:
                    yield Claim(start, mine, None)  # "never said it was clean": an own mail that says clean belies it
                elif not _NOT.search(whole[max(0, said_here.start() - 20) : said_here.start()]):
                    yield Claim(start, other, mine)
        before = sentence


def said(plain: Plain, pole: Pole) -> tuple[int, int] | None:
    """The first sentence of an earlier mail that says it as a fact: no question, no condition, nothing negated, nobody else's words."""
    for start, end in plain.sentences():
        sentence = plain.text[start:end]
        found = _pattern(pole).search(sentence)
        if (
            found
            and not _OPEN.search(sentence)
            and not _OF_OTHERS.search(sentence)
            and not _NOT.search(sentence[max(0, found.start() - 20) : found.start()])
        ):
            return start, end
    return None
