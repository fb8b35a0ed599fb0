"""A sentence lies near those that mean much the same, whatever their words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from triage import features, word_vectors
from triage.errors import Permanent

TABLE = word_vectors.read(features.signs_file().with_name(word_vectors.FILE))


def likeness(one: str, other: str) -> float:
    first, second = TABLE.of([one, other])
    return float(first @ second) / word_vectors.LENGTH**2


@pytest.mark.parametrize(
    ("near", "one", "far"),
    [
        ("idiot", "fool", "invoice"),
        ("furious", "angry", "boiler"),
        ("petrol", "diesel", "apology"),
        ("nurse", "doctor", "roof"),
    ],
)
def test_words_of_like_meaning_lie_nearer_than_others(near: str, one: str, far: str) -> None:
    assert likeness(near, one) > likeness(near, far) + 0.1


def test_a_word_that_is_not_in_the_table_is_read_by_its_pieces() -> None:
    assert likeness("clipboards", "clipboard") > 0.5


def test_each_sentence_has_its_own_row_and_one_without_words_has_none() -> None:
    rows = TABLE.of(["you absolute idiot", "", "\u4f60\u597d", "you absolute idiot"])
    assert rows.shape == (4, word_vectors.WIDTH)
    assert np.allclose(rows[0], rows[3]) and not rows[1].any() and not rows[2].any()
    assert np.linalg.norm(rows[0]) == pytest.approx(word_vectors.LENGTH, rel=1e-4)


def test_what_is_no_table_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "words.npz").write_bytes(b"no table")
    with pytest.raises(Permanent, match=r"words\.npz cannot be read as a table of words"):
        word_vectors.read(tmp_path / "words.npz")
    np.savez(
        tmp_path / "short.npz",
        pieces=np.frombuffer(b"a", np.uint8),
        vectors=np.zeros((1, 3), np.int8),
        scale=np.ones(3),
        weights=np.ones(1),
        classes=np.zeros(1),
    )
    with pytest.raises(Permanent, match="is no table of 256 dimensions"):
        word_vectors.read(tmp_path / "short.npz")
