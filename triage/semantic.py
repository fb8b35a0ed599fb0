"""Sentences as vectors of meaning: the network of the semantic tier, from a directory that the operator made (`triage semantic make`).

The only owner of onnxruntime and tokenizers, both of the extra triage[semantic]. The directory is read only when it fits its manifest;
anything else is refused with a sentence, and the program goes on with the fast tier alone. Nothing is asked of anybody outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triage import model_file
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
_COMMAND = "triage semantic make"
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
    manifest = model_file.manifest(folder / MANIFEST, _COMMAND)
    if manifest.get("format") != FORMAT:
        raise Permanent(
            f"{folder} is of format {manifest.get('format')}, this program reads {FORMAT}: run `triage semantic make`"
        )
    hashes = manifest.get("sha256")
    for name in (NETWORK, TOKENIZER):
        model_file.check_file(folder / name, str(hashes.get(name, "")) if isinstance(hashes, dict) else "", _SIZE_LIMIT, _COMMAND)
    return _read(folder)


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
    return Embedder(session, tokenizer, model_file.digest(folder / NETWORK))
