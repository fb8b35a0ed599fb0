"""How the daemon is: a small file and, where wanted, numbers for Prometheus. The only owner of prometheus_client.

No silent stop: the file says when a pass last went well, what failed since and why, since when the oldest unread mail waits, how long
the oldest note has waited for an answer, and when the next hold ends. Nothing in it says who wrote or what: mailboxes are named as in the settings, people never.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server

from triage import held_reading, whole_file
from triage.cycle import Report
from triage.errors import TriageError
from triage.hearing import NOTE
from triage.ledger import Ledger
from triage.pack import Periods
from triage.unread import Unread, not_concluded

_READ_DAYS = Periods().read_days


@dataclass(frozen=True, slots=True)
class State:
    """What is known of the daemon. Times are aware, in UTC, as ISO 8601 text; None: not yet."""

    started: str
    last_pass: str | None = None
    last_good_pass: str | None = None
    failures: int = 0
    """Passes in a row that failed."""
    reasons: tuple[str, ...] = ()
    """Why the last one failed, in words for the operator."""
    unread: int = 0
    """Mails seen in the mailboxes and not read by the program, or read and not concluded yet."""
    oldest_unread: str | None = None
    """When the oldest of them came; of a mailbox that could not be read to its end, when it last was, as mail may wait there."""
    notes_waiting: int = 0
    oldest_note: str | None = None
    """When the oldest note that nobody has answered was written."""
    unreadable: int = 0
    """Mails that no parser could read, shown to a person."""
    holds: int = 0
    next_hold_end: str | None = None
    held_unread: int = 0
    """Held mails that nobody has opened yet."""
    oldest_held_unread: str | None = None
    """Since when the oldest of them is held."""
    held_unread_late: int = 0
    """How many of them should have been read by now, by the policy's `read_days`."""

    @property
    def well(self) -> bool:
        return self.last_good_pass is not None and not self.failures


class Health:
    """Keeps the state in `file` (None: nowhere) and in the registry's metrics."""

    def __init__(
        self, started: datetime, file: Path | None = None, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.state = State(started=started.isoformat())
        self.waiting = Unread(started)
        """A pass tells it what is not read yet."""
        self._unconcluded: tuple[datetime, ...] = ()
        """When the mails came that are read and not concluded."""
        self.file = file
        self.registry = CollectorRegistry()
        self._last_good = self._gauge("last_good_pass_timestamp_seconds", "When a pass last went well, in seconds since 1970.")
        self._failures = self._gauge("failures_in_a_row", "Passes that failed since one went well.")
        # Worked out when they are asked for: a pass that hangs must show.
        self._gauge("unread_mails", "Mails that the program has seen and not read, or not concluded.").set_function(self._count)
        words = "How long the oldest of them has waited; of a mailbox that cannot be read, how long it was not."
        self._gauge("oldest_unread_age_seconds", words).set_function(lambda: self._age(clock()))
        self._read = Gauge(
            "triage_mailbox_read_timestamp_seconds",
            "When a mailbox was last read to its end.",
            ["mailbox"],
            registry=self.registry,
        )
        self._notes = self._gauge("notes_waiting", "Notes in Triage/Review that nobody has answered.")
        self._oldest = self._gauge("oldest_note_age_seconds", "How long the oldest of them has waited.")
        self._unreadable = self._gauge("unreadable_mails", "Mails that could not be read and are shown to a person.")
        self._holds = self._gauge("holds", "Restrictions in force.")
        self._hold_end = self._gauge("next_hold_end_timestamp_seconds", "When the next of them ends; 0 for none.")
        self._held_unread = self._gauge("held_unread_mails", "Held mails that nobody has opened yet.")
        self._held_late = self._gauge("held_unread_late_mails", "Held mails that should have been read by now.")
        self._mails = Counter("triage_mails_read", "Mails read.", registry=self.registry)
        self._changes = Counter("triage_changes", "Labels, moves and notes written.", registry=self.registry)
        self._passes = Counter("triage_passes", "Passes by how they ended.", ["outcome"], registry=self.registry)
        self._write()

    def _gauge(self, name: str, words: str) -> Gauge:
        return Gauge(f"triage_{name}", words, registry=self.registry)

    def _count(self) -> int:
        return self.waiting.count() + len(self._unconcluded)

    def _age(self, now: datetime) -> float:
        oldest = self.waiting.oldest(self._unconcluded)
        return max(0.0, (now - oldest).total_seconds()) if oldest else 0.0

    def _look_at_unread(self) -> None:
        """After a pass, whatever it came to."""
        self.waiting.end()
        for name, at in self.waiting.last_read().items():
            self._read.labels(name).set(at.timestamp())
        oldest = self.waiting.oldest(self._unconcluded)
        self.state = replace(self.state, unread=self._count(), oldest_unread=oldest.isoformat() if oldest else None)

    def passed(self, report: Report, ledger: Ledger, now: datetime, read_days: int = _READ_DAYS) -> None:
        """After a pass that came to its end, whether or not every mailbox could be worked. `read_days`: by when held mail is read."""
        holds = [row for row in ledger.restrictions() if row["in_force"]]
        ends = sorted(str(row["until"]) for row in holds if row["until"])
        written = {str(entry.subject.get("message_id")): entry.at for entry in ledger.entries(kinds=(NOTE,))}
        asked = {row["id"] for row in ledger.proposals() if not row["verdict"] and row["kind"] != "hold"}
        asked |= {f"p-{one.key[:12]}" for one in ledger.unreadable()}
        notes = [note for name in report.done for note in ledger.notes(name) if note.note_id in asked]
        waiting = [written[note.message_id] for note in notes if note.message_id in written]
        unread = held_reading.everywhere(ledger, report.done)
        late = held_reading.late(unread, read_days, now)
        self.state = replace(
            self.state,
            last_pass=now.isoformat(),
            held_unread=len(unread),
            oldest_held_unread=min(unread.values()).isoformat() if unread else None,
            held_unread_late=len(late),
            notes_waiting=len(waiting),
            oldest_note=min(waiting).isoformat() if waiting else None,
            unreadable=len(ledger.unreadable()),
            holds=len(holds),
            next_hold_end=ends[0] if ends else None,
        )
        self._notes.set(len(waiting))
        self._oldest.set((now - min(waiting)).total_seconds() if waiting else 0)
        self._unreadable.set(self.state.unreadable)
        self._holds.set(len(holds))
        self._held_unread.set(len(unread))
        self._held_late.set(len(late))
        self._hold_end.set(datetime.fromisoformat(ends[0]).timestamp() if ends else 0)
        self._mails.inc(report.messages)
        self._changes.inc(report.changes)
        self._unconcluded = not_concluded(ledger)
        if report.failed:
            self.failed(report.failed, now)
        else:
            self._went_well(now)

    def _went_well(self, now: datetime) -> None:
        self._look_at_unread()
        self._passes.labels("good").inc()
        self._last_good.set(now.timestamp())
        self._failures.set(0)
        self.state = replace(self.state, last_good_pass=now.isoformat(), failures=0, reasons=())
        self._write()

    def failed(self, errors: Sequence[TriageError], now: datetime) -> None:
        """After a pass that could not do its work in at least one mailbox."""
        self._look_at_unread()
        self._passes.labels("failed").inc()
        self._failures.inc()
        reasons = tuple(str(error)[:500] for error in errors)
        self.state = replace(self.state, last_pass=now.isoformat(), failures=self.state.failures + 1, reasons=reasons)
        self._write()

    def serve(self, host: str, port: int) -> None:
        """Answers GET /metrics on this address, in a thread. Raises OSError when the port is taken."""
        start_http_server(port, host, registry=self.registry)

    def _write(self) -> None:
        """The file is there entirely or in its former form; a full disk must not stop the pass."""
        if self.file is None:
            return
        with suppress(OSError):
            whole_file.write(self.file, json.dumps({"well": self.state.well, **asdict(self.state)}, indent=1) + "\n")
