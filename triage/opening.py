"""How a mail opens: like one that begins something, or like one that goes on.

"I would like to report a broken lamp" begins, "that did not help either" goes on, whatever both are about. The weights of hashed
words and word pairs are learnt by `triage.pairing` from mails of which it is known; they hold no text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from math import sqrt
from zlib import crc32

from triage import terms

BUCKETS = 2**14
_LOOKED_AT = 700
"""Characters of a text that count as its opening."""
_WORDS = 60
_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+|[?!:,]")


@lru_cache(maxsize=4096)
def buckets(text: str) -> tuple[int, ...]:
    """The hashed features of an opening, each once."""
    tokens = ["0" if word[0].isdigit() else word for word in _TOKEN.findall(terms.fold(text.strip()[:_LOOKED_AT]))][:_WORDS]
    found = {f"first {place} {token}" for place, token in enumerate(tokens[:3])}
    found |= set(tokens)
    found |= {f"{one} {other}" for one, other in pairwise(tokens)}
    found.add(f"length {min(12, len(text).bit_length())}")
    return tuple(sorted({crc32(feature.encode()) % BUCKETS for feature in found}))


def goes_on(text: str, weights: Sequence[float], start: float) -> float:
    """The log odds that a mail goes on about something; above 0 it sounds so. `text`: the sender's own words."""
    found = buckets(text)
    return start + sum(float(weights[bucket]) for bucket in found) / sqrt(len(found))
