"""A model file of skops read without skops: a zip of arrays and of a schema that names them.

skops itself can build almost any object, and loading it takes longer than reading a day's mail. A model of ours holds a list of
texts and plain arrays and nothing else, so that is all this can make of a file; anything further is refused by its name.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

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
