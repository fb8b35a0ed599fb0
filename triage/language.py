"""In which language a text is written: told by its small words (rules/phrases/languages.toml) and by its letters.

A simple way on purpose. It asks for several different small words of a language, and for many more of it than of any other, and says
"" rather than guess: where a language is not known for certain, everything reads the mail as it reads English.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path

ENGLISH = "en"
LOOKED_AT = 20_000
"""Characters of a text by which its language is told."""
_PHRASES = Path(__file__).resolve().parents[1] / "rules" / "phrases"
_WORDS = re.compile(r"[^\W\d_]+")
_ACCENTS = re.compile("[\u0300-\u036f]")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+")
_LETTER = re.compile(r"[^\W\d_]")
_NOT_LATIN = re.compile("[\u0370-\u1aff\u1f00-\u1fff\u3040-\ud7ff]")
_ENGLISH_SHARE = 0.2
"""English mails lie at 0.4 to 0.6; Dutch, the nearest of the others, at about 0.1."""
_SHARE = 0.2
_AHEAD = 1.5
"""So many times the small words of the next language are needed, or names and loan words would decide."""
_DIFFERENT = 3
_SENTENCE = 4
"""Words from which on a sentence may be called English amid another language."""


@dataclass(frozen=True, slots=True)
class Language:
    """`code`: ISO 639-1, or "" where it cannot be told; `name` in English, or what letters it is in."""

    code: str
    name: str
    beside_english: bool = False
    """Whether some of its sentences are in English."""

    @property
    def foreign(self) -> bool:
        """Whether it surely is another language than English."""
        return self.name != "" and self.code != ENGLISH


UNKNOWN = Language("", "")


@cache
def _english() -> frozenset[str]:
    lines = (_PHRASES / "english-function-words.txt").read_text("utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


@cache
def _others() -> Mapping[str, tuple[str, frozenset[str]]]:
    """Code → name and small words."""
    content = tomllib.loads((_PHRASES / "languages.toml").read_text("utf-8"))
    return {code: (entry["name"], frozenset(map(bare, entry["words"].split()))) for code, entry in content.items()}


@cache
def _shared() -> frozenset[str]:
    """Small words that English has and another language too."""
    english = _english() | _others()[ENGLISH][1]
    return english.intersection(chain.from_iterable(words for code, (_, words) in _others().items() if code != ENGLISH))


@cache
def _whose() -> Mapping[str, tuple[str, ...]]:
    """Small word → the languages that have it; of those of `_shared` only the commonest are counted for English."""
    found = dict.fromkeys(_english() | (_others()[ENGLISH][1] - _shared()), (ENGLISH,))
    for code, (_, words) in _others().items():
        for word in words if code != ENGLISH else ():
            found[word] = (*found.get(word, ()), code)
    return found


def name_of(code: str) -> str:
    """The English name of a language by its code; KeyError for one that is not known."""
    return _others()[code][0]


def bare(text: str) -> str:
    """Words in small letters, without accents and apostrophes."""
    low = text.casefold().replace("'", "").replace("’", "")
    return low if low.isascii() else _ACCENTS.sub("", unicodedata.normalize("NFD", low.replace("ł", "l")))


def _small(words: Iterable[str]) -> tuple[Counter[str], dict[str, set[str]]]:
    """How many small words of each language there are, and which of them prove something."""
    counts: Counter[str] = Counter()
    which: dict[str, set[str]] = {}
    whose, shared = _whose(), _shared()
    for word in words:
        for code in whose.get(word, ()):
            counts[code] += 1
            if len(word) > 1 and word not in shared:
                which.setdefault(code, set()).add(word)
    return counts, which


def english_by_its_words(words: list[str]) -> bool:
    """Whether the share of English small words among these (folded with casefold) is that of English."""
    known = _english()
    return bool(words) and sum(word in known for word in words) / len(words) >= _ENGLISH_SHARE


@lru_cache(maxsize=64)
def of(text: str) -> Language:
    """The language that most of a text is in; `UNKNOWN` where it cannot be told (a few words, a list of names)."""
    text = text[:LOOKED_AT]
    words = _WORDS.findall(bare(text))
    counts, which = _small(words)
    if words and counts[ENGLISH] / len(words) >= _ENGLISH_SHARE and counts[ENGLISH] >= max(_foreign(counts), default=0):
        return Language(ENGLISH, "English")
    if _NOT_LATIN.search(text) and (letters := _other_letters(text)):
        return Language("", letters, _some_english(text))
    best = max((code for code in counts if code != ENGLISH), key=counts.__getitem__, default="")
    if not best or counts[best] / len(words) < _SHARE or len(which.get(best, ())) < _DIFFERENT:
        return UNKNOWN
    if any(counts[code] * _AHEAD > counts[best] for code in counts if code != best and not _much_alike(code, best, which)):
        return UNKNOWN
    return Language(best, name_of(best), _some_english(text))


def _foreign(counts: Counter[str]) -> list[int]:
    return [count for code, count in counts.items() if code != ENGLISH]


def _much_alike(code: str, best: str, which: Mapping[str, set[str]]) -> bool:
    """Whether what speaks for a language speaks nearly all for the best one too (Spanish and Portuguese share half their words)."""
    return code != ENGLISH and len(which.get(code, set()) - which[best]) < _DIFFERENT


def _other_letters(text: str) -> str:
    """ "a language in Cyrillic letters" where most letters are no Latin ones, else ""."""
    letters = _LETTER.findall(text)
    foreign = [letter for letter in letters if _NOT_LATIN.match(letter)]
    if len(foreign) * 2 < len(letters):
        return ""
    script = Counter(unicodedata.name(letter, "other").split()[0] for letter in foreign).most_common(1)[0][0]
    return f"a language in {script.title()} letters"


def _some_english(text: str) -> bool:
    for sentence in _SENTENCE_END.split(text):
        words = _WORDS.findall(bare(sentence))
        if len(words) < _SENTENCE:
            continue
        counts, _ = _small(words)
        if counts[ENGLISH] / len(words) >= _ENGLISH_SHARE and counts[ENGLISH] > max(_foreign(counts), default=0):
            return True
    return False


def speaks(code: str, words: Iterable[str]) -> bool:
    """Whether a sentence with these bare words may be in this language: it has no more small words of English than of it."""
    counts, _ = _small(words)
    return counts[code] >= counts[ENGLISH]
