"""The server's list of folders, read leniently: one oddly named folder of somebody's must not close the mailbox to us."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from imapclient import imap_utf7

from triage.mailbox.wire import Wire

_STRING = rb'"((?:[^"\\]|\\.)*)"'
_ENTRY = re.compile(rb"^\(([^)]*)\) (?:" + _STRING + rb"|NIL) (.+)$", re.DOTALL | re.IGNORECASE)
_PERSONAL = re.compile(rb"^\(\(" + _STRING + rb" (?:" + _STRING + rb"|NIL)", re.IGNORECASE)
_LITERAL = re.compile(rb"\{\d+\}$")


@dataclass(frozen=True, slots=True)
class Listed:
    """One folder. Attributes are in lower case, since servers differ and RFC 6154 compares them without case."""

    attributes: frozenset[str]
    separator: str
    """"" where the server has no hierarchy."""
    name: str

    @property
    def leaf(self) -> str:
        return self.name.rpartition(self.separator)[2] if self.separator else self.name

    @property
    def depth(self) -> int:
        return self.name.count(self.separator) if self.separator else 0

    @property
    def usable(self) -> bool:
        return not self.attributes & {"\\noselect", "\\nonexistent"}


def listed(wire: Wire) -> list[Listed]:
    """Every folder (RFC 3501 section 6.3.8), with special uses where the server tells them (RFC 6154)."""
    ask = ["RETURN (SPECIAL-USE)"] if {"LIST-EXTENDED", "SPECIAL-USE"} <= wire.capabilities else []
    return _entries(wire.command("LIST", '""', '"*"', *ask).untagged.get("LIST", []))


def subscribed(wire: Wire) -> frozenset[str]:
    """The names of the folders that mail clients show (RFC 3501 section 6.3.9)."""
    return frozenset(entry.name for entry in _entries(wire.command("LSUB", '""', '"*"').untagged.get("LSUB", [])))


def namespace(wire: Wire) -> tuple[str, str] | None:
    """(prefix, separator) of the first personal namespace (RFC 2342); None where the server tells of none."""
    if "NAMESPACE" not in wire.capabilities:
        return None
    for line in wire.command("NAMESPACE").untagged.get("NAMESPACE", []):
        if isinstance(line, bytes) and (found := _PERSONAL.match(line)):
            prefix = _decoded(_unescaped(found[1]))
            if prefix is not None:
                return prefix, _unescaped(found[2] or b"").decode("ascii", "replace")
    return None


def _entries(lines: list[Any]) -> list[Listed]:
    entries = (_entry(line) for line in lines if isinstance(line, bytes | tuple))
    return [entry for entry in entries if entry is not None]


def _entry(line: bytes | tuple[bytes, bytes]) -> Listed | None:
    """None for a line that makes no sense, and for a name in no known spelling: we could not open such a folder."""
    head, literal = line if isinstance(line, tuple) else (line, None)
    found = _ENTRY.match(head)
    if found is None:
        return None
    raw = found[3]
    if literal is not None and _LITERAL.search(raw):
        raw = literal
    elif raw.startswith(b'"') and raw.endswith(b'"') and len(raw) > 1:
        raw = _unescaped(raw[1:-1])
    name = _decoded(raw)
    if name is None:
        return None
    attributes = frozenset(found[1].decode("ascii", "replace").lower().split())
    return Listed(attributes, _unescaped(found[2] or b"").decode("ascii", "replace"), name)


def _unescaped(text: bytes) -> bytes:
    return re.sub(rb"\\(.)", rb"\1", text)


def _decoded(name: bytes) -> str | None:
    """Out of modified UTF-7 (RFC 3501 section 5.1.3); None when it is not that, so that it would not go back as it came."""
    try:
        decoded: str = imap_utf7.decode(name)
        return decoded if imap_utf7.encode(decoded) == name else None
    except (ValueError, LookupError):
        return None
