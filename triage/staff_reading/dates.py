"""Dates, times of day and spans as people write them in letters, British and American.

`moments` finds them in a text; every date becomes the last moment of that day in UTC, because a date in a letter counts to
its end. A year left out is the nearest one: the next such day when looking ahead, else the closest. "28/02/2026" is read the
British way unless that is no date. Pure; the patterns are linear.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
_DAYS = {name.lower(): number for number, name in enumerate(calendar.day_name)}
_DAYS |= {name.lower(): number for number, name in enumerate(calendar.day_abbr)} | {"tues": 1, "weds": 2, "thur": 3, "thurs": 3}
_COUNTS = {
    word: number for number, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())
}
_COUNTS |= {
    "a": 1,
    "an": 1,
    "fourteen": 14,
    "fifteen": 15,
    "eighteen": 18,
    "twenty": 20,
    "twenty-eight": 28,
    "thirty": 30,
    "sixty": 60,
    "ninety": 90,
    "couple": 2,
}

_MONTH = r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
_DAY = r"(?:(?:mon|tues?|wed(?:nes)?|weds|thur?s?|fri|sat(?:ur)?|sun)(?:day)?,?\s+(?:the\s+)?)?"
_YEAR = r"(?:,?\s+(\d{4})\b)?"
_COUNT = r"(\d{1,3}|" + "|".join(sorted(_COUNTS, key=len, reverse=True)) + r")"
_UNIT = r"((?:calendar\s+|working\s+|business\s+)?(?:day|week|month|year)s?)\b"

_DAY_MONTH = re.compile(r"\b" + _DAY + r"(\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?" + _MONTH + _YEAR, re.IGNORECASE)
_MONTH_DAY = re.compile(r"\b" + _DAY + _MONTH + r"\s+(\d{1,2})(?:st|nd|rd|th)?\b(?!:)" + _YEAR, re.IGNORECASE)
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_FIGURES = re.compile(r"\b(\d{1,2})[/.](\d{1,2})[/.](\d{4}|\d{2})\b")
_END_OF = re.compile(r"\bend\s+of\s+(?:(this|the|next)\s+)?(?:" + _MONTH + r"|(day|week|month|year))" + _YEAR, re.IGNORECASE)
_NEAR = re.compile(
    r"\b(today|tonight|tomorrow|yesterday|this\s+(?:morning|afternoon|evening)|later\s+this\s+week|this\s+week|next\s+week|this\s+month|next\s+month)\b",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(
    r"\b(next\s+|this\s+|coming\s+|last\s+)?(mon|tues?|wednes|thurs|fri|satur|sun)day(?:\s+(next|week))?\b", re.IGNORECASE
)
_NTH = re.compile(r"\b(?:on|by|until|before|of|from|dated)\s+the\s+(\d{1,2})(?:st|nd|rd|th)\b", re.IGNORECASE)
_MONTH_ONLY = re.compile(
    r"\b(?:until|till|in|by|from|since|to|through|mid|early|late|last|this|next|of)\s+" + _MONTH + r"(?:\s+(\d{4})\b)?",
    re.IGNORECASE,
)
_SPAN = re.compile(r"\b" + _COUNT + r"(?:\s+of)?(?:\s+full|\s+further|\s+more)?[\s-]+" + _UNIT, re.IGNORECASE)

_CLOCK = re.compile(
    r"\b\d{1,2}(?:[:.]\d{2})?\s*(?:am|pm|a\.m\.?|p\.m\.?|o'?clock)(?!\w)|\b\d{1,2}:\d{2}\b|\b(?:noon|midday|midnight)\b",
    re.IGNORECASE,
)

_SOME_DATE = re.compile(
    r"\d[-/.]|day|week|month|year|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|tonight|tomorrow|this\s|the\s+\d", re.IGNORECASE
)
"""What stands in every ASCII text that names a date: most sentences do not, and then none of the patterns above is tried."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A date found in a text: where it stands, and the last moment of the day it names, in UTC."""

    start: int
    end: int
    until: datetime
    explicit: bool
    """Whether a day of the calendar is named, not "Friday" or "tomorrow"."""


def end_of(day: date) -> datetime:
    """The last moment (to the second) of a day, in UTC."""
    return datetime.combine(day, time(23, 59, 59), UTC)


def later(start: datetime, count: int, unit: str) -> datetime:
    """The end of the day that lies so many days, working days, weeks, months or years after `start`."""
    day = start.astimezone(UTC).date()
    if "working" in unit or "business" in unit:
        for _ in range(min(count, 400)):
            day += timedelta(days=1)
            while day.weekday() > 4:
                day += timedelta(days=1)
        return end_of(day)
    if "day" in unit or "week" in unit:
        return end_of(day + timedelta(days=count * (7 if "week" in unit else 1)))
    months = day.month - 1 + count * (12 if "year" in unit else 1)
    year, month = day.year + months // 12, months % 12 + 1
    return end_of(date(year, month, min(day.day, calendar.monthrange(year, month)[1])))


def spans(text: str, written: datetime) -> Iterator[tuple[re.Match[str], datetime]]:
    """ "for three months", "within 5 working days": each with the end of its last day, counted from `written`."""
    for hit in _SPAN.finditer(text):
        word = hit.group(1).lower()
        count = int(word) if word.isdigit() else _COUNTS[word]
        yield hit, later(written, count, hit.group(2).lower())


def clock_times(text: str) -> Iterator[re.Match[str]]:
    """Times of day: "8am", "12 noon", "18:35"."""
    return _CLOCK.finditer(text)


def moments(text: str, written: datetime, ahead: bool = False) -> tuple[Moment, ...]:
    """Every date in the text, in order; `ahead` reads a date without a year as the next one after `written`."""
    if text.isascii() and not _SOME_DATE.search(text):
        return ()
    found: list[Moment] = []
    today = written.astimezone(UTC).date()
    for hit, day, explicit in _all(text, today, ahead):
        if day is not None and not any(hit.start() < one.end and one.start < hit.end() for one in found):
            found.append(Moment(hit.start(), hit.end(), end_of(day), explicit))
    return tuple(sorted(found, key=lambda one: one.start))


def _all(text: str, today: date, ahead: bool) -> Iterator[tuple[re.Match[str], date | None, bool]]:
    for hit in _END_OF.finditer(text):
        yield hit, _end_of(hit, today, ahead), True
    for hit in _DAY_MONTH.finditer(text):
        yield hit, _day(today, ahead, hit.group(3), _MONTHS[hit.group(2).lower()], int(hit.group(1))), True
    for hit in _MONTH_DAY.finditer(text):
        yield hit, _day(today, ahead, hit.group(3), _MONTHS[hit.group(1).lower()], int(hit.group(2))), True
    for hit in _ISO.finditer(text):
        yield hit, _date(int(hit.group(1)), int(hit.group(2)), int(hit.group(3))), True
    for hit in _FIGURES.finditer(text):
        one, two, year = (int(part) for part in hit.groups())
        year += 2000 if year < 100 else 0
        yield hit, _date(year, two, one) or _date(year, one, two), True
    for hit in _NTH.finditer(text):
        yield hit, _nth(today, int(hit.group(1)), ahead), True
    for hit in _NEAR.finditer(text):
        yield hit, _near(today, " ".join(hit.group(1).lower().split())), False
    for hit in _WEEKDAY.finditer(text):
        yield hit, _weekday(today, hit), False
    for hit in _MONTH_ONLY.finditer(text):
        if hit.group(1)[0].islower():
            continue  # "this may take a while"
        yield hit, _month(today, _MONTHS[hit.group(1).lower()], hit.group(2), ahead), True


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _day(today: date, ahead: bool, year: str | None, month: int, day: int) -> date | None:
    if year:
        return _date(int(year), month, day)
    near = [one for one in (_date(today.year + shift, month, day) for shift in (-1, 0, 1)) if one]
    if ahead:
        near = [one for one in near if one >= today]
    return min(near, key=lambda one: abs((one - today).days), default=None)


def _nth(today: date, day: int, ahead: bool) -> date | None:
    months = [(today.year + (today.month - 1 + shift) // 12, (today.month - 1 + shift) % 12 + 1) for shift in (-1, 0, 1)]
    near = [one for one in (_date(year, month, day) for year, month in months) if one and (not ahead or one >= today)]
    return min(near, key=lambda one: abs((one - today).days), default=None)


def _month(today: date, month: int, year: str | None, ahead: bool) -> date | None:
    """The last day of a month named without a day."""
    which = int(year) if year else today.year + (1 if ahead and month < today.month else 0)
    return _date(which, month, calendar.monthrange(which, month)[1]) if 1 <= which <= 9999 else None


def _end_of(hit: re.Match[str], today: date, ahead: bool) -> date | None:
    if hit.group(2):
        return _month(today, _MONTHS[hit.group(2).lower()], hit.group(4), ahead=True)
    unit, following = hit.group(3).lower(), (hit.group(1) or "").lower() == "next"
    if unit == "day":
        return today
    if unit == "week":
        return today + timedelta(days=(4 - today.weekday()) % 7 + (7 if following else 0))
    if unit == "year":
        return date(today.year + following, 12, 31)
    return later(datetime.combine(today.replace(day=1), time(), UTC), 1 + following, "month").date() - timedelta(days=1)


def _near(today: date, words: str) -> date:
    if words == "tomorrow":
        return today + timedelta(days=1)
    if words == "yesterday":
        return today - timedelta(days=1)
    if words in ("this week", "later this week"):
        return today + timedelta(days=(4 - today.weekday()) % 7)
    if words == "next week":
        return today + timedelta(days=11 - today.weekday())
    if words in ("this month", "next month"):
        first = datetime.combine(today.replace(day=1), time(), UTC)
        return later(first, 1 if words == "this month" else 2, "month").date() - timedelta(days=1)
    return today


def _weekday(today: date, hit: re.Match[str]) -> date:
    """The next such day after today ("Thursday" written on a Thursday is today); "last Friday" lies before."""
    number = next(value for key, value in _DAYS.items() if key.startswith(hit.group(2).lower()[:3]))
    before = (hit.group(1) or "").strip().lower()
    if before == "last":
        return today - timedelta(days=(today.weekday() - number - 1) % 7 + 1)
    ahead = (number - today.weekday()) % 7
    if hit.group(3) or (before == "next" and ahead == 0):
        ahead += 7
    return today + timedelta(days=ahead)
