"""A mail's words made comparable (case, accents, apostrophes, wrapping, slips of the finger), with the way back to what was written."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

MOST_CHARACTERS = 50_000
"""As much of a mail as is looked at: its first 30,000 characters and its last 20,000."""
BETWEEN = r"[ ,;:\"()/$\-]{1,6}"
"""What may stand between two words of one phrase, as a regular expression: never the end of a sentence."""

UNSPACED = re.compile("[\u0590-\u06ff\u0900-\u0dff\u0e00-\u0e7f\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
"""Scripts that write words together, or join small words to them: no word boundary is asked for."""

_HEAD, _TAIL = 30_000, 20_000
_DROPPED = re.compile("(?<=\\w)'(?=\\w)|(?<=s)'(?= \\w)|[\u0300-\u036f\u200b-\u200d\u00ad]")
_LINE_END = re.compile(r"\r?\n[ \t]*")
_SENTENCE_END = re.compile(r"[.!?…]+[\"')]*(?=\s|$)|\n|[。！？।]")
_WORD = re.compile(r"\w+")
_LONG_WORD = re.compile(r"\w{5,}")
_WORDS_THEMSELVES = ("staring", "threading", "threaded", "abased", "adverse")
"""One slip away from a word that must not be missed, and words all the same."""
_MISSPELT = Path(__file__).resolve().parents[2] / "rules" / "phrases" / "often-misspelt.txt"


def _one_for_one() -> dict[int, str]:
    """Letters without their accents, and plain quotes and dashes: always one character for one."""
    table = {}
    for code in [*range(0x00C0, 0x0250), *range(0x0370, 0x0400), *range(0x1E00, 0x2000)]:
        base = unicodedata.normalize("NFD", chr(code))[0]
        if len(base.lower()) == 1:
            table[code] = base.lower()
    table |= {ord(letter): plain for letter, plain in zip("łŁøØđĐıİςёЁ", "llooddiiσее", strict=True)}
    table |= dict.fromkeys(map(ord, "‘’ʼ`´′"), "'")
    table |= dict.fromkeys(map(ord, "“”„«»″"), '"')
    table |= dict.fromkeys(map(ord, "‐‑–—"), "-")
    table |= dict.fromkeys(map(ord, "£€"), "$")
    return table | dict.fromkeys(map(ord, "\u00a0\u202f\u2009\t*_"), " ")


_TABLE = _one_for_one()


@dataclass(frozen=True, slots=True)
class Shift:
    """Where in the text before an edit a place in the text after it lies."""

    places: tuple[int, ...]
    added: tuple[int, ...]

    def back(self, at: int) -> int:
        """The place before the edit."""
        found = bisect_right(self.places, at) - 1
        return at + self.added[found] if found >= 0 else at


@dataclass(frozen=True, slots=True, eq=False)
class Plain:
    """A value of its own each time it is made: `fold` makes one of each text, which what was found in it is kept with."""

    text: str
    original: str
    shifts: tuple[Shift, ...]
    bounds: tuple[tuple[int, int], ...]
    """Where the sentences of `text` that are not blank begin and end."""
    words: tuple[frozenset[str], ...]
    """The words of each."""
    where: Mapping[str, Sequence[int]]
    """Every word of it, with the numbers of the sentences that hold it."""
    unspaced: bool
    """Whether a script that writes words together occurs."""

    def written(self, start: int, end: int) -> tuple[str, int]:
        """The words of a stretch of `text` as they were written, trimmed, and where they begin in the original."""
        first, last = self._back(start), self._back(end - 1) + 1 if end > start else self._back(end)
        words = self.original[first:last]
        return words.strip(), first + len(words) - len(words.lstrip())

    def _back(self, at: int) -> int:
        for shift in reversed(self.shifts):
            at = shift.back(at)
        return min(at, len(self.original))

    def number(self, at: int) -> int:
        """Which sentence holds this place."""
        return max(0, bisect_right(self.bounds, (at, len(self.text) + 1)) - 1)

    def sentence(self, at: int) -> tuple[int, int]:
        """The bounds in `text` of the sentence that holds this place."""
        return self.bounds[self.number(at)] if self.bounds else (0, len(self.text))

    def sentences(self) -> Iterator[tuple[int, int]]:
        """The bounds in `text` of every sentence that is not blank."""
        return iter(self.bounds)


def adjoining(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sentences in order, those that follow one another made one: a reader is shown them as they stand."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


@lru_cache(maxsize=48)
def fold(text: str) -> Plain:
    """A mail's own words made plain; the same text always gives the same value."""
    if len(text) > MOST_CHARACTERS:
        # both ends at their old places: what matters may stand in the last line of a very long mail
        text = text[:_HEAD] + " " * (len(text) - _HEAD - _TAIL) + text[-_TAIL:]
    plain = _lower(_unwrapped(text.translate(_TABLE)))
    plain, first = _edited(plain, ((m.start(), m.end(), "") for m in _DROPPED.finditer(plain)))
    plain, second = _edited(plain, _corrections(plain))
    bounds = tuple(_sentences(plain))
    words = tuple(frozenset(_WORD.findall(plain, start, end)) for start, end in bounds)
    where: dict[str, list[int]] = {}
    for number, some in enumerate(words):
        for word in some:
            where.setdefault(word, []).append(number)
    return Plain(plain, text, (first, second), bounds, words, where, UNSPACED.search(plain) is not None)


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for end in (*(found.end() for found in _SENTENCE_END.finditer(text)), len(text)):
        if text[start:end].strip():
            yield start, end
        start = end


def simplified(words: str) -> str:
    """A few words as `fold` would write them, where no way back is needed; * and # stay."""
    kept = words.replace("*", "\x00").translate(_TABLE).lower().replace("'", "")
    return re.sub("[\u0300-\u036f\u200b-\u200d]", "", kept).replace("\x00", "*")


def _lower(text: str) -> str:
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _unwrapped(text: str) -> str:
    """Joins wrapped lines; a short line or a blank one keeps its end, as people without full stops write sentences."""

    def end(found: re.Match[str]) -> str:
        begun = text.rfind("\n", 0, found.start()) + 1
        blank = text[found.end() : found.end() + 1] in {"\n", "\r", ""}
        joined = found.start() - begun >= 45 and not blank
        return (" " if joined else "\n") + " " * (len(found.group()) - 1)

    return _LINE_END.sub(end, text)


def _edited(text: str, edits: Iterable[tuple[int, int, str]]) -> tuple[str, Shift]:
    parts: list[str] = []
    places: list[int] = []
    added: list[int] = []
    at = length = offset = 0
    for start, end, new in edits:
        parts += [text[at:start], new]
        length += start - at + len(new)
        offset += end - start - len(new)
        places.append(length)
        added.append(offset)
        at = end
    if not parts:
        return text, Shift((), ())
    return "".join([*parts, text[at:]]), Shift(tuple(places), tuple(added))


def _corrections(text: str) -> Iterator[tuple[int, int, str]]:
    wrong = _misspellings()
    for found in _LONG_WORD.finditer(text):
        right = wrong.get(found.group())
        if right is not None:
            yield found.start(), found.end(), right


@cache
def _misspellings() -> dict[str, str]:
    """Every word one slip of the finger away from a word that must not be missed."""
    words = [line.strip() for line in _MISSPELT.read_text("utf-8").splitlines()]
    wanted = [word for word in words if word and not word.startswith("#")]
    wrong = {slip: word for word in wanted for slip in _slips(word)}
    for word in (*wanted, *_WORDS_THEMSELVES):
        wrong.pop(word, None)
    return wrong


def _slips(word: str) -> Iterator[str]:
    for at in range(1, len(word)):
        yield word[:at] + word[at + 1 :]
        yield word[:at] + word[at] + word[at:]
        if at + 1 < len(word):
            yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        if word[at] in "aeiouy":
            yield from (word[:at] + vowel + word[at + 1 :] for vowel in "aeiouy" if vowel != word[at])
