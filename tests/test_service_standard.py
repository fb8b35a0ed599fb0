"""When the time to answer is up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from triage.service_standard import ServiceStandard

LONDON = ZoneInfo("Europe/London")
FRIDAY = datetime(2026, 3, 27, 15, 0, tzinfo=UTC)


def test_working_days_leave_out_the_weekend_and_run_to_the_end_of_the_last_day() -> None:
    # The clocks go forward in between: the last second of 30 March in London is an hour earlier in UTC.
    assert ServiceStandard.read("1 working day").deadline(FRIDAY, LONDON) == datetime(2026, 3, 30, 22, 59, 59, tzinfo=UTC)


def test_working_days_leave_out_holidays() -> None:
    standard = ServiceStandard(working_days=2, holidays=frozenset({date(2026, 3, 30)}))
    assert standard.deadline(FRIDAY, UTC) == datetime(2026, 4, 1, 23, 59, 59, tzinfo=UTC)


def test_a_mail_that_comes_at_the_weekend_counts_from_monday() -> None:
    saturday = datetime(2026, 3, 28, 9, 0, tzinfo=UTC)
    assert ServiceStandard.read("1 working day").deadline(saturday, UTC).date() == date(2026, 3, 30)


def test_the_day_of_arrival_is_the_one_of_the_organisations_time_zone() -> None:
    late = datetime(2026, 3, 26, 23, 30, tzinfo=UTC)
    assert ServiceStandard.read("1 day").deadline(late, ZoneInfo("Asia/Tokyo")) == datetime(2026, 3, 28, 14, 59, 59, tzinfo=UTC)


def test_hours_are_counted_exactly() -> None:
    assert ServiceStandard.read("36 hours").deadline(FRIDAY, LONDON) == FRIDAY + timedelta(hours=36)
    assert ServiceStandard.read("24 hours").deadline(FRIDAY, LONDON) == FRIDAY + timedelta(hours=24)


def test_days_run_to_the_end_of_the_last_one() -> None:
    assert ServiceStandard.read("2 days").deadline(FRIDAY, UTC) == datetime(2026, 3, 29, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "about", "shown"),
    [
        ("5 working days", timedelta(days=7), "5 working days"),
        ("1 business day", timedelta(days=1.4), "1 working day"),
        ("24 hours", timedelta(days=1), "24 hours"),
        ("1 day", timedelta(days=1), "1 day"),
        ("2 weeks", timedelta(days=14), "2 weeks"),
        ("90 minutes", timedelta(minutes=90), "90 minutes"),
    ],
)
def test_a_standard_says_about_how_long_it_is_and_reads_as_it_was_written(text: str, about: timedelta, shown: str) -> None:
    standard = ServiceStandard.read(text)
    assert standard.approximate == about
    assert str(standard) == shown


@pytest.mark.parametrize("text", ["", "soon", "5", "working days", "5 working hours", "-1 days", "9999999 weeks", "1.5 days"])
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write for example 5 working days, 24 hours or 2 days"):
        ServiceStandard.read(text)


def test_nobody_can_answer_in_no_time() -> None:
    with pytest.raises(ValueError, match="nobody can answer in no time at all"):
        ServiceStandard.read("0 working days")
