"""Lengths of time and sizes as people write them: "5 minutes", "24 hours", "256 KiB".

Settings and policy packs are written by hand; a bare number never says what it counts, so it is refused.
"""

from __future__ import annotations

import re
from datetime import timedelta

_WRITTEN = re.compile(r"(\d{1,9})\s*([A-Za-z]{1,10})")

_UNITS_OF_TIME = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}

_UNITS_OF_SIZE = {"b": 1, "kb": 1000, "mb": 1000**2, "kib": 1024, "mib": 1024**2}

_LONGEST = timedelta(days=36500)


def duration(text: str) -> timedelta:
    """The length of time in a number and a unit: seconds, minutes, hours, days or weeks, in the singular or the plural.

    Raises ValueError, in words for the operator, for anything else and for more than a hundred years.
    """
    written = _WRITTEN.fullmatch(text.strip())
    unit = _UNITS_OF_TIME.get(written[2].lower().removesuffix("s")) if written else None
    if written is None or unit is None or int(written[1]) * unit.total_seconds() > _LONGEST.total_seconds():
        raise ValueError(f"“{text}” is no length of time; write a number and a unit, such as 5 minutes, 24 hours or 2 days")
    return int(written[1]) * unit


def size(text: str) -> int:
    """The octets in a number and a unit: B, kB, MB, KiB or MiB, in any case of letters.

    Raises ValueError, in words for the operator, for anything else.
    """
    written = _WRITTEN.fullmatch(text.strip())
    unit = _UNITS_OF_SIZE.get(written[2].lower()) if written else None
    if written is None or unit is None:
        raise ValueError(f"“{text}” is no size; write a number and a unit, such as 256 KiB or 1 MiB")
    return int(written[1]) * unit


def in_words(length: timedelta) -> str:
    """A length of time as people write it, in the largest unit that fits it exactly: "24 hours" becomes "1 day"."""
    for name, unit in reversed(_UNITS_OF_TIME.items()):
        if length and not length % unit:
            count = length // unit
            return f"{count} {name}" + ("" if count == 1 else "s")
    return f"{length.total_seconds():g} seconds"
