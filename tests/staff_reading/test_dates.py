"""Dates as people write them; every mail is written on Wednesday 4 March 2026 unless told otherwise."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from letters import WRITTEN

from triage.staff_reading import dates


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("until 3 September 2026", date(2026, 9, 3)),
        ("by the 3rd of September", date(2026, 9, 3)),
        ("until September 30, 2026", date(2026, 9, 30)),
        ("on Sept. 4th", date(2026, 9, 4)),
        ("until 28/02/2027", date(2027, 2, 28)),
        ("on 3/25/2026", date(2026, 3, 25)),
        ("until 2026-05-01", date(2026, 5, 1)),
        ("until the end of August", date(2026, 8, 31)),
        ("by the end of the week", date(2026, 3, 6)),
        ("until the end of February", date(2027, 2, 28)),
        ("until March", date(2026, 3, 31)),
        ("on Thursday", date(2026, 3, 5)),
        ("this Wednesday", date(2026, 3, 4)),
        ("on Monday 9 March between 8 and 12", date(2026, 3, 9)),
        ("tomorrow at 3pm", date(2026, 3, 5)),
        ("this afternoon", date(2026, 3, 4)),
        ("next week", date(2026, 3, 13)),
        ("by the 15th", date(2026, 3, 15)),
        ("on 3 January", date(2027, 1, 3)),
    ],
)
def test_a_written_date_counts_to_the_end_of_its_day(words: str, day: date) -> None:
    found = dates.moments(words, WRITTEN, ahead=True)
    assert [one.until for one in found] == [datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC)]


def test_a_date_without_a_year_is_the_closest_one_when_not_looking_ahead() -> None:
    assert dates.moments("your mail of 20 December", WRITTEN)[0].until.date() == date(2025, 12, 20)


@pytest.mark.parametrize(
    "words", ["this may take a while", "we march on", "31 February 2026", "page 12 of 14", "call 0161 496 0000"]
)
def test_what_is_no_date_is_not_read_as_one(words: str) -> None:
    assert dates.moments(words, WRITTEN) == ()


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("for three months", date(2026, 6, 4)),
        ("for six weeks", date(2026, 4, 15)),
        ("for a year", date(2027, 3, 4)),
        ("for 30 days", date(2026, 4, 3)),
        ("within five working days", date(2026, 3, 11)),
    ],
)
def test_a_span_is_counted_from_the_day_of_the_letter(words: str, day: date) -> None:
    assert [end.date() for _, end in dates.spans(words, WRITTEN)] == [day]


def test_months_end_where_the_shorter_month_ends() -> None:
    assert dates.later(datetime(2026, 8, 31, tzinfo=UTC), 6, "months").date() == date(2027, 2, 28)
