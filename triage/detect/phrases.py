"""The small language in which phrase files are written, and finding its phrases in a sentence.

A phrase is words in order, in small letters. Beside plain words it may hold

    (a|b c)    one of these            [a|b]    one of these or nothing; so does (a|b)?
    word~      word with any ending    ..       up to three words, whatever they are
    *          one word, whatever it is
    <name>     a word list             ...      up to eight words
    ^ and $    where the sentence begins and ends

Apostrophes may be missing in the mail ("dont"), a hyphen may be a hyphen, a blank or nothing.
A group may also say `together`: lists of phrases all of which must stand in one sentence, in any order; with `across = true`, in
a sentence or the next. That catches what people say in their own order and in words that no single phrase foresees.

Every phrase is looked for only in sentences that hold one of its rarest words, so that a mail costs little however long the
lists grow. All repeats are bounded, so matching takes time linear in the length of a sentence.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from triage.errors import Misconfigured
from triage.finding import Severity

FOLDER = Path(__file__).resolve().parents[2] / "rules" / "phrases"

STAFF_LETTER = "\ua4d0"
"""Stands for every letter of a staff member's name in a folded sentence, so that phrases can say <staff>."""

_COMMON = frozenset(
    """a an and are as at be been but by can could did do does for from get go got had has have he her him his how i if in is it
    its just like me my no not now of off on one or our out she so some that the their them then there they this to too up us
    was we were what when where which who will with would you your youre all am about any back come day give good him ill ive
    im know make more need see take tell want way well time put send say said people person someone somebody man woman ever
    youll thats shes hes theyre dont cant wont really very only never still again""".split()
)
_SAID_ALSO = {"you": ("ye", "yous", "youse", "u"), "your": ("yer", "yir", "ur")}
"""Small words that some dialects write in their own way."""
_END = r"\W*$"
_STEM = 6
"""Letters of a word's beginning that are looked up."""
_PIECE = re.compile(r"\.\.\.|\.\.|\^|\$|<[\w-]+>|\(|\)|\[|\]|\||\*|\?|[\w'-]+~?")
_TOKEN = re.compile(r"[\w']+")


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a phrase as a regular expression; `anchors` are words one of which must stand in the sentence (None: unknown)."""

    pattern: str
    anchors: frozenset[str] | None
    needs: tuple[frozenset[str], ...] = ()
    """All such sets of a sequence, where there is more than one firm part: each must have a word in the sentence."""
    gap: bool = False
    words: int = 0
    """How many words a gap may hold."""
    optional: bool = False


@cache
def _price(anchors: frozenset[str] | None) -> float:
    """How often these words would wake the phrase for nothing; the cheapest part of a phrase becomes its anchor."""
    if not anchors:
        return float("inf")
    return sum(40.0 if word.rstrip("~") in _COMMON else 1.0 for word in anchors)


class _Reader:
    """Turns the text of one phrase into a regular expression and its anchors, by recursive descent."""

    def __init__(self, text: str, lists: Mapping[str, _Part]) -> None:
        self.pieces = _PIECE.findall(text)
        if "".join(self.pieces) != text.replace(" ", ""):
            raise ValueError(f"cannot read the phrase {text!r}")
        self.text, self.lists, self.at = text, lists, 0

    def read(self) -> _Part:
        part = self._choice()
        if self.at != len(self.pieces):
            raise ValueError(f"a bracket too many in the phrase {self.text!r}")
        return part

    def _choice(self) -> _Part:
        branches = [self._sequence()]
        while self.at < len(self.pieces) and self.pieces[self.at] == "|":
            self.at += 1
            branches.append(self._sequence())
        if len(branches) == 1:
            return branches[0]
        known = [branch.anchors for branch in branches]
        anchors = None if any(a is None for a in known) else frozenset().union(*(a for a in known if a))
        return _Part("(?:" + "|".join(branch.pattern for branch in branches) + ")", anchors, (anchors,) if anchors else ())

    def _sequence(self) -> _Part:
        parts: list[_Part] = []
        while self.at < len(self.pieces) and self.pieces[self.at] not in ("|", ")", "]"):
            parts.append(self._piece())
        if not parts:
            raise ValueError(f"an empty place in the phrase {self.text!r}")
        return _join(parts)

    def _piece(self) -> _Part:
        piece = self.pieces[self.at]
        self.at += 1
        if piece in "([":
            inner = self._choice()
            if self.at >= len(self.pieces) or self.pieces[self.at] not in ")]":
                raise ValueError(f"a bracket is not closed in the phrase {self.text!r}")
            self.at += 1
            asked = self.pieces[self.at : self.at + 1] == ["?"]
            self.at += asked
            return _Part(inner.pattern, None, optional=True) if piece == "[" or asked else inner
        if piece in ("..", "..."):
            words = 3 if piece == ".." else 8
            return _Part(rf"(?:[\w'-]+\W+){{0,{words}}}?", None, gap=True, words=words)
        if piece == "*":
            return _Part(r"\b[\w'-]+", None)
        if piece == "^":
            return _Part(r"^\W*", None, gap=True)
        if piece == "$":
            return _Part(_END, None, gap=True)
        if piece.startswith("<"):
            if piece[1:-1] not in self.lists:
                raise ValueError(f"no word list is called {piece}, which the phrase {self.text!r} asks for")
            return self.lists[piece[1:-1]]
        return _word(piece)


@cache
def _word(piece: str, plural: bool = False) -> _Part:
    if piece in _SAID_ALSO:
        said = (piece, *_SAID_ALSO[piece])
        return _Part(r"\b(?:" + "|".join(said) + r")\b", frozenset(said))
    stem = piece.rstrip("~")
    pattern = re.escape(stem).replace("\\-", "-").replace("-", r"[\s-]?").replace("'", "'?")
    bare = stem.replace("'", "")
    if "-" in bare:
        anchors = frozenset({bare.split("-")[0][:_STEM] + "~"})
    elif piece.endswith("~"):
        anchors = frozenset({bare[:_STEM] + "~"})
    else:
        anchors = frozenset({bare, bare + "s", bare + "es"} if plural else {bare})
    ending = r"\w*" if piece.endswith("~") else r"(?:e?s)?" if plural else ""
    return _Part(r"\b" + pattern + ending + r"\b", anchors)


def _join(parts: list[_Part]) -> _Part:
    """Parts in order, with whatever is not a letter between them."""
    pattern = ""
    for i, part in enumerate(parts):
        last = i == len(parts) - 1
        end_next = i + 1 < len(parts) and parts[i + 1].pattern == _END
        closing_gap = i + 2 == len(parts) and parts[i + 1].words > 0
        between = "" if last or part.gap or end_next or closing_gap else r"\W+"
        if part.words and last and pattern:
            # A gap that ends a sequence brings its blank along in front, so that whatever follows the sequence can bring its own.
            pattern += rf"(?:\W+[\w'-]+){{0,{part.words}}}?"
        elif part.optional:
            # An optional last part too, or "stupid [cow]" would need a blank at the end.
            pattern += rf"(?:\W+{part.pattern})?" if last and pattern else rf"(?:{part.pattern}{between})?"
        elif not last and all(p.optional for p in parts[i + 1 :]):
            pattern += part.pattern + "".join(rf"(?:\W+{p.pattern})?" for p in parts[i + 1 :])
            break
        else:
            pattern += part.pattern + between
    firm = [part.anchors for part in parts if not part.optional]
    known = tuple(sorted({anchors for anchors in firm if anchors}, key=_price))
    return _Part(pattern, known[0] if known else None, known)


@dataclass(frozen=True, slots=True)
class Group:
    """Phrases that show the same thing: what they say about a mail, and how sure and how grave that is."""

    name: str
    reason: str
    """Goes on "The mail …": what the reviewer reads."""
    severity: Severity
    strength: float
    unless: tuple[str, ...] = ()
    """If any of these stands in the sentence too, it is not meant like that (idioms, trades)."""

    def excused(self, folded: str) -> bool:
        """Whether something in this text says that it is not meant like that."""
        return any(_regex(guard).search(folded) for guard in self.unless)


@dataclass(frozen=True, slots=True)
class Hit:
    group: Group
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Phrase:
    pattern: str
    group: Group
    needs: tuple[frozenset[str], ...]
    others: tuple[str, ...] = ()
    """What must stand there too, for a phrase of a `together`."""


@dataclass(frozen=True, slots=True, eq=False)
class Book:
    """All the phrases of one kind, ready for looking up."""

    groups: Mapping[str, Group]
    _phrases: tuple[Phrase, ...]
    _by_word: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    _always: tuple[int, ...] = ()
    across: Book | None = None
    """The phrases that are looked for across two sentences."""

    def make_ready(self) -> None:
        """Compiles every phrase now: what a process does that others are made from, so that each of them need not."""
        for phrase in self._phrases:
            for pattern in (phrase.pattern, *phrase.others):
                _regex(pattern)
        for guard in chain.from_iterable(group.unless for group in self.groups.values()):
            _regex(guard)
        if self.across:
            self.across.make_ready()

    def find(self, folded: str, words: frozenset[str]) -> Iterator[Hit]:
        """Every phrase that stands in this folded sentence; `words` are its words from `words_of`."""
        return self._found(folded, self._awake(words))

    def _found(self, folded: str, awake: Iterable[int]) -> Iterator[Hit]:
        length, folded = len(folded), folded + " ."  # so that "$" may stand where a word could
        for number in awake:
            phrase = self._phrases[number]
            pattern = _regex(phrase.pattern)
            found = pattern.search(folded)
            if found is None or not all(_regex(other).search(folded) for other in phrase.others) or phrase.group.excused(folded):
                continue
            while found is not None:
                yield Hit(phrase.group, found.start(), min(found.end(), length))
                found = pattern.search(folded, max(found.end(), found.start() + 1))

    def gather(self, folded: str, words: frozenset[str]) -> Iterator[tuple[Hit, ...]]:
        """As `find`, for phrases that stand across two sentences: the first place of every part of a `together`."""
        length, folded = len(folded), folded + " ."
        for number in self._awake(words):
            phrase = self._phrases[number]
            places = [_regex(pattern).search(folded) for pattern in (phrase.pattern, *phrase.others)]
            found = [place for place in places if place is not None]
            if len(found) == len(places) and not phrase.group.excused(folded):
                yield tuple(Hit(phrase.group, place.start(), min(place.end(), length)) for place in found)

    def _awake(self, words: frozenset[str]) -> list[int]:
        """The numbers of the phrases of which every firm part may be in a sentence with these words."""
        awake = set(self._always)
        for word in words & self._by_word.keys():
            awake.update(self._by_word[word])
        return self._possible(awake, words)

    def _possible(self, woken: Collection[int], words: frozenset[str]) -> list[int]:
        """Of phrases of which the rarest part is there, those of which every firm part may be."""
        return sorted(n for n in woken if not any(map(words.isdisjoint, self._phrases[n].needs)))


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """All the books that are looked for in customers' mail, with one index of the words that wake their phrases: a sentence is
    looked up once and not once for each book."""

    books: tuple[Book, ...]
    _by_word: Mapping[str, tuple[tuple[Book, tuple[int, ...]], ...]]
    _nearby: Mapping[str, frozenset[Book]]
    """The same for the books that look at two sentences together: which of them a word wakes."""

    def find(self, folded: str) -> tuple[Mapping[Book, tuple[Hit, ...]], frozenset[Book]]:
        """By book, the phrases that stand in a folded sentence; and the books for two sentences that one of its words wakes."""
        words = words_of(folded)
        woken: dict[Book, set[int]] = {book: set(book._always) for book in self.books if book._always}
        for word in words & self._by_word.keys():
            for book, numbers in self._by_word[word]:
                woken.setdefault(book, set()).update(numbers)
        found = {book: tuple(book._found(folded, book._possible(numbers, words))) for book, numbers in woken.items()}
        near = frozenset(book.across for book in self.books if book.across and book.across._always)
        near = near.union(*(self._nearby[word] for word in words & self._nearby.keys()))
        return {book: hits for book, hits in found.items() if hits}, near


def shelved(books: Iterable[Book]) -> Shelf:
    """These books with one index."""
    every = tuple(books)
    by_word: dict[str, list[tuple[Book, tuple[int, ...]]]] = {}
    nearby: dict[str, set[Book]] = {}
    for book in every:
        for word, numbers in book._by_word.items():
            by_word.setdefault(word, []).append((book, numbers))
        if book.across:
            for word in book.across._by_word:
                nearby.setdefault(word, set()).add(book.across)
    return Shelf(every, {word: tuple(each) for word, each in by_word.items()}, {w: frozenset(each) for w, each in nearby.items()})


def words_of(folded: str) -> frozenset[str]:
    """The words of a folded sentence, with and without what follows an apostrophe, and their beginnings ("sma~")."""
    return frozenset(chain.from_iterable(map(_forms, set(_TOKEN.findall(folded)))))


@lru_cache(maxsize=10_000)
def _forms(token: str) -> tuple[str, ...]:
    words = {token.replace("'", ""), *token.split("'")} - {""} if "'" in token else {token}
    return (*words, *{word[:end] + "~" for word in words for end in range(2, min(len(word), _STEM) + 1)})


@cache
def _regex(pattern: str) -> re.Pattern[str]:
    """Compiled when a sentence first wakes it: most phrases of a book are never needed in one run."""
    return re.compile(pattern)


@cache
def book(kind: str) -> Book:
    """The phrases of `rules/phrases/<kind>.toml`. Raises Misconfigured, with every fault, when they cannot be read."""
    return compose(_load(kind), _lists(), kind)


KINDS = (
    "threat", "abuse", "profanity", "harassment", "sexual", "discrimination", "hostile_tone", "allegation", "illegal", "off_topic",
)  # fmt: skip
"""The files of `rules/phrases` that are written in this language."""


@cache
def shelf() -> Shelf:
    """All books of `rules/phrases`."""
    return shelved(map(book, KINDS))


def compose(content: Mapping[str, Any], lists: Mapping[str, _Part], kind: str) -> Book:
    """A book from the content of a phrase file."""
    faults: list[str] = []
    phrases: list[Phrase] = []
    across: list[Phrase] = []
    groups: dict[str, Group] = {}
    for entry in content["group"]:
        unless = tuple(_compile(text, lists, kind, faults).pattern for text in entry.get("unless", []))
        group = Group(entry["name"], entry["reason"], entry["severity"], float(entry["strength"]), unless)
        groups[group.name] = group
        for texts in (*([text] for text in entry.get("phrases", ())), *entry.get("together", ())):
            parts = [_compile(text, lists, kind, faults) for text in texts]
            first, *others = [part.pattern for part in parts]
            needs = sorted({need for part in parts for need in part.needs}, key=_price)
            (across if entry.get("across") else phrases).append(Phrase(first, group, tuple(needs), tuple(others)))
    if faults:
        raise Misconfigured(faults)
    return Book(groups, tuple(phrases), *_index(phrases), Book(groups, tuple(across), *_index(across)) if across else None)


def _index(phrases: list[Phrase]) -> tuple[Mapping[str, tuple[int, ...]], tuple[int, ...]]:
    """The numbers of the phrases by the words that wake them, and of those that are always awake."""
    index: dict[str, list[int]] = {}
    for number, phrase in enumerate(phrases):
        for word in phrase.needs[0] if phrase.needs else ():
            index.setdefault(word, []).append(number)
    always = tuple(number for number, phrase in enumerate(phrases) if not phrase.needs)
    return {word: tuple(numbers) for word, numbers in index.items()}, always


def _compile(text: str, lists: Mapping[str, _Part], kind: str, faults: list[str]) -> _Part:
    try:
        return _Reader(text, lists).read()
    except ValueError as fault:
        faults.append(f"rules/phrases/{kind}.toml: {fault}.")
        return _Part(r"(?!)", None)


def _load(kind: str) -> dict[str, Any]:
    path = FOLDER / f"{kind}.toml"
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as fault:
        raise Misconfigured([f"rules/phrases/{kind}.toml cannot be read: {fault}."]) from fault


@cache
def _lists() -> Mapping[str, _Part]:
    """The word lists of words.toml, in their order; a list may use those above it."""
    lists: dict[str, _Part] = {"staff": _Part(rf"\b{STAFF_LETTER}+\b", None)}
    for name, entry in _load("words").items():
        plural = bool(entry.get("plural", False))
        parts = [_Reader(text, lists).read() if re.search(r"[ <(]", text) else _word(text, plural) for text in entry["words"]]
        if plural:
            parts = [
                part if not re.search(r"[ <(]", text) else _Part(part.pattern + r"(?:e?s)?\b", part.anchors)
                for part, text in zip(parts, entry["words"], strict=True)
            ]
        anchors = [part.anchors for part in parts]
        known = None if any(a is None for a in anchors) else frozenset().union(*(a for a in anchors if a))
        lists[name] = _Part("(?:" + "|".join(part.pattern for part in parts) + ")", known)
    return lists
