from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.mailbox.records import by_uid, date_time, flags_of, time_of
from triage.mailbox.uids import LARGEST_UID, batches, parse_uid_set, uid_set

uids = st.sets(st.integers(1, LARGEST_UID), min_size=1, max_size=300)


@given(uids)
def test_a_set_of_uids_reads_back_as_it_was(wanted: set[int]) -> None:
    assert parse_uid_set(uid_set(wanted)) == sorted(wanted)


@given(uids | st.just(set(range(1, 5000))), st.integers(1, 600))
def test_batches_hold_every_uid_once_and_stay_short(wanted: set[int], most: int) -> None:
    parts = list(batches(wanted, most))
    assert [uid for part in parts for uid in part] == sorted(wanted)
    assert all(len(part) <= most and len(uid_set(part)) <= 7000 for part in parts)


def test_a_batch_of_scattered_uids_stays_short_even_when_many_are_allowed() -> None:
    scattered = range(4_000_000_000, 4_000_009_000, 3)
    parts = list(batches(scattered, 5000))
    assert [uid for part in parts for uid in part] == list(scattered)
    assert all(len(uid_set(part)) <= 7000 for part in parts)


@pytest.mark.parametrize("wrong", [[], [0], [-3, 4], [LARGEST_UID + 1]])
def test_numbers_that_are_no_uids_are_refused(wrong: list[int]) -> None:
    with pytest.raises(ValueError, match="numbers from 1"):
        uid_set(wrong)


@pytest.mark.parametrize("wrong", ["", "a", "1:x", "1:4294967296", "1:4000000000", "*"])
def test_sets_from_a_server_that_make_no_sense_are_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"invalid literal|larger than"):
        parse_uid_set(wrong)


@given(st.lists(st.one_of(st.binary(), st.tuples(st.binary(), st.binary()), st.none())))
def test_no_answer_however_odd_raises(lines: list[object]) -> None:
    for record in by_uid(lines).values():
        flags_of(record)
        time_of(record)


@given(st.text('()[]{}"\\ 0123456789UIDFLAGSBODYNILSEQ*%~.<>', max_size=80))
def test_no_answer_of_imap_characters_raises(text: str) -> None:
    for record in by_uid([f"1 FETCH ({text})".encode()]).values():
        flags_of(record)
        time_of(record)


def test_later_reports_join_earlier_ones_of_the_same_mail() -> None:
    found = by_uid([(b"1 FETCH (UID 5 BODY[] {3}", b"abc"), b")", b"1 FETCH (FLAGS (\\Seen) UID 5)"])
    assert found == {5: {"UID": 5, "BODY": b"abc", "FLAGS": [b"\\Seen"]}}


def test_two_literals_in_one_record_keep_their_order() -> None:
    lines = [(b"1 FETCH (BODY[HEADER] {1}", b"h"), (b" UID 5 RFC822 {1}", b"b"), b")"]
    assert by_uid(lines) == {5: {"UID": 5, "BODY": b"h", "RFC822": b"b"}}


@pytest.mark.parametrize(
    ("value", "iso"),
    [
        (b" 2-Mar-2026 10:00:00 +0530", "2026-03-02T04:30:00+00:00"),
        (b"02-MAR-2026 23:59:60 -0100", "2026-03-03T00:59:59+00:00"),
        (b"31-Feb-2026 10:00:00 +0000", "1970-01-01T00:00:00+00:00"),
        (b"02-Mar-2026 10:00:00 +9900", "1970-01-01T00:00:00+00:00"),
        (b"01-Jan-0001 00:00:00 +0500", "1970-01-01T00:00:00+00:00"),
        (b"yesterday", "1970-01-01T00:00:00+00:00"),
    ],
)
def test_times_of_arrival_are_read_in_utc_and_impossible_ones_are_the_epoch(value: bytes, iso: str) -> None:
    assert time_of({"INTERNALDATE": value}).isoformat() == iso


def test_times_are_told_in_utc_with_english_months() -> None:
    at = datetime(2026, 3, 2, 1, 0, tzinfo=timezone(timedelta(hours=2)))
    assert date_time(at) == '"01-Mar-2026 23:00:00 +0000"'
    with pytest.raises(ValueError, match="without a zone"):
        date_time(at.replace(tzinfo=None))
    assert time_of({"INTERNALDATE": date_time(at).strip('"').encode()}) == at.astimezone(UTC)
