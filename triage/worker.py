"""One of several workers on one ledger in PostgreSQL: each takes the mailbox that has waited longest, makes its pass, takes the next.

As many as wanted, on as many machines as wanted, with the same settings. A mailbox is worked by one worker at a time
(`triage.ledger.claims`); a killed worker's mailbox is free at once and, as the longest waiting, is taken next. Contacts belong to all
mailboxes, so one worker at a time concludes; reading, parsing and acting go on side by side. A worker that has lost its claims commits
nothing more: each transaction asks first.
"""

from __future__ import annotations

import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from types import FrameType

import structlog

from triage import supervisor
from triage.cycle import run_pass
from triage.daemon import set_up_logging
from triage.errors import Misconfigured, TriageError
from triage.ledger import Claims, Ledger
from triage.settings import Settings

log = structlog.get_logger("triage")

WORKED = "worked "
"""Begins the ledger's name for when a mailbox was last worked."""
TRIED = "tried "
"""Begins the ledger's name for how often a mailbox was begun since it was last finished."""
MOST_TRIES = 3
"""A mailbox over which workers have died more often waits behind all others, so that it cannot stop them."""
PAUSE = 1.0
"""Seconds between looking for a mailbox that is due and free, where there was none."""
LONGEST_PASS = timedelta(minutes=30)
"""A pass that takes longer makes the supervisor end this worker; a first reading of an archive belongs to `triage once`."""


class Worker:
    """One worker. `clock` gives the time, aware."""

    def __init__(self, settings: Settings, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.settings = settings
        self.clock = clock
        self.stopping = threading.Event()
        self.begun = time.monotonic()

    def run(self, *, until_idle: bool = False) -> None:
        """Works until `stop`, or with `until_idle` until no mailbox is due. Raises Misconfigured."""
        threading.Thread(target=self._live, name="watchdog", daemon=True).start()
        supervisor.tell("READY=1")
        while not self.stopping.is_set():
            try:
                with ExitStack() as stack:
                    claims = stack.enter_context(Claims(self.settings.store.url))
                    with claims.alone("schema"):
                        ledger = stack.enter_context(Ledger.open(self.settings.store.url))
                    ledger.fenced_by(claims.check)
                    self._work(ledger, claims, until_idle=until_idle)
                return
            except Misconfigured:
                raise
            except TriageError as error:
                log.error("ledger lost", reason=str(error), next="trying again")
                self.stopping.wait(PAUSE * random.uniform(2.0, 5.0))  # noqa: S311 - so that many do not knock at once

    def _work(self, ledger: Ledger, claims: Claims, *, until_idle: bool) -> None:
        while not self.stopping.is_set():
            self.begun = time.monotonic()
            name = self._next(ledger, claims)
            if name is None:
                if until_idle and not self._due(ledger):
                    return
                self.stopping.wait(PAUSE * random.uniform(0.5, 1.0))  # noqa: S311
                continue
            try:
                self._pass(ledger, claims, name)
            finally:
                with suppress(TriageError):
                    claims.give_back(name)

    def _due(self, ledger: Ledger) -> list[str]:
        """The mailboxes whose interval is over, the longest waiting first."""
        last = {name: datetime.fromisoformat(at) for name, at in ledger.metas(WORKED).items()}
        tried = ledger.metas(TRIED)
        never = datetime.min.replace(tzinfo=UTC)
        now = self.clock()
        before = now - self.settings.daemon.interval
        waiting = [
            (one.name, last.get(one.name, never))
            for one in self.settings.mailboxes
            if not before < last.get(one.name, never) <= now  # a time to come was written by a clock that has been set back since
        ]
        return [
            name for name, _ in sorted(waiting, key=lambda each: (int(tried.get(each[0], "0")) > MOST_TRIES, each[1], each[0]))
        ]

    def _next(self, ledger: Ledger, claims: Claims) -> str | None:
        """A mailbox that is due, now claimed by us; None when there is none that nobody else has."""
        for name in self._due(ledger):
            if claims.take(name):
                if name in self._due(ledger):  # or somebody else has finished it since we looked
                    return name
                claims.give_back(name)
        return None

    def _pass(self, ledger: Ledger, claims: Claims, name: str) -> None:
        ledger.set_meta(TRIED + name, str(int(ledger.meta(TRIED + name) or "0") + 1))
        failed: list[TriageError] = []
        try:
            report = run_pass(self.settings, ledger, now=self.clock(), only=name, alone=partial(claims.alone, "conclude"))
            failed = report.failed
        except TriageError as error:
            claims.check()
            failed = [error]
        except Exception as broken:  # noqa: BLE001  one mailbox that no pass can end must not take the worker from the others
            claims.check()
            log.critical("pass broke", mailbox=name, kind=type(broken).__name__, next="again after the interval")
        else:
            log.info(
                "pass", mailbox=name, messages=report.messages, contacts=report.contacts, changes=report.changes,
                problems=report.problems,
            )  # fmt: skip
        for each in failed:
            log.error("pass failed", mailbox=name, reason=str(each), next="again after the interval")
        with ledger.transaction():
            ledger.set_meta(WORKED + name, self.clock().isoformat())
            ledger.set_meta(TRIED + name, "0")

    def stop(self) -> None:
        """Asks for the end: the pass under way finishes, no further one begins."""
        self.stopping.set()

    def _live(self) -> None:
        while not self.stopping.wait(1.0):
            if time.monotonic() - self.begun < LONGEST_PASS.total_seconds():
                supervisor.tell("WATCHDOG=1")


def serve(settings: Settings, *, until_idle: bool) -> None:
    """Works until SIGTERM or SIGINT, or until no mailbox is due. Exits with status 0."""
    set_up_logging()
    worker = Worker(settings)

    def told(number: int, _frame: FrameType | None) -> None:
        log.info("told to stop", signal=signal.Signals(number).name)
        worker.stop()

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)
    log.info("worker started", mailboxes=len(settings.mailboxes))
    worker.run(until_idle=until_idle)
    sys.exit(0)
