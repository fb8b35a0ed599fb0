"""Words that stand near each other, told by what class of meaning each belongs to: "I know where you park" and "I saw where he lives"
share such pairs, though hardly a word.

The classes stand in the table of word vectors (`triage.word_vectors`); a pair is a column of a wide table, by hashing. Pairs of direct
neighbours have columns of their own; those with one or two words between them share theirs. A text's beginning and end count as words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage import hashed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WIDTH = 2**16
_FIRST, _SECOND = 7_919, 104_729
"""Primes that spread the pairs evenly over the columns, and tell which of two came first."""
_APART = (0, 500_009, 500_009)
"""For a partner one, two and three words on: what is added before the column is told."""
_NOBODY, _BEGINNING, _END = -1, 30_000, 30_001


def rows(classes: NDArray[np.int64], sizes: NDArray[np.int64]) -> hashed.Rows:
    """Each text's pairs of classes, in order; a row is a vector of length 1 unless a pair stands in it twice.

    `classes`: those of the first text's pieces, then those of the second …, below zero for one that only goes on with a word;
    `sizes`: how many pieces each text has.
    """
    import numpy as np

    texts, reach = len(sizes), len(_APART)
    owner, begun = np.repeat(np.arange(texts), sizes), classes >= 0
    owner, classes = owner[begun], classes[begun]
    sizes = np.bincount(owner, minlength=texts)
    beginnings = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes)[:-1]])[:texts] + np.arange(texts) * (2 + reach)
    line = np.full(
        len(classes) + texts * (2 + reach), _NOBODY, dtype=np.int64
    )  # so many nobodies that no pair crosses from text to text
    line[beginnings], line[beginnings + sizes + 1] = _BEGINNING, _END
    line[np.arange(len(classes)) + owner * (2 + reach) + 1] = classes
    places = np.flatnonzero(line != _NOBODY)
    partners = line[places[:, None] + np.arange(1, reach + 1)]
    columns = (line[places][:, None] * _FIRST + partners * _SECOND + np.array(_APART)) % WIDTH
    counts = sum(np.maximum(sizes + 2 - apart, 0) for apart in range(1, reach + 1))
    ends = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(counts, dtype=np.int64)])
    values = np.repeat(1.0 / np.sqrt(counts), counts).astype(np.float32)
    return hashed.Rows(ends, columns[partners != _NOBODY], values, WIDTH)
