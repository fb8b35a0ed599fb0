"""Whatever bytes arrive: they are read or shown to a person, within a second, always the same, and the ledger keeps them.

How many are tried: TRIAGE_FUZZ times the number of the commit gate (`make nightly` sets it to 100).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import guided
import pytest
from figures import TIMES, Figures
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mails import GOOD, grown, torn, whole

from triage import explanation, intake, note, parsing, policy
from triage.conclusion import Ground
from triage.evidence import Directory
from triage.judgement import conclude_touched, take_up
from triage.ledger import Ledger, Location
from triage.message import Message

ARRIVED = datetime(2026, 2, 4, 12, 0, tzinfo=UTC)
SLOWEST = 1.0
"""Seconds of processor time for one mail, whatever is in it."""
ON = Ground(
    now=ARRIVED,
    directory=Directory(frozenset({"shop.example"}), mailboxes=frozenset({"help@shop.example"})),
    pack=policy.load("jack-keller"),
)

NOTE_FIELDS = {
    *("From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted", "X-Triage-Note"),
    *("MIME-Version", "Content-Type"),
}


def _tried(examples: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return settings(
        max_examples=examples * TIMES,
        deadline=None,
        database=None,
        derandomize=TIMES == 1,
        suppress_health_check=list(HealthCheck),
    )


class Reader:
    """Reads mails as the daemon does, and keeps count."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.count = self.unreadable = 0
        self.slowest = 0.0

    def read(self, raw: bytes) -> None:
        self.count += 1
        before = time.process_time()
        found = parsing.read(
            raw,
            mailbox="desk",
            role="inbox",
            received_at=ARRIVED,
            truncated=False,
            size=len(raw),
            trusted_authserv="mx.shop.example",
        )
        row = intake.recorded(found, Location("desk", "INBOX", 1, self.count))
        intake._our_note(raw)
        took = time.process_time() - before
        self.slowest = max(self.slowest, took)
        assert took < SLOWEST, f"{took:.1f} s for {len(raw)} bytes that begin {raw[:60]!r}"
        self.ledger.record_many([row])
        (kept,) = self.ledger.messages([found.key])
        assert kept.key == found.key, "it was not kept"
        if isinstance(found, Message):
            assert not (set(found.subject + found.sender.email + found.message_id) & set("\r\n\0"))
            assert found.authenticity != "pass" or f"={found.sender.domain})" in found.authentication_note
        else:
            self.unreadable += 1
            proposal = explanation.unreadable(found)
            written = note.compose(proposal, explanation.note(proposal, ON.pack), mailbox="help@shop.example", now=ARRIVED)
            assert set(message_from_bytes(written, policy=default)) <= NOTE_FIELDS


@pytest.fixture
def reader() -> Iterator[Reader]:
    with Ledger.open("sqlite://") as ledger:
        yield Reader(ledger)


def test_no_invented_mail_stops_the_reading(reader: Reader, figures: Figures) -> None:
    @_tried(400 if TIMES == 1 else 1000)  # 100,000 in `make nightly`
    @given(st.one_of(whole(), torn(), st.binary(max_size=400)))
    def any_mail(raw: bytes) -> None:
        reader.read(raw)

    any_mail()
    figures.add("mails invented", reader.count)
    figures.worst("slowest invented mail, s", reader.slowest)
    take_up(reader.ledger, ON)
    assert conclude_touched(reader.ledger, ON, reader.ledger.owed())[1] == []
    assert reader.ledger.unconcluded() == reader.ledger.owed() == []


def test_no_grown_mail_takes_a_second(reader: Reader, figures: Figures) -> None:
    @_tried(60)
    @given(grown())
    def any_mail(raw: bytes) -> None:
        reader.read(raw)

    any_mail()
    figures.add("mails grown", reader.count)
    figures.worst("slowest grown mail, s", reader.slowest)


@_tried(40)
@given(st.one_of(whole(), torn()))
def test_the_same_bytes_are_always_read_the_same(raw: bytes) -> None:
    one, other = (
        parsing.read(raw, mailbox="desk", role="inbox", received_at=ARRIVED, truncated=False, size=len(raw)) for _ in range(2)
    )
    assert one == other


def test_the_good_mail_that_is_torn_is_read_whole() -> None:
    found = parsing.read(
        GOOD,
        mailbox="desk",
        role="inbox",
        received_at=ARRIVED,
        truncated=False,
        size=len(GOOD),
        trusted_authserv="mx.shop.example",
    )
    assert isinstance(found, Message)
    assert (found.own, found.authenticity, found.faults) == ("It leaks – again.", "pass", ())


def test_the_fuzzer_that_goes_by_what_is_reached_has_mails_to_begin_with(tmp_path: Path) -> None:
    guided.seeds(tmp_path)
    every = sorted(tmp_path.iterdir())
    assert len(every) == 41
    for path in every:
        guided.tried(path.read_bytes())
