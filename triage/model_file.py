"""A model file of skops read without skops: a zip of arrays and of a schema that names them.

skops itself can build almost any object, and loading it takes longer than reading a day's mail. A model of ours holds a list of
texts and plain arrays and nothing else, so that is all this can make of a file; anything further is refused by its name.

A file is only opened when the manifest beside it describes it. Each refusal says which command makes a new one.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from triage.errors import Permanent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Model = TypeVar("Model")
_PLAIN = {("dict", "builtins"), ("list", "builtins"), ("str", "builtins"), ("ndarray", "numpy")}


def foreign_types(schema: Mapping[str, Any]) -> list[str]:
    """The types a schema names that are no texts, lists or arrays; sorted."""
    found = {(str(node["__class__"]), str(node.get("__module__"))) for node in _nodes(schema)}
    return sorted(f"{module}.{name}" for name, module in found - _PLAIN)


def _nodes(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, dict):
        if "__class__" in value:
            yield value
        for part in value.values():
            yield from _nodes(part)
    elif isinstance(value, list):
        for part in value:
            yield from _nodes(part)


def schema_of(file: zipfile.ZipFile) -> dict[str, Any]:
    """What the file says it holds. KeyError or ValueError when it does not say so."""
    schema = json.loads(file.read("schema.json"))
    if not isinstance(schema, dict) or not isinstance(schema.get("content"), dict):
        raise KeyError("content")
    return schema


def read(path: Path) -> dict[str, Any]:
    """Name → list of texts or array. ValueError or KeyError when it holds anything else (see `foreign_types`)."""
    with zipfile.ZipFile(path) as file:
        return {name: _value(node, file) for name, node in schema_of(file)["content"].items()}


def _value(node: Mapping[str, Any], file: zipfile.ZipFile) -> Any:
    import numpy as np

    match node["__loader__"]:
        case "NdArrayNode" if node["type"] == "numpy":
            return np.load(io.BytesIO(file.read(node["file"])), allow_pickle=False)
        case "ListNode":
            return [_text(part) for part in node["content"]]
        case other:
            raise ValueError(f"{other} is neither a list of texts nor an array")


def _text(node: Mapping[str, Any]) -> str:
    if node["__loader__"] != "JsonNode":
        raise ValueError(f"{node['__loader__']} is no text")
    text = json.loads(node["content"])
    if not isinstance(text, str):
        raise TypeError(f"{text!r} is no text")
    return text


def digest(file: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def manifest(file: Path, command: str) -> dict[str, Any]:
    """What a manifest says; raises Permanent when there is none or it is no JSON object."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Permanent(
            f"{file} is missing and cannot be read as a manifest: a model is only used with its manifest; `{command}` writes both"
        ) from None
    except (OSError, ValueError) as fault:
        raise Permanent(f"{file} cannot be read as a manifest ({fault}); `{command}` writes a new one") from fault
    if not isinstance(found, dict):
        raise Permanent(f"{file} is not a manifest: it should hold one JSON object; `{command}` writes a new one")
    return found


def check_versions(manifest: Mapping[str, Any], reads: tuple[int, int], libraries: Sequence[str], command: str) -> None:
    """Raises Permanent unless a model has the format and features that are read here, and comes from the same minor versions."""
    if (manifest.get("format"), manifest.get("features")) != reads:
        raise Permanent(
            f"the model is of format {manifest.get('format')} with features {manifest.get('features')}, this program reads "
            f"format {reads[0]} with features {reads[1]}: run `{command}`"
        )
    made_with = manifest.get("libraries")
    for library in libraries:
        made = str(made_with.get(library, "none")) if isinstance(made_with, dict) else "none"
        here = metadata.version(library)
        if made.split(".")[:2] != here.split(".")[:2]:
            raise Permanent(f"the model was made with {library} {made}, but {here} is installed: run `{command}`")


def check_file(file: Path, expected: str, size: int, command: str) -> None:
    """Raises Permanent unless a file is there, has no more octets than `size`, and has the expected SHA-256."""
    if not file.is_file():
        raise Permanent(f"{file} is missing; `{command}` makes it")
    if file.stat().st_size > size:
        raise Permanent(f"{file} has {file.stat().st_size} octets, more than the {size} a model may have")
    if digest(file) != expected:
        raise Permanent(f"{file} is not the file its manifest describes (its SHA-256 differs): put it back, or run `{command}`")


def check(file: Path, expected: str, limits: tuple[int, int], command: str) -> None:
    """The same, and that it is a zip; `limits`: octets as it lies, and unpacked."""
    size, unpacked_size = limits
    check_file(file, expected, size, command)
    try:
        with zipfile.ZipFile(file) as members:
            unpacked = sum(member.file_size for member in members.infolist())
    except zipfile.BadZipFile:
        raise Permanent(f"{file} is no skops file: pickles and other forms are never opened") from None
    if unpacked > unpacked_size:
        raise Permanent(f"{file} unpacks to {unpacked} octets, more than the {unpacked_size} a model may have")


def opened(file: Path, made: Callable[[Mapping[str, Any]], Model]) -> Model:
    """What `made` makes of the file's texts and arrays; raises Permanent for anything that is none or does not fit together."""
    try:
        with zipfile.ZipFile(file) as members:
            untrusted = foreign_types(schema_of(members))
        if untrusted:
            raise Permanent(f"{file} holds types no model of ours holds: {', '.join(untrusted)}")
        return made(read(file))
    except Permanent:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, OSError, zipfile.BadZipFile) as fault:
        raise Permanent(f"{file} cannot be read as a model ({type(fault).__name__}: {fault})") from fault


def table(
    values: NDArray[np.float32], columns: NDArray[np.int64], ends: NDArray[np.int64], shape: tuple[int, int]
) -> NDArray[np.float32]:
    """Weights as a full table of `shape` (columns of the features, things learnt), from a row of places and values for each thing
    learnt. ValueError for places outside it, instead of a crash later."""
    import numpy as np

    width, learnt = shape
    sizes = np.diff(ends)
    fits = len(ends) == learnt + 1 and ends[0] == 0 and ends[-1] == len(values) == len(columns) and (sizes >= 0).all()
    if not fits or (len(columns) and not 0 <= columns.min() <= columns.max() < width):
        raise ValueError("its weights do not fit the features")
    full = np.zeros((width, learnt), dtype=np.float32)
    full[columns, np.repeat(np.arange(learnt), sizes)] = values
    return full
