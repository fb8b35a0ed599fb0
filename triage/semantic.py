"""Sentences as vectors of meaning: the network of the semantic tier, from a directory that the operator made (`triage semantic make`).

The only owner of onnxruntime and tokenizers, both of the extra triage[semantic]. The directory is read only when it fits its manifest;
anything else is refused with a sentence, and the program goes on with the fast tier alone. Nothing is asked of anybody outside.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triage.errors import Permanent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORMAT = 1
MANIFEST = "manifest.json"
NETWORK = "model.onnx"
TOKENIZER = "tokenizer.json"
WIDTH = 384
"""Numbers in a vector."""
_LONGEST = 128
"""Tokens of one sentence that are looked at; some 90 words."""
_AT_ONCE = 32
_SIZE_LIMIT = 60_000_000
_EXTRA = "the package {} is not installed: install triage[semantic]"


@dataclass(frozen=True)
class Embedder:
    """The network, opened."""

    session: Any
    tokenizer: Any
    sha256: str
    """Of the network: what is learned on its vectors fits no other."""

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """A row of `WIDTH` numbers for each text, of length one. Sentences of like length go together, which spares padding."""
        import numpy as np

        found = np.zeros((len(texts), WIDTH), dtype=np.float32)
        tokens = self.tokenizer.encode_batch(list(texts))
        order = sorted(range(len(texts)), key=lambda place: len(tokens[place].ids))
        for start in range(0, len(order), _AT_ONCE):
            some = order[start : start + _AT_ONCE]
            length = max(len(tokens[place].ids) for place in some)
            ids, mask = np.zeros((2, len(some), length), dtype=np.int64)
            for row, place in enumerate(some):
                own = tokens[place].ids
                ids[row, : len(own)] = own
                mask[row, : len(own)] = 1
            found[some] = self.session.run(["vectors"], {"ids": ids, "mask": mask})[0]
        return found


def opened(folder: Path) -> Embedder:
    """The network in `folder`. Raises Permanent, in words, when it does not fit its manifest or when a package is missing."""
    manifest = _manifest(folder / MANIFEST)
    if manifest.get("format") != FORMAT:
        raise Permanent(
            f"{folder} is of format {manifest.get('format')}, this program reads {FORMAT}: run `triage semantic make`"
        )
    hashes = manifest.get("sha256")
    for name in (NETWORK, TOKENIZER):
        _check(folder / name, str(hashes.get(name, "")) if isinstance(hashes, dict) else "")
    return _read(folder)


def _manifest(file: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise Permanent(f"{file} cannot be read as a manifest ({fault}); `triage semantic make` writes the directory") from fault
    if not isinstance(manifest, dict):
        raise Permanent(f"{file} is not a manifest: it should hold one JSON object; `triage semantic make` writes a new one")
    return manifest


def _check(file: Path, expected: str) -> None:
    if not file.is_file():
        raise Permanent(f"{file} is missing; `triage semantic make` makes it")
    if file.stat().st_size > _SIZE_LIMIT:
        raise Permanent(f"{file} has {file.stat().st_size} octets, more than the {_SIZE_LIMIT} it may have")
    if hashlib.sha256(file.read_bytes()).hexdigest() != expected:
        raise Permanent(f"{file} is not the file its manifest describes (its SHA-256 differs); run `triage semantic make` again")


def _read(folder: Path) -> Embedder:
    try:
        import onnxruntime
    except ImportError:
        raise Permanent(_EXTRA.format("onnxruntime")) from None
    try:
        import tokenizers
    except ImportError:
        raise Permanent(_EXTRA.format("tokenizers")) from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # a pass has workers of its own
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(str(folder / NETWORK), options, providers=["CPUExecutionProvider"])
        tokenizer = tokenizers.Tokenizer.from_file(str(folder / TOKENIZER))
    except Exception as fault:
        raise Permanent(f"{folder} cannot be read as a model ({type(fault).__name__}); run `triage semantic make`") from fault
    tokenizer.enable_truncation(_LONGEST)
    tokenizer.no_padding()
    return Embedder(session, tokenizer, hashlib.sha256((folder / NETWORK).read_bytes()).hexdigest())
