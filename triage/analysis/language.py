"""Whether a mail is in English: by the share of English function words among its words, which no other language comes near.

Needed for fairness alone: the program reads English, so whoever writes in another language is judged less well, and that must show.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Literal

_WORDS = re.compile(r"[^\W\d_]+")
_FEWEST = 8
_SHARE = 0.2
"""English mails lie at 0.4 to 0.6; Dutch, the nearest of the others, at about 0.1."""

Language = Literal["en", "other", "short"]


@cache
def _function_words() -> frozenset[str]:
    file = Path(__file__).resolve().parents[2] / "rules" / "phrases" / "english-function-words.txt"
    lines = file.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def language(text: str) -> Language:
    """en, other, or short: with fewer than eight words one cannot tell."""
    words = _WORDS.findall(text.casefold())
    if len(words) < _FEWEST:
        return "short"
    known = _function_words()
    return "en" if sum(word in known for word in words) / len(words) >= _SHARE else "other"
