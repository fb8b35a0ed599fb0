"""Words and groups of letters as columns of a wide table, by hashing, and how often each column is filled.

The columns are those of scikit-learn's HashingVectorizer (MurmurHash3, 32 bits, seed 0, of UTF-8), which a test compares with.
Done here with numpy alone, because loading scikit-learn takes longer than reading a day's mail, and with the letters of each word
remembered, because most words come again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TOKEN = re.compile(r"(?u)[\w'*!@$]+|[^\w\s]")
_SHORTEST, _LONGEST = 3, 5
"""Letters of a group."""
_MOST_TOKENS = 40_000
"""So many words and pairs of words are remembered at most."""
_MOST_WORDS = 15_000
"""So many words' letters are remembered at most."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A table of which most places are empty: row n has the values `values[ends[n]:ends[n + 1]]` in the columns beside them."""

    ends: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: NDArray[np.float32]
    width: int

    def times(self, weights: NDArray[np.float32]) -> NDArray[np.float64]:
        """The product with a table of weights (a row a column of this one)."""
        import numpy as np

        sums = np.zeros((len(self.ends) - 1, weights.shape[1]))
        filled = np.flatnonzero(np.diff(self.ends))
        if len(filled):
            parts = weights[self.columns] * self.values[:, None]
            sums[filled] = np.add.reduceat(parts, self.ends[:-1][filled], axis=0, dtype=np.float64)
        return sums


def beside(tables: Sequence[Rows]) -> Rows:
    """Tables of as many rows each, put side by side."""
    import numpy as np

    sizes = [np.diff(table.ends) for table in tables]
    ends = _ends(np.sum(sizes, axis=0))
    columns, values = np.empty(ends[-1], dtype=np.int64), np.empty(ends[-1], dtype=np.float32)
    place, offset = ends[:-1].copy(), 0
    for table, size in zip(tables, sizes, strict=True):
        target = np.repeat(place - table.ends[:-1], size) + np.arange(len(table.columns))
        columns[target], values[target] = table.columns + offset, table.values
        place += size
        offset += table.width
    return Rows(ends, columns, values, offset)


def words(texts: Iterable[str], width: int) -> Rows:
    """Each text's words and pairs of neighbouring words; a row is a vector of length 1."""
    import numpy as np

    known = _column_of.setdefault(width, {})
    if len(known) > _MOST_TOKENS:
        known.clear()
    tokens: list[str] = []
    sizes: list[int] = []
    for text in texts:
        row = _TOKEN.findall(text)
        tokens += row
        tokens += map("{} {}".format, row, row[1:])
        sizes.append(max(0, 2 * len(row) - 1))
    fresh = list(set(tokens).difference(known))
    known.update(zip(fresh, column_of(fresh, width).tolist(), strict=True))
    columns = np.fromiter(map(known.__getitem__, tokens), dtype=np.int64, count=len(tokens))
    return _counted(columns, np.array(sizes, dtype=np.int64), width)


_column_of: dict[int, dict[str, int]] = {}
"""By the width of the table, the columns of words and pairs that were met."""


def letters(texts: Iterable[str], width: int) -> Rows:
    """Each text's groups of three to five letters within words; a row is a vector of length 1."""
    import numpy as np

    known = _letters_of.setdefault(width, {})
    if len(known) > _MOST_WORDS:
        known.clear()
    rows = [text.split() for text in texts]
    words = list(chain.from_iterable(rows))
    fresh = list(set(words).difference(known))
    groups = [_groups(word) for word in fresh]
    flat = column_of([group for each in groups for group in each], width)
    start = 0
    for word, each in zip(fresh, groups, strict=True):
        known[word] = flat[start : start + len(each)].copy()
        start += len(each)
    parts = [known[word] for word in words]
    ends = np.concatenate([[0], np.cumsum([len(part) for part in parts], dtype=np.int64)])
    sizes = np.diff(ends[np.concatenate([[0], np.cumsum([len(row) for row in rows], dtype=np.int64)])])
    return _counted(np.concatenate([np.empty(0, dtype=np.int64), *parts]), sizes, width)


_letters_of: dict[int, dict[str, NDArray[np.int64]]] = {}
"""By the width of the table, the columns of the letters of words that were met."""


def _groups(word: str) -> list[str]:
    """All its groups of neighbouring letters, with a blank before and after the word; a short word is one group."""
    padded = f" {word} "
    found: list[str] = []
    for size in range(_SHORTEST, _LONGEST + 1):
        found += [padded[at : at + size] for at in range(max(1, len(padded) - size + 1))]
        if len(padded) <= size:
            break
    return found


def _counted(columns: NDArray[np.int64], sizes: NDArray[np.int64], width: int) -> Rows:
    """Rows of how often each column occurs, in the order of the columns, each row shortened to length 1.

    `columns`: those of the first row, with repetitions, then those of the second …; `sizes`: how many each row has.
    """
    import numpy as np

    places, counts = np.unique(np.repeat(np.arange(len(sizes)), sizes) * width + columns, return_counts=True)
    owner, column = np.divmod(places, width)
    ends = _ends(np.bincount(owner, minlength=len(sizes)))
    lengths = np.sqrt(np.bincount(owner, weights=counts.astype(np.float64) ** 2, minlength=len(sizes)))
    return Rows(ends, column, (counts / lengths[owner]).astype(np.float32), width)


def _ends(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    import numpy as np

    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes, dtype=np.int64)])


def column_of(tokens: Sequence[str], width: int) -> NDArray[np.int64]:
    """The column of each token, 0 to `width` - 1."""
    import numpy as np

    octets = [token.encode("utf-8", "surrogatepass") for token in tokens]
    by_length: dict[int, list[int]] = {}
    for place, each in enumerate(octets):
        by_length.setdefault(len(each), []).append(place)
    found = np.zeros(len(tokens), dtype=np.int64)
    for length, places in by_length.items():
        found[places] = np.abs(_murmur3(b"".join([octets[place] for place in places]), length, len(places))) % width
    return found


def _murmur3(octets: bytes, length: int, count: int) -> NDArray[np.int64]:
    """MurmurHash3_x86_32 with seed 0 of `count` strings of the same length, which stand one after the other; signed."""
    import numpy as np

    u32 = np.uint32
    table = np.frombuffer(octets, dtype=np.uint8).reshape(count, length)
    blocks = length // 4
    numbers = np.ascontiguousarray(table[:, : 4 * blocks]).view("<u4")
    hashes = np.zeros(count, dtype=u32)
    for block in range(blocks):
        hashes ^= _mixed(numbers[:, block].astype(u32))
        hashes = _turned(hashes, 13) * u32(5) + u32(0xE6546B64)
    if length % 4:
        tail = np.zeros(count, dtype=u32)
        for place in range(length % 4):
            tail |= table[:, 4 * blocks + place].astype(u32) << u32(8 * place)
        hashes ^= _mixed(tail)
    hashes ^= u32(length)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        hashes = (hashes ^ (hashes >> u32(shift))) * u32(factor)
    return (hashes ^ (hashes >> u32(16))).view(np.int32).astype(np.int64)


def _mixed(numbers: NDArray[np.uint32]) -> NDArray[np.uint32]:
    import numpy as np

    return _turned(numbers * np.uint32(0xCC9E2D51), 15) * np.uint32(0x1B873593)


def _turned(numbers: NDArray[np.uint32], by: int) -> NDArray[np.uint32]:
    """Each number's bits turned to the left."""
    import numpy as np

    return (numbers << np.uint32(by)) | (numbers >> np.uint32(32 - by))
