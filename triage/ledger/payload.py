"""Values as JSON text, whatever a stranger wrote into them."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from triage.ledger.tables import storable


def _storable(value: Any) -> Any:
    """The same value with every text in it made storable."""
    if isinstance(value, str):
        return storable(value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{part.name: _storable(getattr(value, part.name)) for part in fields(value)})
    if isinstance(value, dict):
        return {_storable(name): _storable(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_storable(part) for part in value]
    return value


def as_json(value: Any) -> str:
    """Dataclasses, dicts, lists, texts, numbers and aware times as JSON. Halves of surrogate pairs, which a broken charset leaves
    behind and JSON cannot carry, become U+FFFD; a mail is not lost for one bad letter."""
    try:
        return to_json(value).decode()
    except (PydanticSerializationError, UnicodeError):
        return to_json(_storable(value)).decode()
