"""How the daemon is: a small file and, where wanted, numbers for Prometheus. The only owner of prometheus_client.

No silent stop: the file says when a pass last went well, what failed since and why, how long the oldest note has waited for an
answer, and when the next hold ends. Nothing in it says who wrote or what: mailboxes are named as in the settings, people never.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server

from triage import held_reading, whole_file
from triage.cycle import Report
from triage.errors import TriageError
from triage.hearing import NOTE
from triage.ledger import Ledger
from triage.pack import Periods

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

    def __init__(self, started: datetime, file: Path | None = None) -> None:
        self.state = State(started=started.isoformat())
        self.file = file
        self.registry = CollectorRegistry()
        self._last_good = self._gauge("last_good_pass_timestamp_seconds", "When a pass last went well, in seconds since 1970.")
        self._failures = self._gauge("failures_in_a_row", "Passes that failed since one went well.")
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
        if report.failed:
            self.failed(report.failed, now)
        else:
            self._went_well(now)

    def _went_well(self, now: datetime) -> None:
        self._passes.labels("good").inc()
        self._last_good.set(now.timestamp())
        self._failures.set(0)
        self.state = replace(self.state, last_good_pass=now.isoformat(), failures=0, reasons=())
        self._write()

    def failed(self, errors: Sequence[TriageError], now: datetime) -> None:
        """After a pass that could not do its work in at least one mailbox."""
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
