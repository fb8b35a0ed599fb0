"""What the conduct model sees of a sentence: hashed words, hashed letter groups, and signs of who speaks of what to whom.

Everything here is stateless: the same sentence gives the same row of numbers on every machine, so that nothing but the
weights has to be stored. A change here or in `models/conduct/signs.toml` makes a trained model useless; hence `VERSION`.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

VERSION = 1
WORD_COLUMNS = 2**16
LETTER_COLUMNS = 2**16
SENTENCE_LIMIT = 600
"""Characters of one sentence that are looked at; longer ones are cut into pieces, so that nothing at their end is missed."""
TEXT_LIMIT = 50_000
"""Characters of one text that are looked at."""
SENTENCES_LIMIT = 400

_WORD = r"(?u)[\w'*!@$]+|[^\w\s]"
_SIGN_WEIGHT = 0.35
_CROSS_WEIGHT = 0.25
_SIGNS_LENGTH = 1.3
"""The sign columns of one row are no longer a vector than this, so that a long sentence is not guilty of its length."""
_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]?\s+|\n+")
_SPACES = re.compile(r"\s+")
_LETTER = re.compile(r"\w", re.UNICODE)
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
    return Signs(compiled, (*groups, *_FORMS))


def _pattern(terms: Iterable[str]) -> re.Pattern[str]:
    # Longest first, because an alternation takes the first that fits. "*" stands for at most twelve more letters.
    alternatives = sorted((re.escape(term.rstrip("*")) + (r"\w{0,12}" if term.endswith("*") else "") for term in terms), key=len)
    return re.compile(r"(?<!\w)(?:" + "|".join(reversed(alternatives)) + r")(?!\w)")


def sentences(text: str) -> list[Sentence]:
    """The sentences of a text, in order, none longer than `SENTENCE_LIMIT`; stretches without a letter are left out."""
    found: list[Sentence] = []
    text = text[:TEXT_LIMIT]
    start = 0
    for end in [match.end() for match in _END.finditer(text)] + [len(text)]:
        for piece in range(start, end, SENTENCE_LIMIT):
            words = text[piece : min(end, piece + SENTENCE_LIMIT)]
            if _LETTER.search(words) or _SNEER.search(words):
                found.append(Sentence(words.strip(), piece + len(words) - len(words.lstrip())))
        start = end
    return found[:SENTENCES_LIMIT]


def folded(text: str) -> str:
    """A text with odd letters, spacing and case evened out: "Ｆ u c k" → "fuck"."""
    text = unicodedata.normalize("NFKC", text[:TEXT_LIMIT]).translate(_FOLDED)
    text = _SPACES.sub(" ", text).strip().lower()
    return _SPACED_LETTERS.sub(lambda match: match.group().replace(" ", ""), text)


def signs_of(text: str, signs: Signs) -> list[int]:
    """The columns (indices into `signs.names`) of the signs a sentence shows, in rising order."""
    low = folded(text)
    there = [index for index, (_, pattern) in enumerate(signs.groups) if pattern.search(low)]
    first = len(signs.groups)
    forms = (
        _QUOTED.search(low), _SHOUT.search(text), _MARKS.search(low), _SNEER.search(low), _FURY.search(low), _WARMTH.search(low),
        _WINK.search(low), _STARTS_OTHER.search(low), _STARTS_YOU.search(low), "?" in low, "..." in low or "…" in low, len(low) < 40,
    )  # fmt: skip
    return there + [first + index for index, form in enumerate(forms) if form]


def columns(signs: Signs) -> int:
    """How many columns `matrix` has."""
    return WORD_COLUMNS + LETTER_COLUMNS + len(signs.names) * (1 + len(signs.names))


def matrix(texts: Sequence[str], signs: Signs) -> csr_matrix:
    """One row a text: word columns, letter columns, then the signs and their pairs. Needs scikit-learn."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.feature_extraction.text import HashingVectorizer

    low = [folded(text) for text in texts]
    shared: dict[str, Any] = {"lowercase": False, "alternate_sign": False, "norm": "l2", "dtype": "float32"}
    words = HashingVectorizer(n_features=WORD_COLUMNS, ngram_range=(1, 2), token_pattern=_WORD, **shared)
    letters = HashingVectorizer(n_features=LETTER_COLUMNS, analyzer="char_wb", ngram_range=(3, 5), **shared)
    parts = [words.transform(low), letters.transform(low), _sign_rows(texts, signs)]
    return csr_matrix(hstack(parts, format="csr", dtype="float32"))


def _sign_rows(texts: Sequence[str], signs: Signs) -> csr_matrix:
    from scipy.sparse import csr_matrix

    width = len(signs.names)
    indices: list[int] = []
    values: list[float] = []
    ends = [0]
    for text in texts:
        there = signs_of(text, signs)
        pairs = [width + one * width + other for place, one in enumerate(there) for other in there[place + 1 :]]
        length = sqrt(len(there) * _SIGN_WEIGHT**2 + len(pairs) * _CROSS_WEIGHT**2)
        scale = min(1.0, _SIGNS_LENGTH / length) if length else 1.0
        indices += there + pairs
        values += [_SIGN_WEIGHT * scale] * len(there) + [_CROSS_WEIGHT * scale] * len(pairs)
        ends.append(len(indices))
    return csr_matrix((values, indices, ends), shape=(len(texts), width + width * width), dtype="float32")
