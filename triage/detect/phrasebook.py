"""The protective and demand phrase files of rules/phrases: how they are written, loaded and looked for in a whole mail.

A file is a list of groups, each with a name, the reason it is there, how sure a hit makes us, one phrase a line, and
`unless` phrases that, in the same sentence, take the hit back. In a phrase

    (a|b c)   one of these          (a|b)?   or nothing      (a|b)*   up to three of them
    ...       up to six words       wait*    any ending      #        a number, in figures or in words

Case, accents, apostrophes, line wrapping and the commonest misspellings make no difference: both phrase and mail are
folded first. Every hit is given in offsets of the mail as it was written, so that quotations stay verbatim.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from triage.detect.plain import BETWEEN, UNSPACED, Plain, simplified

RULES = Path(__file__).resolve().parents[2] / "rules" / "phrases"

NAMES = (
    "welfare", "rights", "adjustment", "appeal", "urgent", "emergencies", "accusations", "demands", "insistence", "process_refusal",
)  # fmt: skip
"""The files that are written in this language."""
_MOST_KNOWN = 40_000
"""So many words of mails are remembered with what they wake."""
_NUMBER = (
    r"(?:\d[\d.,]*|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty"
    r"|half an?|a few|couple of)"
)
_COMMON = frozenset(
    [
        "a",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "been",
        "but",
        "by",
        "can",
        "could",
        "day",
        "did",
        "do",
        "does",
        "dont",
        "for",
        "from",
        "get",
        "go",
        "going",
        "got",
        "had",
        "has",
        "have",
        "he",
        "her",
        "him",
        "his",
        "how",
        "i",
        "if",
        "ill",
        "im",
        "in",
        "is",
        "it",
        "its",
        "ive",
        "just",
        "know",
        "like",
        "me",
        "more",
        "my",
        "no",
        "not",
        "now",
        "of",
        "off",
        "on",
        "one",
        "or",
        "our",
        "out",
        "please",
        "see",
        "send",
        "she",
        "should",
        "so",
        "some",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "they",
        "this",
        "time",
        "to",
        "too",
        "up",
        "us",
        "want",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "will",
        "with",
        "would",
        "you",
        "your",
    ]
)
_WRITABLE = re.compile("#|[\\w\u0300-\u036f\u0590-\u0dff\u0e00-\u0e7f*&/.,+-]+")


@dataclass(frozen=True, slots=True)
class Part:
    """One place of a phrase that must be filled, known by words; a phrase is only tried on a sentence that can fill all."""

    whole: frozenset[str]
    begun: tuple[str, ...]

    def filled(self, words: frozenset[str]) -> bool:
        """Whether one of a sentence's words can stand here."""
        return not self.whole.isdisjoint(words) or (bool(self.begun) and any(word.startswith(self.begun) for word in words))

    @cache  # noqa: B019 - words come again and again; the parts of phrases stay as long as the program runs
    def price(self) -> float:
        """How often this part would wake its phrase for nothing."""
        return sum(30.0 if word in _COMMON else 1.0 for word in self.whole) + 3.0 * len(self.begun)


@dataclass(frozen=True, slots=True)
class Phrase:
    text: str
    """As a regular expression."""
    parts: tuple[Part, ...]
    """What must be in the sentence, the rarest first; none for a phrase in a script that writes words together."""

    def within(self, plain: Plain, sentence: int) -> Iterator[re.Match[str]]:
        """Every place of one sentence where the phrase stands."""
        words = plain.words[sentence]
        if all(part.filled(words) for part in self.parts):
            return _pattern(self.text).finditer(plain.text, *plain.bounds[sentence])
        return iter(())


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    why: str
    strength: float
    phrases: tuple[Phrase, ...]
    unless: tuple[Phrase, ...] = ()


@dataclass(frozen=True, eq=False)
class Book:
    """Groups of phrases, with an index from the words that wake a phrase to the phrase."""

    groups: tuple[Group, ...]
    whole: Mapping[str, tuple[tuple[int, int], ...]]
    begun: Mapping[str, tuple[tuple[int, int], ...]]
    unspaced: tuple[tuple[int, int], ...]

    def make_ready(self) -> None:
        """Compiles every phrase now: what a process does that others are made from, so that each of them need not."""
        for group in self.groups:
            for phrase in (*group.phrases, *group.unless):
                _pattern(phrase.text)


@dataclass(frozen=True, slots=True)
class Hit:
    group: Group
    start: int
    end: int
    """Bounds in the plain text."""


@cache
def load(name: str) -> Book:
    """The phrases of rules/phrases/NAME.toml. A fault in the file is ours, not the operator's: KeyError or ValueError."""
    with (RULES / f"{name}.toml").open("rb") as file:
        content = tomllib.load(file)
    return bound(
        tuple(
            Group(
                name=group["name"],
                why=group["why"],
                strength=float(group.get("strength", 0.8)),
                phrases=tuple(compiled(line) for line in lines(group["say"])),
                unless=tuple(compiled(line) for line in lines(group.get("unless", ""))),
            )
            for group in content["group"]
        )
    )


@cache
def part(name: str, group: str) -> Book:
    """One group of a file, by its name."""
    return bound(tuple(each for each in load(name).groups if each.name == group))


def bound(groups: tuple[Group, ...]) -> Book:
    """Groups as a book, with the index of the words that wake their phrases."""
    whole: dict[str, list[tuple[int, int]]] = {}
    begun: dict[str, list[tuple[int, int]]] = {}
    unspaced = []
    for at, group in enumerate(groups):
        for number, phrase in enumerate(group.phrases):
            if not phrase.parts:
                unspaced.append((at, number))
                continue
            for word in phrase.parts[0].whole:
                whole.setdefault(word, []).append((at, number))
            for stem in phrase.parts[0].begun:
                begun.setdefault(stem, []).append((at, number))
    return Book(groups, {k: tuple(v) for k, v in whole.items()}, {k: tuple(v) for k, v in begun.items()}, tuple(unspaced))


class _Shelf:
    """Every book that was looked into, so that the words of a mail are looked up once for all of them."""

    def __init__(self) -> None:
        self._books: dict[Book, None] = {}
        self._known: dict[str, tuple[tuple[Book, tuple[tuple[int, int], ...]], ...]] = {}
        self._last: tuple[Plain | None, dict[Book, dict[int, set[tuple[int, int]]]]] = (None, {})

    def woken(self, plain: Plain, book: Book) -> Mapping[int, set[tuple[int, int]]]:
        """The phrases of a book that the words of each sentence wake; sentences without any are left out."""
        if book not in self._books:
            self._books[book] = None
            self._known.clear()
            self._last = (None, {})
        if self._last[0] is not plain:
            self._last = (plain, self._look_up(plain))
        return self._last[1].get(book, {})

    def _look_up(self, plain: Plain) -> dict[Book, dict[int, set[tuple[int, int]]]]:
        found: dict[Book, dict[int, set[tuple[int, int]]]] = {}
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        for word, sentences in plain.where.items():
            known = self._known.get(word)
            if known is None:
                known = self._known[word] = tuple((book, woken) for book in self._books if (woken := _woken(book, word)))
            for book, woken in known:
                of_book = found.setdefault(book, {})
                for sentence in sentences:
                    of_book.setdefault(sentence, set()).update(woken)
        return found


_SHELF = _Shelf()


def _woken(book: Book, word: str) -> tuple[tuple[int, int], ...]:
    """The phrases of a book that a word of a mail wakes."""
    woken = list(book.whole.get(word, ()))
    for length in range(1, len(word) + 1) if book.begun else ():
        woken += book.begun.get(word[:length], ())
    return tuple(woken)


def lines(block: str) -> list[str]:
    """The phrases of a block: its lines but for blank ones and comments."""
    return [line.strip() for line in block.splitlines() if line.strip() and not line.strip().startswith("# ")]


def compiled(line: str) -> Phrase:
    """A phrase of a file as something to look for. Only bounded repeats over disjoint characters: the time is linear."""
    pattern, parts = _sequence(simplified(line))
    if UNSPACED.search(line):
        return Phrase(pattern, ())
    known = sorted((part for part in parts if part is not None), key=Part.price)
    if not known:
        raise ValueError(f"the phrase {line!r} holds no word that must be there")
    return Phrase(rf"(?<!\w){pattern}(?!\w)", tuple(known))


@cache
def _pattern(text: str) -> re.Pattern[str]:
    """Compiled when a sentence first wakes the phrase: most are never needed in one run."""
    return re.compile(text)


def _sequence(line: str) -> tuple[str, list[Part | None]]:
    """The pattern of words in order, and the parts that must be filled (None where anything may stand)."""
    pattern = lead = ""
    parts: list[Part | None] = []
    for piece in _tokens(line):
        if piece == "...":
            pattern += lead + r"(?:[^\W_]{1,30}" + BETWEEN + "){0,6}"
            lead = ""
            continue
        repeated = {")?": "?", ")*": "{0,3}"}.get(piece[-2:], "")
        body, needed = _choice(piece) if piece.startswith("(") else _word(piece)
        if repeated:
            pattern += f"(?:{lead}{body}){repeated}" if lead else f"(?:{body}{BETWEEN}){repeated}"
            continue
        pattern += lead + body
        lead = BETWEEN
        parts.append(needed)
    return pattern, parts


def _choice(piece: str) -> tuple[str, Part | None]:
    """One of several sequences: of each, its rarest part must be filled."""
    branches = [_sequence(each) for each in _split(piece.rstrip("?*")[1:-1], "|")]
    pattern = "(?:" + "|".join(branch for branch, _ in branches) + ")"
    rarest = [min((part for part in parts if part is not None), key=Part.price, default=None) for _, parts in branches]
    known = [part for part in rarest if part is not None]
    if len(known) < len(rarest):
        return pattern, None
    return pattern, Part(
        frozenset().union(*(part.whole for part in known)), tuple({stem for part in known for stem in part.begun})
    )


@cache
def _word(word: str) -> tuple[str, Part | None]:
    if not _WRITABLE.fullmatch(word):
        raise ValueError(f"{word!r} is no word of a phrase: a bracket must be closed, and ? follows a bracket only")
    if word == "#":
        return _NUMBER, None
    pattern = re.escape(word).replace(r"\*", r"\w{0,20}")
    pieces = re.findall(r"\w+\*?", word)
    longest = max(pieces, key=len, default="")
    if longest.endswith("*"):
        return pattern, Part(frozenset(), (longest[:-1],))
    return pattern, Part(frozenset((longest,)), ()) if longest and not word.startswith("*") else None


def _tokens(line: str) -> Iterator[str]:
    """Words, brackets with what is in them, and gaps."""
    for blank in _split(line, " "):
        yield from (piece for piece in _brackets(blank) if piece)


def _brackets(text: str) -> Iterator[str]:
    """Parts a piece without blanks outside brackets into brackets and what stands between them."""
    start = depth = 0
    for at, letter in enumerate(text):
        if letter == "(":
            if depth == 0 and at > start:
                yield text[start:at]
                start = at
            depth += 1
        elif letter == ")":
            depth -= 1
            if depth == 0:
                end = at + 2 if text[at + 1 : at + 2] in {"?", "*"} else at + 1
                yield text[start:end]
                start = end
    yield text[start:]


def _split(text: str, mark: str) -> list[str]:
    """The parts between marks that stand outside all brackets."""
    parts, depth, start = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == mark and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]


@lru_cache(maxsize=256)
def hits(plain: Plain, book: Book) -> tuple[Hit, ...]:
    """Every place where a phrase stands and nothing in its sentence takes it back. Kept, as several detectors ask the same."""
    woken = _SHELF.woken(plain, book)
    unspaced = book.unspaced if plain.unspaced else ()
    return tuple(
        Hit(group, place.start(), place.end())
        for sentence in (range(len(plain.words)) if unspaced else sorted(woken))
        for at, number in (*sorted(woken.get(sentence, ())), *unspaced)
        for group in (book.groups[at],)
        for place in group.phrases[number].within(plain, sentence)
        if not any(next(each.within(plain, sentence), None) for each in group.unless)
    )


def says(plain: Plain, at: int, phrases: Iterable[Phrase]) -> bool:
    """Whether the sentence that holds this place says one of these."""
    sentence = plain.number(at)
    return any(next(phrase.within(plain, sentence), None) for phrase in phrases)


def found(plain: Plain, book: Book) -> bool:
    """Whether anything in the book is said at all."""
    return bool(hits(plain, book))
