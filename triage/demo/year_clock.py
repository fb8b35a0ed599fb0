"""When things happen in the demo's year: people write at all hours, staff in office hours, and repairs have a bad spring."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

FIRST, LAST = date(2025, 1, 2), date(2025, 12, 19)
"""The first and the last day on which a story begins."""
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
"""The moment at which the year is looked back on."""
SHORT_OF_PEOPLE = (date(2025, 2, 10), date(2025, 4, 11))
"""The weeks in which repairs answers late or not at all."""
STORM = (date(2025, 11, 17), date(2025, 11, 19))
"""Three days on which far more people than usual write to repairs."""
STANDARD = 5
"""Working days in which an answer is promised."""

_HOURS = (7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23)
_WEIGHTS = (3, 6, 9, 9, 7, 6, 6, 6, 6, 7, 8, 9, 9, 8, 6, 3, 1)
_SEASONS = {
    "winter": (10, 9, 6, 3, 1, 1, 1, 1, 2, 5, 8, 10),
    "summer": (1, 1, 2, 5, 8, 10, 10, 9, 5, 2, 1, 1),
    "spring": (3, 5, 10, 10, 6, 4, 3, 3, 4, 4, 3, 3),
    "none": (6, 6, 6, 6, 6, 6, 6, 5, 6, 6, 6, 5),
}
"""How much is written in each month."""


def in_season(month: int, season: str) -> int:
    """How much a subject is written about in a month (1 to 12), beside other months."""
    return _SEASONS[season][month - 1]


def written(rng: Random, day: date) -> datetime:
    """A moment of that day at which somebody at home writes."""
    hour = rng.choices(_HOURS, _WEIGHTS)[0]
    return datetime(day.year, day.month, day.day, hour, rng.randrange(60), rng.randrange(60), tzinfo=UTC)


def answered(rng: Random, after: datetime, working_days: int) -> datetime:
    """A moment in office hours (9 to 17) so many working days after, later than `after`."""
    day = after.date()
    if day.weekday() > 4 or (after.hour >= 16 and not working_days):
        working_days = max(1, working_days)
    while working_days:
        day += timedelta(days=1)
        working_days -= day.weekday() < 5
    start = max(9, after.hour + 1) if day == after.date() else 9
    hour = rng.randrange(start, max(17, start + 1))
    return datetime(day.year, day.month, day.day, hour, rng.randrange(60), rng.randrange(60), tzinfo=UTC)


def working_days(start: date, end: date) -> int:
    """Mondays to Fridays after `start` up to and with `end`."""
    return sum((start + timedelta(days=one)).weekday() < 5 for one in range(1, (end - start).days + 1))


def overdue(asked: datetime, moment: datetime) -> bool:
    """Whether at `moment` a mail of `asked` has waited longer than promised."""
    return working_days(asked.date(), moment.date()) > STANDARD


def in_words(day: date) -> str:
    """3 September 2025."""
    return f"{day.day} {day:%B %Y}"
