"""What words mean, as far as a table of vectors tells: two words that mean much the same lie near each other.

So that a model which has learnt "idiot" knows a little of "nincompoop" too. The table holds the pieces of words that MiniLM reads
(a small language model under the Apache licence), each with the vector MiniLM gives it when it stands alone, shortened to 256
dimensions of a few steps each; a sentence is the sum of its pieces, the rarer the heavier. No language model runs here. Pieces of like
meaning are also one class, for `triage.word_pairs`. `models/conduct/make_words.py` and `make_classes.py` make the table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from triage.errors import Permanent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FILE = "words.npz"
WIDTH = 256
LENGTH = 1.5
"""Length of a sentence's vector: how much it weighs beside hashed words and letters, which have length 1 each."""
_WORD = re.compile(r"\w+|[^\w\s]")
_LONGEST_WORD = 40
_MOST_WORDS = 30_000
"""So many words' pieces are remembered at most."""
_INSIDE = "##"


@dataclass(frozen=True)
class WordVectors:
    """A table that was read."""

    place: dict[str, int]
    """Piece → its row; pieces within a word begin with "##"."""
    vectors: NDArray[np.int8]
    scale: NDArray[np.float32]
    """What one step of each dimension is worth."""
    weights: NDArray[np.float32]
    """How rare each piece is in mail."""
    classes: NDArray[np.int64]
    """To which class of like meaning each piece belongs, the commonest being a class each; -1 for those within a word."""
    _known: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def of(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """A row of `WIDTH` for each folded text, of length `LENGTH`; zeros for one without a known word."""
        return self.summed(*self.pieces(texts))

    def pieces(self, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The rows of all known pieces of the first folded text, of the second …, and how many each text has."""
        import numpy as np

        rows = [[piece for word in _WORD.findall(text) for piece in self._pieces(word)] for text in texts]
        sizes = np.array([len(row) for row in rows], dtype=np.int64)
        return np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=int(sizes.sum())), sizes

    def summed(self, flat: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.float32]:
        """What `pieces` gave as a vector for each text."""
        import numpy as np

        found = np.zeros((len(sizes), WIDTH), dtype=np.float32)
        filled = np.flatnonzero(sizes)
        if len(filled):
            starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])[filled]
            # only the pieces that stand here in full: all of them would be 28 MB, and no faster
            different, which = np.unique(flat, return_inverse=True)
            weighed = self.vectors[different] * (self.weights[different, None] * self.scale)
            sums = np.add.reduceat(weighed[which], starts, axis=0)
            lengths = np.linalg.norm(sums, axis=1, keepdims=True)
            found[filled] = LENGTH * sums / np.where(lengths > 0.0, lengths, 1.0)
        return found

    def _pieces(self, word: str) -> tuple[int, ...]:
        """The longest known pieces of a word, from its beginning on; none when a letter is unknown."""
        known = self._known.get(word)
        if known is None:
            if len(self._known) > _MOST_WORDS:
                self._known.clear()
            known = self._known[word] = self._split(word[:_LONGEST_WORD])
        return known

    def _split(self, word: str) -> tuple[int, ...]:
        found: list[int] = []
        start = 0
        while start < len(word):
            before = _INSIDE if start else ""
            end = next((end for end in range(len(word), start, -1) if before + word[start:end] in self.place), 0)
            if not end:
                return ()
            found.append(self.place[before + word[start:end]])
            start = end
        return tuple(found)


@cache
def read(file: Path) -> WordVectors:
    """The table in a file; raises Permanent, with what is wrong, when it cannot be read as one."""
    import numpy as np

    try:
        with np.load(file, allow_pickle=False) as held:
            pieces = bytes(held["pieces"]).decode("utf-8").split("\n")
            table = WordVectors(
                {piece: row for row, piece in enumerate(pieces)},
                held["vectors"],
                held["scale"].astype(np.float32),
                held["weights"].astype(np.float32),
                held["classes"].astype(np.int64),
            )
    except (OSError, ValueError, KeyError) as fault:
        raise Permanent(f"{file} cannot be read as a table of words ({type(fault).__name__}: {fault})") from fault
    shapes = (table.vectors.shape, table.scale.shape, table.weights.shape, table.classes.shape)
    if shapes != ((len(pieces), WIDTH), (WIDTH,), (len(pieces),), (len(pieces),)):
        raise Permanent(f"{file} is no table of {WIDTH} dimensions: put back the one that came with the program")
    return table
