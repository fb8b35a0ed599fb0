"""What the trained model hears in sentences that no rule knows: the second voice beside the rules.

The model only says that a sentence is unlike ordinary mail in a certain way, and how strongly (`Scorer.remarkable`): from 0.5 on
fewer than one ordinary mail in a thousand has such a sentence. Abuse counts above that, and further above it where a rule has spoken
already; else it is "unsure", shown and never counted. Nothing is heard in words that are quoted, reported or apologised
for, nor in code, logs and patches. Detectors that know what came before (a refusal, an offer) ask `heard` themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from triage.detect import folding, phrasebook, together
from triage.detect.phrases import book
from triage.detect.plain import fold
from triage.detect.reading import Reading, read
from triage.evidence import Evidence
from triage.finding import SURE, Quote, Severity, Sign

ABUSIVE = "any_abuse"
"""The model's score for abuse of any kind; scores for one kind of abuse count only on a sentence that has this one too."""

UNSURE = 0.4
"""What a score has where it begins to be remarkable; a detector that has other grounds may take it from here."""

MEANS: tuple[tuple[str, str, Severity, str], ...] = (
    ("threat", "threat", "serious", "The trained model takes a sentence for a threat; no rule knows its words."),
    ("insult", "abuse", "ordinary", "The trained model takes a sentence for an insult; no rule knows its words."),
    ("sexual", "sexual", "ordinary", "The trained model takes a sentence for a sexual remark; no rule knows its words."),
    ("discrimination", "discrimination", "ordinary", "The trained model finds that a sentence runs down a group; no rule knows its words."),
    ("intimidation", "harassment", "ordinary", "The trained model takes a sentence for intimidation; no rule knows its words."),
    ("harassment", "harassment", "ordinary", "The trained model takes a sentence for harassment; no rule knows its words."),
)  # fmt: skip
"""Score, kind, severity, reason, of what needs `ABUSIVE` as well."""

COUNTS = 0.53
"""From here on the model may charge somebody alone: above what ordinary mail reaches, because people who are angry with reason are
nearer to the guilty than ordinary mail is. What it may move by that: see `CLEAR`."""
BESIDE = 0.57
"""The same where a rule or a clearer sentence has charged him already: a second name for what was said needs to be surer."""
CLEAR = 0.7
"""From here on one sentence that weighs as much as a warning moves a stage though no rule and no other sentence of the mail says the like;
below it is shown and never counted. An insult weighs half of a warning and is counted from `COUNTS` on. See models/conduct/card.md."""
THREATENS = 0.75
"""What a threat needs alone to be more than unsure. Of held-back sentences 19 of 24 right ones lie above, and of 14 with other abuse in them
3: what is sour, leering or inventive in its mockery sounds like a hint."""
_BY_ITSELF = " It stands alone and is not clear enough to be counted: please read it in its mail."
_WEIGHTY = frozenset({"harassment", "sexual", "discrimination"})
_NOT_COUNTED = 0.49
MENACE = ("intimidation", "harassment")
"""What sentences say together; threats of death are what idioms are made of, and two of those make none."""
_FRIGHTENING = ("threat", *MENACE)
_LOUDER = ("insult", "sexual")
_SEVERAL = 2
_TOGETHER = "The trained model hears a threat or intimidation in several sentences together; no rule knows their words."

ADVISORY: tuple[tuple[str, str, str], ...] = (
    ("tone", "hostile_tone", "The trained model hears a sting in a sentence; no rule knows its words."),
    ("offtopic", "off_topic", "The trained model finds that a sentence is not about the service."),
    ("illegal", "illegal", "The trained model takes a sentence for an offer or an admission of something unlawful."),
)
"""Score, kind, reason, of what is shown and never counted against anybody."""

_AT_RISK = 0.5
"""From here on a sentence that sounds like risk must be read at once: to be wrong there costs a minute, and to miss it may cost a life."""
_THINGS = frozenset({"no heat, power or water", "danger in the home"})
"""Classes of words that by themselves tell of a home and of nobody in it."""
_SOMEBODY = re.compile(
    r"\b(?:\w*bab(?:y|ies)|child\w*|kids?|toddlers?|\w*grand\w*|mum|mam|mom|mother|dad|father|nan|gran|wife|husband|old|elderly|frail|pregnan\w*|disab\w*|asthma\w*"
    r"|ill|sick|poorly|unwell|hospital|doctor|chest|breath\w*|cough\w*|alone|scared|afraid|cry\w*|die|dying|dead|death|kill\w*|suicid\w*|cope|coping|hurt\w*|bought|hid\w*|pills?|tablets?|goodbye)\b"
)
"""Words that may tell of somebody at risk; where one stands, the model's word is taken."""
_WELFARE = "A sentence is like those of people at risk; please read it."
_WORD = re.compile(r"[^\W\d_]{2,}")
_FEW_WORDS = 2
_MACHINE = re.compile(r"^\s*(?:[+>|#$@]|--|\[[\s\d.]+\]|\w+\(|.*[;{}]\s*$|.*(?:\(\)|==|->|::|/\w+/\w+))")
"""Lines that a program wrote, or reads: patches, logs, commands, code."""


def detect(evidence: Evidence, spoken: frozenset[str] = frozenset()) -> Iterable[Sign]:
    """At most one sign for each kind, on the sentence that says it most clearly, and of abuse at most one that counts.

    `spoken` are the kinds of abuse that rules have found already: what they have shown needs no second name.
    """
    if not evidence.scores:
        return
    yield from _abuse(evidence, alone=not spoken)
    for score, kind, reason in ADVISORY:
        for quote, strength in heard(evidence, score):
            yield Sign(kind, strength, "advisory", (quote,), reason)
            break
    for quote, strength in heard(evidence, "welfare", whatever=True):
        sure = strength >= _AT_RISK and not _of_things_alone(evidence.message.own)
        yield Sign("welfare", SURE if sure else min(strength, _NOT_COUNTED), "advisory", (quote,), _WELFARE)
        break


def _of_things_alone(text: str) -> bool:
    """Whether a mail tells of a boiler, a lock or mould and of nobody who is frail, small, afraid or out of hope: that is a repair. What
    the phrases know of people in a home that fails them is found by itself (`welfare-together.toml`)."""
    plain = fold(text)
    found = {hit.group.name for hit in phrasebook.hits(plain, together.load("welfare-together").words)}
    return bool(found) and found <= _THINGS and not _SOMEBODY.search(plain.text)


def of_staff(evidence: Evidence, spoken: frozenset[str] = frozenset()) -> Iterable[Sign]:
    """The same for a mail of our own, where the policy binds both sides: only abuse, and only what counts."""
    return (sign for sign in _abuse(evidence, alone=not spoken) if sign.strength >= SURE) if evidence.scores else ()


def _abuse(evidence: Evidence, *, alone: bool) -> Iterator[Sign]:
    heard_as = {score: _charges(evidence, score) for score, *_ in MEANS}
    best: dict[str, Sign] = {}
    for score, kind, severity, reason in MEANS:
        for quote, strength in heard_as[score][:1]:
            if kind not in best or best[kind].strength < strength:
                best[kind] = Sign(kind, strength, severity, (quote,), reason)
    best |= _menace(heard_as, best)
    clearest = max(best.values(), key=lambda sign: sign.strength, default=None)
    by_itself = alone and len({quote.start for said in heard_as.values() for quote, _ in said}) < _SEVERAL
    for sign in best.values():
        least = THREATENS if sign.kind == "threat" else COUNTS if sign is clearest else BESIDE
        if sign.strength < (least if alone else BESIDE):
            yield replace(sign, strength=min(sign.strength, _NOT_COUNTED))
        elif by_itself and sign.kind in _WEIGHTY and sign.strength < CLEAR:
            yield replace(sign, severity="advisory", reason=sign.reason + _BY_ITSELF)
        else:
            yield sign


def _charges(evidence: Evidence, score: str) -> list[tuple[Quote, float]]:
    """The sentences with one of the scores for abuse, the clearest first. What is only remarkable must sound abusive as such too; a threat
    or harassment surely so: people smash their tax returns, are killed by deadlines, and tell where they live and who goes by."""
    abusive = dict(evidence.scores.get(ABUSIVE, ()))
    elsewhere = [dict(evidence.scores.get(other, ())) for other in _LOUDER] if score == "threat" else []

    def credible(sentence: str, strength: float) -> bool:
        if score in _FRIGHTENING and strength >= SURE:
            # who is insulted or ogled in a sentence is rarely threatened in it as well; the louder one is what was said
            louder = any(other.get(sentence, 0.0) > strength for other in elsewhere)
            return abusive.get(sentence, 0.0) >= SURE and not louder
        return sentence in abusive or strength >= BESIDE

    return [
        (quote, strength)
        for quote, strength in heard(evidence, score)
        if credible(quote.text, strength) and not _excused(quote.text, score)
    ]


def _menace(heard_as: Mapping[str, Sequence[tuple[Quote, float]]], best: Mapping[str, Sign]) -> dict[str, Sign]:
    """What several sentences say together that none says plainly: where somebody goes home, and that he will be about.

    Advances in several sentences are harassment and no threat; that takes several which intimidate.
    """
    found = {}
    for kind, scores in (("harassment", MENACE), ("threat", MENACE[:1])):
        parts = {quote.start: quote for score in scores for quote, _ in heard_as[score]}
        if kind in best and len(parts) >= _SEVERAL:
            quotes = tuple(parts[start] for start in sorted(parts))[:_SEVERAL]
            found[kind] = replace(best[kind], strength=max(best[kind].strength, BESIDE), quotes=quotes, reason=_TOGETHER)
    return found


def _excused(sentence: str, score: str) -> bool:
    """Whether a sentence is none of it: a coarse word of a trade or a dog, an accident that is feared, as the phrases know them; praise;
    or words about oneself, which insult nobody. The model knows letters only."""
    folded = folding.fold(sentence)
    meant_otherwise = [*book("profanity").groups.values()]
    if score in _FRIGHTENING:
        meant_otherwise.append(book("threat").groups["violence"])
    of_oneself = score not in _FRIGHTENING and _OF_ONESELF.match(folded) and not _OF_OTHERS.search(folded)
    return bool(_PRAISE.fullmatch(folded) or of_oneself) or any(group.excused(folded) for group in meant_otherwise)


_PRAISE = re.compile(
    r"\W*(?:(?:you(?:'?re| are)|what) an? )?(?:very |such a |most |so )*(?:clever|good|lovely|kind|sweet|dear|wonderful|bright|star of a|treasure of a)"
    r" (?:girl|girls|boy|lad|lads|lass|lady|ladies|man|woman|soul|people|person|thing)\W*"
)
_OF_ONESELF = re.compile(r"\W*(?:(?:and|but|so|well|sorry|oh)\W+)?i(?:'?m| am| was| feel| felt| must be| must have been)\b")
_OF_OTHERS = re.compile(r"\b(?:you|your|yours|ur|u|he|she|they|him|her|his|their|them|those|these|people)\b")


def heard(evidence: Evidence, score: str, least: float = UNSURE, *, whatever: bool = False) -> Iterator[tuple[Quote, float]]:
    """The writer's own sentences with this score, the clearest first, each with how sure it is.

    `whatever` also hears what is told about others or taken back: a risk is a risk.
    """
    said = [pair for pair in evidence.scores.get(score, ()) if pair[1] >= least]
    reading = read(evidence) if said else None
    if reading is None or (reading.apologises and not whatever):
        return
    for sentence, strength in sorted(said, key=lambda pair: -pair[1]):
        start = evidence.message.own.find(sentence)
        if start < 0 or _MACHINE.match(sentence) or len(_WORD.findall(sentence)) < _FEW_WORDS:
            continue
        if whatever or _owned(reading, start, start + len(sentence)):
            yield Quote(evidence.message.message_id, sentence, start), strength


def _owned(reading: Reading, start: int, end: int) -> bool:
    """Whether all that stands here is the writer's own assertion."""
    inside = [part for part in reading if part.start < end and part.start + len(part.text) > start and part.start >= 0]
    return all(part.owns(max(0, start - part.start)) and not part.foreign for part in inside)
