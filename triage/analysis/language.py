"""Whether a mail is in English: by the share of English function words among its words, which no other language comes near.

Needed for fairness alone: the program reads English better than anything else, so whoever writes in another language is judged
less well, and that must show.
"""

from __future__ import annotations

import re
from typing import Literal

from triage.language import english_by_its_words

_WORDS = re.compile(r"[^\W\d_]+")
_FEWEST = 8

Language = Literal["en", "other", "short"]


def language(text: str) -> Language:
    """en, other, or short: with fewer than eight words one cannot tell."""
    words = _WORDS.findall(text.casefold())
    if len(words) < _FEWEST:
        return "short"
    return "en" if english_by_its_words(words) else "other"
