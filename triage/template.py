"""Letters written by many people from one template: how they are found, compared, and what each writer added.

Taking part in a campaign is anyone's right, so a shared template is a protection for its writers and never conduct
(policy 002/B3 read with practice, trap T3). A personal case may hide in any of the letters: `additions` lifts it out.

Finding candidates without comparing every mail with every other is locality-sensitive hashing over minhash
signatures of word shingles (Broder 1997; Indyk and Motwani 1998). Everything here is deterministic across runs and machines.
"""

from __future__ import annotations

import hashlib
import random
import re
from functools import lru_cache

TWIN = 0.6
"""From this likeness on, two letters are of one template."""
FEWEST_WORDS = 25
"""Shorter letters are alike by chance ("Thank you, that worked") and are never twins."""

_MOST_CHARACTERS = 20_000
_SHINGLE = 4
_BANDS = 20
_ROWS = 2
_WIDTH = 8 * _ROWS
_SIGNED = (1 << 63) - 1
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_PIECE = re.compile(r"[^.!?\n]+(?:[.!?]+|\n|$)")


def _turns() -> tuple[tuple[int, int], ...]:
    """The fixed pairs of an odd factor and a summand that stand for random permutations of the hashes."""
    source = random.Random(20)  # noqa: S311 - not a secret: the same pairs must be drawn for ever, or stored bands go stale
    return tuple((source.getrandbits(64) | 1, source.getrandbits(64)) for _ in range(_BANDS * _ROWS))


_TURNS = _turns()


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.replace("’", "'") for word in _WORD.findall(text[:_MOST_CHARACTERS].lower()))


def _shingles(words: tuple[str, ...], size: int = _SHINGLE) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(words[at : at + size]) for at in range(len(words) - size + 1))


@lru_cache(maxsize=64)
def _letter(text: str) -> tuple[tuple[str, ...], frozenset[tuple[str, ...]]]:
    """A text's words and shingles; kept, because the letters of a campaign are all compared with the same first ones."""
    words = _words(text)
    return words, _shingles(words)


def _hash(shingle: tuple[str, ...]) -> int:
    return int.from_bytes(hashlib.blake2b(" ".join(shingle).encode(), digest_size=8).digest(), "big")


def bands(own: str) -> tuple[int, ...]:
    """What to store with a mail so that its twins are found: two mails sharing one number are worth comparing with `alike`.

    Takes the sender's own words; gives 20 numbers from 0 to 2**63 - 1 (they fit a signed 64-bit column), or none for
    a mail too short to be anybody's twin. Letters with half of their shingles in common share a number 99.7 times in 100.
    """
    words = _words(own)
    if len(words) < FEWEST_WORDS:
        return ()
    lowest = _lowest([_hash(shingle) for shingle in _shingles(words)])
    return tuple(_band(number, lowest[number * _WIDTH : (number + 1) * _WIDTH]) for number in range(_BANDS))


def _lowest(hashes: list[int]) -> bytes:
    """The least of the hashes under each of the turns, as 8 octets each: the minhash signature."""
    import numpy as np  # here, so that commands that read no mail do without

    factors, summands = (np.array(column, dtype=np.uint64) for column in zip(*_TURNS, strict=True))
    turned = np.array(hashes, dtype=np.uint64)[:, None] * factors + summands  # modulo 2**64, as unsigned numbers are
    return bytes(turned.min(axis=0).astype(">u8").data)


def _band(number: int, rows: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(rows, digest_size=8, salt=bytes([number])).digest(), "big") & _SIGNED


def alike(a: str, b: str) -> float:
    """How much of the shorter text's wording the other has too, 0 to 1; what either writer added does not lower it much.

    0 when either has fewer than 25 words or they share fewer than 25: then there is no template to speak of.
    """
    (first, one), (second, other) = _letter(a), _letter(b)
    if min(len(first), len(second)) < FEWEST_WORDS:
        return 0.0
    common = one & other
    if _covered(first, common) < FEWEST_WORDS or _covered(second, common) < FEWEST_WORDS:
        return 0.0
    return len(common) / min(len(one), len(other))


def _covered(words: tuple[str, ...], common: frozenset[tuple[str, ...]]) -> int:
    """How many words of a text stand inside a shared shingle."""
    held = [False] * len(words)
    for at in range(len(words) - _SHINGLE + 1):
        if tuple(words[at : at + _SHINGLE]) in common:
            held[at : at + _SHINGLE] = [True] * _SHINGLE
    return sum(held)


def additions(own: str, twin: str) -> str:
    """The sentences of `own` that the twin lacks: where the personal case is, if there is one. "" when nothing was added.

    Greetings, closings and names (under four words) are left out.
    """
    known = _shingles(_words(twin), 2)
    pieces = (piece.group().strip() for piece in _PIECE.finditer(own[:_MOST_CHARACTERS]))
    return "\n".join(piece for piece in pieces if _is_added(piece, known))


def _is_added(piece: str, known: frozenset[tuple[str, ...]]) -> bool:
    words = _words(piece)
    if len(words) < 4:
        return False
    pairs = _shingles(words, 2)
    return len(pairs & known) < 0.6 * len(pairs)
