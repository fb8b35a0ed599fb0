"""What a server's FETCH lines say (RFC 3501 section 7.4.2), read leniently: one odd keyword must not hide other mails' flags.

A record without a UID says nothing to us: it is numbered by sequence, which may be another mail's UID.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

Record = dict[str, Any]
"""Item name in upper case (BODY[…] without its section's details or offset: "BODY") → int, bytes, None or list of bytes."""

_NAME = re.compile(rb" ?([A-Za-z0-9.-]+)(?:\[[^\]]*\](?:<\d+>)?)? ")
_LIST = re.compile(rb'\(((?:"(?:[^"\\]|\\.)*"|[^)"])*)\)')
_IN_LIST = re.compile(rb'"((?:[^"\\]|\\.)*)"|([^\s"]+)')
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"')
_LITERAL = re.compile(rb"~?\{\d+\}")
_ATOM = re.compile(rb"[^ ()]+")
_SYSTEM = {flag.lower(): flag for flag in ("\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft")}
_DATE = re.compile(r"^ ?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def by_uid(lines: Iterable[Any]) -> dict[int, Record]:
    """imaplib's FETCH records, joined by UID; a later report of the same item wins. Records without UID are dropped."""
    found: dict[int, Record] = {}
    for head, literals in _joined(lines):
        record = _record(head, literals)
        uid = record.get("UID")
        if isinstance(uid, int) and uid > 0:
            found.setdefault(uid, {}).update(record)
    return found


def flags_of(record: Record) -> frozenset[str]:
    """System flags in RFC 3501's spelling, keywords in lower case (they are case-insensitive, and servers keep the first spelling).

    \\Recent, which lasts one session and says nothing, is left out.
    """
    words = (word.decode("utf-8", "replace").lower() for word in record.get("FLAGS") or ())
    return frozenset(_SYSTEM.get(word, word) for word in words if word != "\\recent")


def labels_of(record: Record) -> frozenset[str]:
    """Gmail's labels, in lower case (Gmail tells them apart by nothing else); the system ones and those with odd characters too."""
    return frozenset(word.decode("utf-8", "replace").lower() for word in record.get("X-GM-LABELS") or ())


def time_of(record: Record) -> datetime:
    """INTERNALDATE in UTC. A date no calendar has becomes the Unix epoch: old, visibly wrong, and never a reason to lose a mail."""
    value = record.get("INTERNALDATE")
    found = _DATE.match(value.decode("ascii", "replace")) if isinstance(value, bytes) else None
    if found:
        day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = found.groups()
        offset = timedelta(hours=int(zone_hours), minutes=int(zone_minutes)) * (-1 if sign == "-" else 1)
        try:
            clock = (int(hour), int(minute), min(int(second), 59))  # a leap second is the one before it
            date = (int(year), _MONTHS.index(month.lower()) + 1, int(day))
            return datetime(*date, *clock, tzinfo=timezone(offset)).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    return datetime.fromtimestamp(0, UTC)


def date_time(at: datetime) -> str:
    """An aware time as IMAP's date-time, in UTC, with English months whatever the locale."""
    if at.tzinfo is None:
        raise ValueError("a time without a zone cannot be told to a mail server")
    utc = at.astimezone(UTC)
    return f'"{utc.day:02}-{_MONTHS[utc.month - 1].title()}-{utc.year:04} {utc:%H:%M:%S} +0000"'


def _joined(lines: Iterable[Any]) -> Iterator[tuple[bytes, list[bytes]]]:
    head, literals = bytearray(), list[bytes]()
    for line in lines:
        if isinstance(line, tuple):
            head += line[0]
            literals.append(line[1])
        elif isinstance(line, bytes):
            yield bytes(head + line), literals
            head, literals = bytearray(), []


def _record(head: bytes, literals: list[bytes]) -> Record:
    record: Record = {}
    at = head.find(b"(") + 1
    waiting = iter(literals)
    while at and (name := _NAME.match(head, at)):
        at, value = _value(head, name.end(), waiting)
        if not at:
            break  # what was read so far is still true
        record[name[1].decode("ascii").upper()] = value
    return record


def _value(head: bytes, at: int, literals: Iterator[bytes]) -> tuple[int, Any]:
    """(where the value ends, the value); 0 for the end when it cannot be read."""
    if found := _LIST.match(head, at):
        return found.end(), [
            re.sub(rb"\\(.)", rb"\1", one[1]) if one[1] is not None else one[2] for one in _IN_LIST.finditer(found[1])
        ]
    if found := _QUOTED.match(head, at):
        return found.end(), re.sub(rb"\\(.)", rb"\1", found[1])
    if found := _LITERAL.match(head, at):
        return found.end(), next(literals, None)
    if found := _ATOM.match(head, at):
        word = found[0]
        if word.isdigit() and len(word) < 20:
            return found.end(), int(word)
        return found.end(), None if word.upper() == b"NIL" else word
    return 0, None
