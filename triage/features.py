"""What the conduct model sees of a sentence: hashed words, hashed letter groups, signs of who speaks of what to whom, which classes of
words stand near each other, and what the words mean as far as a table of word vectors tells.

Everything here is stateless: the same sentence gives the same row of numbers on every machine, so that nothing but the
weights has to be stored. A change here or in `models/conduct/signs.toml` makes a trained model useless; hence `VERSION`.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING

from triage import hashed, word_pairs, word_vectors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

VERSION = 5
WORD_COLUMNS = 2**16
LETTER_COLUMNS = 2**16
SENTENCE_LIMIT = 600
"""Characters of one sentence that are looked at; longer ones are cut into pieces, so that nothing at their end is missed."""
TEXT_LIMIT = 50_000
"""Characters of one text that are looked at."""
SENTENCES_LIMIT = 400

_AT_ONCE = 5_000
_SIGN_WEIGHT = 0.175
_CROSS_WEIGHT = 0.125
_SIGNS_LENGTH = 0.65
"""The sign columns of one row are no longer a vector than this, so that a long sentence is not guilty of its length."""
_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]?\s+|\n+")
_MOST_WORDS = 10_000
"""So many words' groups are remembered at most."""
_LONG_LINE = 50
_LONGEST_ENDING = 12
"""So many letters "*" stands for in a term, at most."""
_NEW_LINE = frozenset("-*•>#+0123456789")
"""What a line of a list, of a quotation or of a patch begins with."""
_SPACES = re.compile(r"\s+")
_LETTER = re.compile(r"\w", re.UNICODE)
_WORD = re.compile(r"\w+")
_SPACED_LETTERS = re.compile(r"\b(?:[a-z] ){2,12}[a-z]\b")
_FOLDED = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "´": "'", "`": "'"})
_QUOTED = re.compile(r"\"[^\"]{2,300}\"")
_CAPITALS = re.compile(r"[A-Z]{3}")
_SHOUT = re.compile(r"\b[A-Z]{3,}(?:\W+[A-Z]{2,})+")
_MARKS = re.compile(r"[!?]{2,}")
_SNEER = re.compile("[🙄🙃🤡👏😂🤦🖕😏]")
_FURY = re.compile("[😡🤬😠]")
_WARMTH = re.compile(r"[😊❤🙏😍👍]|:\)|:-\)")
_WINK = re.compile(r";-?\)|😉|😘|🍑|🍆")
_STARTS_OTHER = re.compile(r"^\W*(?:he|she|they|the|a|an|my|our|someone|somebody|another|kids)\b")
_STARTS_YOU = re.compile(r"^\W*(?:you|your|u|ur|are you|do you)\b")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A stretch of a text; `start` is its offset in characters."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a word, or the beginning of one, says of the sentence it stands in."""

    sure: frozenset[int] = frozenset()
    """The groups it belongs to by itself."""
    maybe: tuple[tuple[int, str, re.Pattern[str]], ...] = ()
    """Terms of several words that it may be part of: their group, their letters, and how to look for them."""

    def __add__(self, other: Found) -> Found:
        return Found(self.sure | other.sure, self.maybe + other.maybe)


@dataclass(frozen=True, slots=True)
class Signs:
    """The word groups of `signs.toml`, ready to be looked for; `names` is the order of the columns."""

    count: int
    """How many groups there are."""
    names: tuple[str, ...]
    whole: Mapping[str, Found]
    """By the longest word of a term, as far as the term holds it in full."""
    begun: Mapping[str, Found]
    """The same for the beginnings of words ("threaten*")."""
    wordless: Found
    """Terms of marks alone, which are looked for in every sentence."""

    _known: dict[str, Found] = field(default_factory=dict)
    """What was found out of a word, for the next time."""

    def there(self, low: str) -> list[int]:
        """The groups of which a folded sentence holds a term, in rising order."""
        found = [self._known.get(word) or self._look_up(word) for word in set(_WORD.findall(low))]
        groups = set().union(*[each.sure for each in found])
        for each in (self.wordless, *found):
            for group, letters, term in each.maybe:
                if letters in low and group not in groups and term.search(low):
                    groups.add(group)
        return sorted(groups)

    def _look_up(self, word: str) -> Found:
        if len(self._known) > _MOST_WORDS:
            self._known.clear()
        found = self.whole.get(word, _NOTHING)
        for end in range(max(1, len(word) - _LONGEST_ENDING), len(word) + 1):
            found += self.begun.get(word[:end], _NOTHING)
        return self._known.setdefault(word, found)


_NOTHING = Found()


_FORMS = (
    "quoted",
    "shout",
    "marks",
    "sneer",
    "fury",
    "warmth",
    "wink",
    "starts_other",
    "starts_you",
    "question",
    "dots",
    "brief",
)


def signs_file(folder: Path | None = None) -> Path:
    """The word groups that belong to the model in `folder` (by default the one that comes with the program)."""
    return (folder or Path(__file__).resolve().parent.parent / "models" / "conduct") / "signs.toml"


@cache
def read_signs(file: Path) -> Signs:
    """The groups of a signs file; OSError or tomllib.TOMLDecodeError when it cannot be read."""
    groups = tomllib.loads(file.read_text(encoding="utf-8"))
    whole: dict[str, Found] = {}
    begun: dict[str, Found] = {}
    wordless = _NOTHING
    for number, terms in enumerate(groups.values()):
        for term in terms:
            # the longest word of a term stands in every sentence that holds the term: in full, but for one that may go on
            stem = term.rstrip("*")
            places = [(found.end() - found.start(), found.group(), found.end()) for found in _WORD.finditer(stem)]
            if not places:
                wordless += Found(maybe=((number, stem, _pattern(term)),))
                continue
            _, word, end = max(places)
            told = Found(frozenset({number})) if word == stem else Found(maybe=((number, stem, _pattern(term)),))
            place = begun if term.endswith("*") and end == len(stem) else whole
            place[word] = place.get(word, _NOTHING) + told
    return Signs(len(groups), (*groups, *_FORMS), whole, begun, wordless)


def _pattern(term: str) -> re.Pattern[str]:
    ending = rf"\w{{0,{_LONGEST_ENDING}}}" if term.endswith("*") else ""
    return re.compile(rf"(?<!\w){re.escape(term.rstrip('*'))}{ending}(?!\w)")


def sentences(text: str) -> list[Sentence]:
    """The sentences of a text, in order, none longer than `SENTENCE_LIMIT`; stretches without a letter are left out."""
    found: list[Sentence] = []
    text = text[:TEXT_LIMIT]
    start = 0
    for end in [match.end() for match in _END.finditer(text) if not _wraps(text, match)] + [len(text)]:
        for piece in range(start, end, SENTENCE_LIMIT):
            words = text[piece : min(end, piece + SENTENCE_LIMIT)]
            if _LETTER.search(words) or _SNEER.search(words):
                found.append(Sentence(words.strip(), piece + len(words) - len(words.lstrip())))
        start = end
    return found[:SENTENCES_LIMIT]


def _wraps(text: str, end: re.Match[str]) -> bool:
    """Whether a line break only wraps a long line (RFC 5322 section 2.1.1), so that the sentence goes on behind it."""
    if end.group() != "\n" or text[end.end() : end.end() + 1] in _NEW_LINE:
        return False
    return end.start() - (text.rfind("\n", 0, end.start()) + 1) >= _LONG_LINE and text[end.start() - 1] not in ".!?:"


def folded(text: str) -> str:
    """A text with odd letters, spacing and case evened out: "Ｆ u c k" → "fuck"."""
    text = text[:TEXT_LIMIT]
    text = text.replace("`", "'") if text.isascii() else unicodedata.normalize("NFKC", text).translate(_FOLDED)
    text = _SPACES.sub(" ", text).strip().lower()
    return _SPACED_LETTERS.sub(lambda match: match.group().replace(" ", ""), text)


def signs_of(text: str, signs: Signs) -> list[int]:
    """The columns (indices into `signs.names`) of the signs a sentence shows, in rising order."""
    return _signs_of(text, folded(text), signs)


def _signs_of(text: str, low: str, signs: Signs) -> list[int]:
    there, first = signs.there(low), signs.count
    odd = not low.isascii()
    forms = (
        '"' in low and _QUOTED.search(low), _CAPITALS.search(text) and _SHOUT.search(text), _MARKS.search(low),
        odd and _SNEER.search(low), odd and _FURY.search(low), (odd or ":" in low) and _WARMTH.search(low),
        (odd or ";" in low) and _WINK.search(low), _STARTS_OTHER.match(low), _STARTS_YOU.match(low), "?" in low,
        "..." in low or "…" in low, len(low) < 40,
    )  # fmt: skip
    return there + [first + index for index, form in enumerate(forms) if form]


def columns(signs: Signs) -> int:
    """How many columns `rows` has."""
    return WORD_COLUMNS + LETTER_COLUMNS + len(signs.names) * (1 + len(signs.names)) + word_pairs.WIDTH


def rows(texts: Sequence[str], signs: Signs, meaning: word_vectors.WordVectors) -> tuple[hashed.Rows, NDArray[np.float32]]:
    """One row a text: word columns, letter columns, the signs and their pairs, pairs of classes; and beside it the text's vector."""
    low = [folded(text) for text in texts]
    pieces, sizes = meaning.pieces(low)
    pairs = word_pairs.rows(meaning.classes[pieces], sizes)
    words, letters = hashed.words(low, WORD_COLUMNS), hashed.letters(low, LETTER_COLUMNS)
    return hashed.beside([words, letters, _sign_rows(texts, low, signs), pairs]), meaning.summed(pieces, sizes)


def matrix(texts: Sequence[str], signs: Signs, meaning: word_vectors.WordVectors) -> csr_matrix:
    """The same in one table of scipy's, the vectors last, for training."""
    import numpy as np
    from scipy.sparse import csr_matrix, hstack, vstack

    parts = []
    for start in range(0, len(texts), _AT_ONCE):
        some = texts[start : start + _AT_ONCE]
        table, vectors = rows(some, signs, meaning)
        sparse = csr_matrix((table.values, table.columns, table.ends), shape=(len(some), table.width), dtype="float32")
        sparse.sum_duplicates()
        parts.append(hstack([sparse, csr_matrix(vectors)], format="csr", dtype=np.float32))
    return vstack(parts, format="csr")


def _sign_rows(texts: Sequence[str], low: Sequence[str], signs: Signs) -> hashed.Rows:
    import numpy as np

    width = len(signs.names)
    indices: list[int] = []
    values: list[float] = []
    ends = [0]
    for text, folded_text in zip(texts, low, strict=True):
        there = _signs_of(text, folded_text, signs)
        pairs = [width + one * width + other for place, one in enumerate(there) for other in there[place + 1 :]]
        length = sqrt(len(there) * _SIGN_WEIGHT**2 + len(pairs) * _CROSS_WEIGHT**2)
        scale = min(1.0, _SIGNS_LENGTH / length) if length else 1.0
        indices += there + pairs
        values += [_SIGN_WEIGHT * scale] * len(there) + [_CROSS_WEIGHT * scale] * len(pairs)
        ends.append(len(indices))
    table = np.array(ends, dtype=np.int64), np.array(indices, dtype=np.int64), np.array(values, dtype=np.float32)
    return hashed.Rows(*table, width + width * width)
