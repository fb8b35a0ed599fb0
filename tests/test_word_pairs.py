"""Which classes of words stand near each other is told text by text."""

from __future__ import annotations

import numpy as np

from triage import features, word_pairs, word_vectors

TABLE = word_vectors.read(features.signs_file().with_name(word_vectors.FILE))


def columns_of(*texts: str) -> list[set[int]]:
    pieces, sizes = TABLE.pieces(texts)
    rows = word_pairs.rows(TABLE.classes[pieces], sizes)
    return [set(rows.columns[start:end].tolist()) for start, end in zip(rows.ends, rows.ends[1:], strict=False)]


def test_each_text_has_its_own_pairs_whatever_stands_beside_it() -> None:
    texts = ("you know where i park", "", "no", "my father reads")
    together = columns_of(*texts)
    assert together == [columns_of(text)[0] for text in texts]
    assert [len(row) for row in together] == [15, 1, 3, 9]


def test_words_of_one_class_make_the_same_pairs_and_their_order_tells() -> None:
    assert columns_of("my mother")[0] == columns_of("my father")[0]
    assert columns_of("mother my")[0] != columns_of("my mother")[0]


def test_a_rare_word_is_told_by_its_beginning_alone() -> None:
    assert columns_of("the clipboards")[0] == columns_of("the clip")[0]


def test_a_row_has_length_one() -> None:
    pieces, sizes = TABLE.pieces(["the lorry came before the rain did", "two words"])
    rows = word_pairs.rows(TABLE.classes[pieces], sizes)
    for start, end in zip(rows.ends, rows.ends[1:], strict=False):
        assert np.linalg.norm(rows.values[start:end]) == np.float32(1.0)
