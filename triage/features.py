"""What the conduct model sees of a sentence: hashed words, hashed letter groups, signs of who speaks of what to whom, and what the
words mean as far as a table of word vectors tells.

Everything here is stateless: the same sentence gives the same row of numbers on every machine, so that nothing but the
weights has to be stored. A change here or in `models/conduct/signs.toml` makes a trained model useless; hence `VERSION`.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING

from triage import hashed, word_vectors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

VERSION = 3
WORD_COLUMNS = 2**16
LETTER_COLUMNS = 2**16
SENTENCE_LIMIT = 600
"""Characters of one sentence that are looked at; longer ones are cut into pieces, so that nothing at their end is missed."""
TEXT_LIMIT = 50_000
"""Characters of one text that are looked at."""
SENTENCES_LIMIT = 400

_AT_ONCE = 5_000
_SIGN_WEIGHT = 0.35
_CROSS_WEIGHT = 0.25
_SIGNS_LENGTH = 1.3
"""The sign columns of one row are no longer a vector than this, so that a long sentence is not guilty of its length."""
_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]?\s+|\n+")
_MOST_WORDS = 10_000
"""So many words' groups are remembered at most."""
_LONG_LINE = 50
_NEW_LINE = frozenset("-*•>#+0123456789")
"""What a line of a list, of a quotation or of a patch begins with."""
_SPACES = re.compile(r"\s+")
_LETTER = re.compile(r"\w", re.UNICODE)
_WORD = re.compile(r"\w+")
_SPACED_LETTERS = re.compile(r"\b(?:[a-z] ){2,12}[a-z]\b")
_FOLDED = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "´": "'", "`": "'"})
_QUOTED = re.compile(r"\"[^\"]{2,300}\"")
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
class Signs:
    """The word groups of `signs.toml`, ready to be looked for; `names` is the order of the columns."""

    groups: tuple[tuple[str, re.Pattern[str]], ...]
    names: tuple[str, ...] = field(default=())
    whole: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """Word → the groups that it may belong to, as far as they name it in full."""
    begun: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """The same for the beginnings of words."""
    wordless: frozenset[int] = frozenset()
    """Groups with a term of marks alone, which are looked for in every sentence."""

    _known: dict[str, frozenset[int]] = field(default_factory=dict)
    """What was found out of a word, for the next time."""

    def possible(self, low: str) -> frozenset[int]:
        """The groups of which a folded sentence holds a word; the others cannot be found in it."""
        return self.wordless.union(
            *[self._known[word] if word in self._known else self._look_up(word) for word in _WORD.findall(low)]
        )

    def _look_up(self, word: str) -> frozenset[int]:
        if len(self._known) > _MOST_WORDS:
            self._known.clear()
        beginnings = [self.begun.get(word[:end], frozenset()) for end in range(1, len(word) + 1)]
        return self._known.setdefault(word, self.whole.get(word, frozenset()).union(*beginnings))


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
    compiled = tuple((name, _pattern(terms)) for name, terms in groups.items())
    whole: dict[str, set[int]] = {}
    begun: dict[str, set[int]] = {}
    wordless: set[int] = set()
    for number, terms in enumerate(groups.values()):
        for term in terms:
            # the longest word of a term stands in every sentence that holds the term: in full, but for one that may go on
            places = [(found.end() - found.start(), found.group(), found.end()) for found in _WORD.finditer(term.rstrip("*"))]
            if not places:
                wordless.add(number)
                continue
            _, word, end = max(places)
            open_ended = term.endswith("*") and end == len(term.rstrip("*"))
            (begun if open_ended else whole).setdefault(word, set()).add(number)
    return Signs(
        compiled,
        (*groups, *_FORMS),
        {word: frozenset(numbers) for word, numbers in whole.items()},
        {word: frozenset(numbers) for word, numbers in begun.items()},
        frozenset(wordless),
    )


def _pattern(terms: Iterable[str]) -> re.Pattern[str]:
    # Longest first, because an alternation takes the first that fits. "*" stands for at most twelve more letters.
    alternatives = sorted((re.escape(term.rstrip("*")) + (r"\w{0,12}" if term.endswith("*") else "") for term in terms), key=len)
    return re.compile(r"(?<!\w)(?:" + "|".join(reversed(alternatives)) + r")(?!\w)")


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
    there = [index for index in sorted(signs.possible(low)) if signs.groups[index][1].search(low)]
    first = len(signs.groups)
    forms = (
        _QUOTED.search(low), _SHOUT.search(text), _MARKS.search(low), _SNEER.search(low), _FURY.search(low), _WARMTH.search(low),
        _WINK.search(low), _STARTS_OTHER.search(low), _STARTS_YOU.search(low), "?" in low, "..." in low or "…" in low, len(low) < 40,
    )  # fmt: skip
    return there + [first + index for index, form in enumerate(forms) if form]


def columns(signs: Signs) -> int:
    """How many columns `rows` has."""
    return WORD_COLUMNS + LETTER_COLUMNS + len(signs.names) * (1 + len(signs.names))


def rows(texts: Sequence[str], signs: Signs, meaning: word_vectors.WordVectors) -> tuple[hashed.Rows, NDArray[np.float32]]:
    """One row a text: word columns, letter columns, then the signs and their pairs; and beside it the text's vector."""
    low = [folded(text) for text in texts]
    table = hashed.beside([hashed.words(low, WORD_COLUMNS), hashed.letters(low, LETTER_COLUMNS), _sign_rows(texts, low, signs)])
    return table, meaning.of(low)


def matrix(texts: Sequence[str], signs: Signs, meaning: word_vectors.WordVectors) -> csr_matrix:
    """The same in one table of scipy's, the vectors last, for training."""
    import numpy as np
    from scipy.sparse import csr_matrix, hstack, vstack

    parts = []
    for start in range(0, len(texts), _AT_ONCE):
        some = texts[start : start + _AT_ONCE]
        table, vectors = rows(some, signs, meaning)
        sparse = csr_matrix((table.values, table.columns, table.ends), shape=(len(some), table.width), dtype="float32")
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
