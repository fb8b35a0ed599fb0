"""How soon the organisation promises to answer, and when that time is up.

Only a promise the organisation has made itself can make a demand "outside the service standard" (policy 004/UD1), and the
same promise tells when *we* are late (000/2-a, 003/2-c).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from triage.quantity import duration, in_words

_WORKING_DAYS = re.compile(r"(\d{1,3})\s+(?:working|business)\s+days?", re.IGNORECASE)
_DAYS = re.compile(r"day|week", re.IGNORECASE)
_LAST_SECOND = time(23, 59, 59)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class ServiceStandard:
    """A number of working days (Monday to Friday, without the holidays), or else a plain length of time."""

    working_days: int = 0
    length: timedelta = timedelta(0)
    """Used when `working_days` is 0."""
    exact: bool = False
    """The length is meant to the minute (24 hours), not to the end of its last day (1 day)."""
    holidays: frozenset[date] = field(default_factory=frozenset)

    @classmethod
    def read(cls, text: str) -> ServiceStandard:
        """From "5 working days", "24 hours", "2 days"; raises ValueError, in words for the operator."""
        written = _WORKING_DAYS.fullmatch(text.strip())
        if written is None:
            try:
                standard = cls(length=duration(text), exact=not _DAYS.search(text))
            except ValueError:
                raise ValueError(f"“{text}” is no time; write for example 5 working days, 24 hours or 2 days") from None
        else:
            standard = cls(working_days=int(written[1]))
        if not standard.approximate:
            raise ValueError("nobody can answer in no time at all; write for example 5 working days")
        return standard

    @property
    def approximate(self) -> timedelta:
        """About how long that is by the calendar: five working days are seven days. For comparing, never for a deadline."""
        return self.length or timedelta(days=self.working_days * 7 / 5)

    def deadline(self, start: datetime, zone: tzinfo) -> datetime:
        """The last moment to answer a mail that came at `start` (aware), in UTC.

        Working days, days and weeks run to the end of their last day in `zone`; hours and minutes are exact.
        """
        local = start.astimezone(zone)
        if self.working_days:
            return _end_of(self._after_working_days(local.date()), zone)
        if self.exact:
            return (start + self.length).astimezone(UTC)
        return _end_of(local.date() + self.length, zone)

    def _after_working_days(self, day: date) -> date:
        left = self.working_days
        while left:
            day += timedelta(days=1)
            if day.weekday() < _SATURDAY and day not in self.holidays:
                left -= 1
        return day

    def __str__(self) -> str:
        if self.working_days:
            return f"{self.working_days} working day" + ("" if self.working_days == 1 else "s")
        hours, rest = divmod(self.length, timedelta(hours=1))
        return f"{hours} hour" + ("" if hours == 1 else "s") if self.exact and not rest else in_words(self.length)


def _end_of(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, _LAST_SECOND, tzinfo=zone).astimezone(UTC)
