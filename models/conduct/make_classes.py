"""Adds to words.npz the class of each piece: pieces of like meaning are one class, the commonest ones a class each, and those that
only go on with a word are none.

    python models/conduct/make_classes.py

Needs scikit-learn and a minute. Run it after make_words.py; nothing of the program imports this. The model must then be trained anew.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.cluster import MiniBatchKMeans

COMMON = 200
"""Whole words, the commonest in mail, that are told from all others: "you" and "we" mean much the same and are not the same."""
CLASSES = 256
"""Of all other pieces."""


def main(file: Path) -> None:
    with np.load(file, allow_pickle=False) as table:
        held = dict(table)
    pieces = bytes(held["pieces"]).decode("utf-8").split("\n")
    vectors = held["vectors"] * held["scale"]
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    means = MiniBatchKMeans(CLASSES, random_state=0, n_init=1, max_iter=60, batch_size=2048).fit(vectors)
    classes = means.labels_.astype(np.int16) + COMMON
    common = [place for place in np.argsort(held["weights"]).tolist() if not pieces[place].startswith("##")]
    classes[common[:COMMON]] = np.arange(COMMON)
    classes[[piece.startswith("##") for piece in pieces]] = -1
    np.savez_compressed(file, **(held | {"classes": classes}))


if __name__ == "__main__":
    main(Path(__file__).with_name("words.npz"))
