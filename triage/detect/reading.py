"""One mail's own words as the detectors read them: sentences, whose words they are, and what stands in place of disguises.

A detector never sees the raw text alone. Every sentence comes with a folded copy of *equal length* (small letters, straight
quotes, "sh1t" and "f*ck" unfolded, staff names marked), so that what is found in the copy can be quoted from the original;
and with the stretches in it that are somebody else's words: quotations, "he said he would …", an apology for what was said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest

from triage.detect import folding, hearsay
from triage.detect.phrases import Book, Hit, Shelf, shelf, words_of
from triage.evidence import Evidence
from triage.finding import Quote, Severity, Sign

LONGEST_TEXT = 200_000
"""Characters of one mail that are read; a mail a hundred times longer than a long letter is read to here."""
_LONGEST_SENTENCE = 700
_LONGEST_QUOTE = 280

_BREAK = re.compile(r"(?<=[.!?…])[\"'”’)]*\s+|\n\s*\n\s*|\n")
_ABBREVIATION = re.compile(r"(?:\b(?:mr|mrs|ms|dr|st|no|rd|nr|ref|approx|inc|ltd|etc|vs|e\.g|i\.e)|\b[A-Za-z])\.$", re.IGNORECASE)
_ANSWERING = re.compile(r"^\s*(?:re|aw|sv|fw|fwd|wg|antw)\s*:", re.IGNORECASE)
_RANKS: tuple[Severity, ...] = ("advisory", "ordinary", "serious", "grave")


@dataclass(frozen=True, slots=True)
class Said:
    """What follows from the letters of a folded sentence alone, whoever wrote it where."""

    hits: Mapping[Book, tuple[Hit, ...]]
    """By book, the phrases that stand in it and are not denied; books without any are left out."""
    near: frozenset[Book]
    """The books for two sentences together of which it holds a word."""
    reported: tuple[tuple[int, int], ...]
    """What it reports of others, see `hearsay.stretches`."""
    announces: bool
    """Whether the next paragraph is somebody else's."""


@lru_cache(maxsize=6_000)
def said(folded: str, books: Shelf) -> Said:
    """What a folded sentence says. Kept, because most sentences of a mailbox come again: greetings, forms, the same letter with
    one line added; and each detector asks."""
    hits, near = books.find(folded)
    meant = {book: tuple(hit for hit in some if not hearsay.denied(folded, hit.start)) for book, some in hits.items()}
    return Said(meant, near, tuple(hearsay.stretches(folded, False)), hearsay.announces(folded))


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    """Verbatim."""
    start: int
    """Where it begins in the message's own words; -1 for the subject."""
    folded: str
    """As long as `text`, see above."""
    said: Said
    foreign: tuple[tuple[int, int], ...]
    """Stretches of it, from and to, that are not the writer's own assertion."""

    def owns(self, start: int) -> bool:
        """Whether what begins here is the writer's own."""
        return not any(begin <= start < end for begin, end in self.foreign)


@dataclass(frozen=True, slots=True)
class Reading:
    sentences: tuple[Sentence, ...]
    apologises: bool

    def __iter__(self) -> Iterator[Sentence]:
        return iter(self.sentences)


@dataclass(frozen=True, slots=True)
class Spot:
    """A phrase found in a sentence."""

    sentence: Sentence
    hit: Hit
    counted: bool = True
    """False for the further parts of what stands across sentences: they are quoted, and prove nothing twice."""


def read(evidence: Evidence) -> Reading:
    """The message's subject (when it is new: not "Re:") and own words."""
    message = evidence.message
    subject = "" if _ANSWERING.match(message.subject) else message.subject.strip()
    return read_text(message.own, subject, staff_names(evidence))


def staff_names(evidence: Evidence) -> frozenset[str]:
    """Words of the names of our people, lower case: from the directory, and from whom the mail is addressed to."""
    names = set(evidence.directory.names)
    for address in evidence.directory.staff:
        names.update(re.split(r"[^a-z]+", address.partition("@")[0]))
    for recipient in (*evidence.message.to, *evidence.message.cc):
        if evidence.directory.is_person(recipient.email):
            names.update(re.findall(r"[^\W\d_]+", recipient.name.lower()))
    return frozenset(name for name in names if len(name) > 2)


@lru_cache(maxsize=16)
def read_text(own: str, subject: str = "", names: frozenset[str] = frozenset(), books: Shelf | None = None) -> Reading:
    """The sentences of these words. Kept for the other detectors, which read the same mail next.

    `books`: what is looked for in them; all books when left out.
    """
    own, books = own[:LONGEST_TEXT], books or shelf()
    folded = folding.fold(own, names)
    apologises = hearsay.apologises(folded)
    quoted = [*hearsay.quotations(own, folded, apologises), *hearsay.titles(own)]
    sentences: list[Sentence] = []
    if subject:
        folded_subject = folding.fold(subject, names)
        spans = tuple(hearsay.quotations(subject, folded_subject, False))
        sentences.append(Sentence(subject, -1, folded_subject, said(folded_subject, books), spans))
    announced = False
    for start, end, fresh in _spans(own):
        text, copy = own[start:end], folded[start:end]
        meaning = said(copy, books)
        if fresh and not hearsay.announces_before(own, start):
            announced = False
        foreign = [(a - start, b - start) for a, b in quoted if a < end and b > start]
        if announced:
            foreign.append((0, len(text)))
        else:
            foreign += hearsay.stretches(copy, apologises) if apologises else meaning.reported
        sentences.append(Sentence(text, start, copy, meaning, tuple(foreign)))
        announced = announced or meaning.announces
    return Reading(tuple(sentences), apologises)


def _spans(text: str) -> Iterator[tuple[int, int, bool]]:
    """Where sentences begin and end, and whether a paragraph begins with them. A wrapped line does not end a sentence."""
    start, fresh = 0, True
    for gap in _BREAK.finditer(text):
        paragraph = gap.group().count("\n") > 1
        before = text[start : gap.start()]
        if not before.strip():
            start, fresh = gap.end(), fresh or paragraph
            continue
        if "\n" not in gap.group() and _ABBREVIATION.search(before[-8:]):
            continue
        if gap.group() == "\n" and _wrapped(text, gap.start(), gap.end()):
            continue
        yield from _pieces(text, start, gap.start(), fresh)
        start, fresh = gap.end(), paragraph
    if text[start:].strip():
        yield from _pieces(text, start, len(text), fresh)


def _wrapped(text: str, end: int, following: int) -> bool:
    """Whether a line break only wraps a long line (RFC 5322 section 2.1.1 asks for lines of 78 characters)."""
    line = text[text.rfind("\n", 0, end) + 1 : end]
    return len(line) >= 50 and line.rstrip()[-1:] not in ".!?:" and text[following : following + 1] not in "-*•>#\n"


def _pieces(text: str, start: int, end: int, fresh: bool) -> Iterator[tuple[int, int, bool]]:
    while start < end and text[start].isspace():
        start += 1
    while end - start > _LONGEST_SENTENCE:
        cut = max(text.rfind(sign, start + 200, start + _LONGEST_SENTENCE) for sign in (" ", ","))
        cut = cut if cut > start else start + _LONGEST_SENTENCE
        yield start, cut, fresh
        start, fresh = cut, False
    yield start, end, fresh


def spots(reading: Reading, phrases: Book) -> list[Spot]:
    """Every phrase of the book that the writer says on his own account, in the order of the mail."""
    found = [Spot(one, hit) for one in reading.sentences for hit in one.said.hits.get(phrases, ()) if one.owns(hit.start)]
    if phrases.across:
        said = {spot.sentence.start for spot in found}
        # What one sentence says outright needs no second to bear it out.
        found += [spot for spot in _across(reading, phrases.across) if spot.sentence.start not in said]
    return found


def _across(reading: Reading, phrases: Book) -> list[Spot]:
    """What stands in a sentence and the next together, every part of it the writer's own."""
    found = []
    near = {sentence.start for sentence in reading.sentences if phrases in sentence.said.near}
    for first, second in zip_longest(reading.sentences, reading.sentences[1:]) if near else ():
        if first.start not in near and (second is None or second.start not in near):
            continue
        folded = first.folded + (f" {second.folded}" if second else "")
        words = words_of(first.folded) | words_of(second.folded) if second else words_of(first.folded)
        for hits in phrases.gather(folded, words):
            parts = [_placed(first, second, hit) for hit in hits]
            if all(
                part.sentence.owns(part.hit.start) and not hearsay.denied(part.sentence.folded, part.hit.start) for part in parts
            ):
                found += [Spot(part.sentence, part.hit, number == 0) for number, part in enumerate(parts)]
    return found


def _placed(first: Sentence, second: Sentence | None, hit: Hit) -> Spot:
    """The sentence in which a hit found across two begins."""
    offset = len(first.folded) + 1
    if second is None or hit.start < len(first.folded):
        return Spot(first, Hit(hit.group, hit.start, min(hit.end, len(first.folded))))
    return Spot(second, Hit(hit.group, max(hit.start - offset, 0), min(hit.end - offset, len(second.folded))))


def sign(evidence: Evidence, kind: str, found: list[Spot], severity: Severity | None = None) -> Iterator[Sign]:
    """One sign of this kind from what was found: surest first, quoted sentence by sentence; none when nothing was found."""
    if not found:
        return
    doubt = 1.0
    best: dict[tuple[int, str], float] = {}
    for spot in (spot for spot in found if spot.counted):
        place = (spot.sentence.start, spot.hit.group.name)
        best[place] = max(best.get(place, 0.0), spot.hit.group.strength)
    for strength in best.values():
        doubt *= 1 - strength
    gravest = max((spot.hit.group.severity for spot in found), key=_RANKS.index)
    reasons = dict.fromkeys(spot.hit.group.reason for spot in sorted(found, key=lambda s: -_RANKS.index(s.hit.group.severity)))
    strength = min(0.99, round(1 - doubt, 2))
    yield Sign(kind, strength, severity or gravest, quotes(evidence, found), "The mail " + "; it ".join(list(reasons)[:3]) + ".")


def quotes(evidence: Evidence, found: list[Spot]) -> tuple[Quote, ...]:
    """The sentences that hold what was found, verbatim, each once; of a very long one the part around it."""
    made: dict[int, Quote] = {}
    for spot in found:
        sentence = spot.sentence
        begin, end = _window(sentence.text, spot.hit)
        start = sentence.start + begin if sentence.start >= 0 else -1
        made.setdefault(start, Quote(evidence.message.message_id, sentence.text[begin:end], start))
    return tuple(made.values())


def _window(text: str, hit: Hit) -> tuple[int, int]:
    text_end = len(text.rstrip())
    if text_end <= _LONGEST_QUOTE:
        return 0, text_end
    begin = max(0, hit.start - _LONGEST_QUOTE // 3)
    begin = text.find(" ", begin, hit.start) + 1 if begin else 0
    end = min(text_end, max(hit.end, begin + _LONGEST_QUOTE))
    last = text.rfind(" ", hit.end, end)
    return begin, last if last > hit.end and end < text_end else end
