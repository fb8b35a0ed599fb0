"""Seeing through disguised words without moving a letter: the folded text is exactly as long as the original."""

from __future__ import annotations

import re
from functools import cache

from triage.detect.phrases import FOLDER, STAFF_LETTER

_SIGNS = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "\xa0": " "})
_DIGITS = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"})
_DISGUISED = re.compile(r"(?<![\w@*.])(?=[\w@$*#!]{0,20}[*@$!#0134579])[a-z@$*#][\w@$*#!]{1,18}(?![\w@])")
_SPACED = re.compile(r"(?<!\w)(?:[a-z][ .\-_*]){3,11}[a-z](?!\w)")
_STRETCHED = re.compile(r"[a-z]*([a-z])\1{2,}[a-z]*")
_MASK = re.compile(r"[*#]+")

# Names that are also everyday words stand for a person only when written with a capital, inside a sentence.
_ALSO_WORDS = frozenset(
    """will mark may grace rose hope faith joy bill rob jack pat sue drew frank guy dean grant max art bob nick ray gene rich
    dale glen june april summer amber ruby daisy lily ivy holly penny sandy chase miles wade brook brooks young long short
    white black brown green gray grey king price cook baker smith bush ford field hill wood woods stone rivers banks bell
    day love best good fair sharp strong stern moody hardy swift savage cross cole lowe moss reed rice park parks west north
    support info sales team help office service customer care mail contact enquiries hello booking accounts desk""".split()
)


def fold(text: str, names: frozenset[str] = frozenset()) -> str:
    """Small letters, straight quotes, disguises undone, staff names marked; as long as `text`, padded with blanks."""
    folded = _lower(text).translate(_SIGNS)
    folded = _DISGUISED.sub(_undisguise, folded)
    folded = _SPACED.sub(_close_up, folded)
    folded = _STRETCHED.sub(_shorten, folded)
    return _mark(text, folded, names) if names else folded


def _lower(text: str) -> str:
    """Letter by letter, because a sigma at the end of a word and a Turkish I have no small letter of their own length and place."""
    if "\u03a3" in text or "\u0130" in text:
        return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)
    return text.lower()


@cache
def _coarse() -> frozenset[str]:
    """The words people disguise (rules/phrases/disguised.txt, one a line)."""
    lines = (FOLDER / "disguised.txt").read_text("utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def _undisguise(found: re.Match[str]) -> str:
    word = found.group()
    body = word.rstrip("!#*") if word.rstrip("!#*") in _coarse() else word
    plain = body.translate(_DIGITS)
    if plain in _coarse():
        return plain + word[len(body) :]
    if _MASK.search(plain) and len(_MASK.sub("", plain)) >= 2:
        form = re.compile("".join(re.escape(c) if c not in "*#" else r"[a-z]" for c in plain))
        same = [coarse for coarse in _coarse() if len(coarse) == len(plain) and form.fullmatch(coarse)]
        if same:
            return min(same)
    return word


def _close_up(found: re.Match[str]) -> str:
    """ "s h i t" as "shit   "."""
    letters = re.sub(r"[^a-z]", "", found.group())
    return letters.ljust(len(found.group())) if letters in _coarse() else found.group()


def _shorten(found: re.Match[str]) -> str:
    """ "stuuupid" as "stupid  ", "sooo" as "so  "; what is no known word stays with two letters."""
    word = found.group()
    single = re.sub(r"([a-z])\1{2,}", r"\1", word)
    double = re.sub(r"([a-z])\1{2,}", r"\1\1", word)
    return (double if double in _coarse() else single).ljust(len(word))


def _mark(text: str, folded: str, names: frozenset[str]) -> str:
    def replace(found: re.Match[str]) -> str:
        word, at = found.group(), found.start()
        if word not in names:
            return word
        if word in _ALSO_WORDS and not (text[at].isupper() and not text[at : at + len(word)].isupper() and _inside(text, at)):
            return word
        return STAFF_LETTER * len(word)

    return re.sub(r"[^\W\d_]+", replace, folded)


def _inside(text: str, at: int) -> bool:
    """Whether a word here does not begin a sentence (where every word has a capital); after a comma or a word it counts."""
    before = text[:at].rstrip()[-1:]
    return before.isalpha() or before in (",", ";", ":", "(")
