"""The daemon: one pass at a time, whenever mail arrives and at every interval, until told to stop. The only owner of apscheduler.

A pass is one job with one instance. Beside it, one thread per mailbox sits in IDLE (RFC 2177) and asks for a pass when
something happens; the interval stays as the safety net, since an IDLE that died silently looks like a quiet mailbox. Nothing
fails silently: each pass and each failure is one log line (a JSON object, without mail content), and when no pass has ended for
far too long the process says so and exits, for its supervisor to start it again.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import FrameType

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from triage import supervisor
from triage.cycle import Report, run_pass
from triage.errors import Misconfigured, Permanent, Temporary, TriageError
from triage.health import Health
from triage.ledger import Ledger
from triage.mailbox import connect
from triage.patience import STABLE, Door, Waits
from triage.settings import MailboxSettings, Settings

log = structlog.get_logger("triage")

JOB = "pass"
STALLED_AFTER = timedelta(minutes=30)
"""Beside three intervals: how long no pass may end before the daemon gives up on itself."""
IDLE_ROUND = 540.0
"""Seconds; below the 29 minutes of RFC 2177 and what middleboxes allow."""
SOON = timedelta(seconds=1)
"""When a pass is asked for while one runs, so often it is looked whether that one has ended."""
LARGEST_DRIFT = timedelta(seconds=30)
"""In a second; what is more is a clock that was set, or a machine that slept."""
STALLED = 70  # EX_SOFTWARE


class Daemon:
    """One running daemon. `clock` gives the time, aware."""

    def __init__(self, settings: Settings, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.settings = settings
        self.clock = clock
        self.stopping = threading.Event()
        self.last_end = time.monotonic()
        """By a clock that nobody sets: the other one may jump."""
        self.failures = 0
        self.waits = Waits()
        self.door = Door(connect)
        self.reading = threading.Event()
        """Set while the last pass went well."""
        self.health = Health(clock(), settings.daemon.health_file, clock)
        self.scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def run(self) -> int:
        """Works until `stop`; returns the exit status: 0, or STALLED when no pass would end.

        Raises Misconfigured when the port for the metrics is taken.
        """
        self._show_metrics()
        self.scheduler.add_listener(self._heard, EVENT_JOB_ERROR | EVENT_JOB_MISSED)
        self.scheduler.add_listener(lambda _: self.ask(SOON), EVENT_JOB_MAX_INSTANCES)  # or what came during a pass would wait
        interval = self.settings.daemon.interval
        self.scheduler.add_job(self.work, "interval", id=JOB, seconds=interval.total_seconds(), next_run_time=self.clock())
        self.scheduler.start()
        log.info("started", mailboxes=len(self.settings.mailboxes), interval=interval.total_seconds())
        if self.settings.daemon.idle:
            for one in self.settings.mailboxes:
                threading.Thread(target=self.watch, args=(one,), name=f"idle {one.name}", daemon=True).start()
        patience = 3 * interval + STALLED_AFTER
        supervisor.tell("READY=1")
        ahead = self._ahead()
        while not self.stopping.wait(1.0):
            supervisor.tell("WATCHDOG=1")
            ahead, before = self._ahead(), ahead
            if abs(ahead - before) > LARGEST_DRIFT:
                log.warning("the clock jumped", seconds=round((ahead - before).total_seconds()), next="a pass now")
                self.ask()  # the scheduler would wait until the time it has written down comes round again
            silent = timedelta(seconds=time.monotonic() - self.last_end)
            if silent > patience:
                log.critical(
                    "stalled", seconds=round(silent.total_seconds()), next="exiting, so that the supervisor starts it anew"
                )
                self.scheduler.shutdown(wait=False)
                return STALLED
        supervisor.tell("STOPPING=1")
        self.scheduler.shutdown(wait=True)
        log.info("stopped")
        return 0

    def _ahead(self) -> timedelta:
        """How far the clock is ahead of the one that nobody sets; it changes when the clock is set."""
        return self.clock() - datetime.fromtimestamp(time.monotonic(), UTC)

    def _show_metrics(self) -> None:
        if self.settings.daemon.metrics is None:
            return
        host, port = self.settings.daemon.metrics
        try:
            self.health.serve(host, port)
        except OSError as error:
            words = f"[daemon] metrics: {host}, port {port} cannot be used ({error.strerror}); take another port"
            raise Misconfigured([words]) from error

    def stop(self) -> None:
        """Asks for the end: the pass under way finishes, no further one begins."""
        self.stopping.set()

    def work(self) -> None:
        """One pass. A failure is logged and tried again sooner than the interval, with growing waits."""
        if self.stopping.is_set():
            return
        self.health.waiting.begin([one.name for one in self.settings.mailboxes], self.clock())
        try:
            with Ledger.open(self.settings.store.url) as ledger:
                report = run_pass(self.settings, ledger, now=self.clock(), connecting=self.door, waiting=self.health.waiting)
                self.health.passed(report, ledger, self.clock(), self.settings.pack().periods.read_days)
        except TriageError as error:
            self.health.failed([error], self.clock())
            self._failed([error])
        else:
            _tell(report)
            self._failed(report.failed) if report.failed else self._went_well()
        self.last_end = time.monotonic()

    def _went_well(self) -> None:
        if self.failures:
            log.info("recovered", failures=self.failures)
        self.failures = 0
        self.waits.well()
        self.reading.set()

    def _failed(self, errors: list[TriageError]) -> None:
        self.failures += 1
        self.reading.clear()
        wait = timedelta(seconds=self.waits.failed())
        for error in errors:
            log.error(
                "pass failed",
                reason=str(error),
                permanent=isinstance(error, Permanent),
                failures=self.failures,
                again_in=wait.total_seconds(),
            )
        if not all(isinstance(error, Permanent) for error in errors):
            self.ask(wait)

    def ask(self, wait: timedelta = timedelta()) -> None:
        """Asks for a pass after `wait`; the scheduler sees to it that never two run at once."""
        if not self.stopping.is_set():
            self.scheduler.modify_job(JOB, next_run_time=self.clock() + wait)

    def watch(self, one: MailboxSettings) -> None:
        """Sits in IDLE on one mailbox and asks for a pass when something happens. Where that breaks, it is for the passes to find
        out when the server is back: two that knock are one too many."""
        waits = Waits()
        while not self.stopping.is_set():
            begun = time.monotonic()
            try:
                if not self._idle(one):
                    return
            except TriageError as error:
                if time.monotonic() - begun >= STABLE:
                    waits = Waits()
                wait = waits.failed()
                log.info("idle broke", mailbox=one.name, reason=str(error), again_in=wait, next="the interval goes on")
                self.stopping.wait(wait)
            while not (self.stopping.is_set() or self.reading.wait(1.0)):
                pass

    def _idle(self, one: MailboxSettings) -> bool:
        """One connection in IDLE; False when the server has none to offer, or the daemon stops. Raises Temporary when the line breaks."""
        with connect(one.account()) as box:
            if not box.can_idle:
                log.info("no idle", mailbox=one.name, next="the interval is the trigger")
                return False
            box.open(box.folders.inbox)
            self.ask()  # whatever came while nobody watched
            while not self.stopping.is_set():
                if box.idle(IDLE_ROUND, self.stopping.is_set) and not self.stopping.is_set():
                    self.ask()
        return False

    def _heard(self, event: JobExecutionEvent) -> None:
        kind = type(event.exception).__name__ if event.exception else "missed"
        log.critical("pass broke", kind=kind, next="the next interval tries again")
        if event.exception:
            self.failures += 1
            words = f"a pass broke by a fault of the program ({kind}); nothing is lost, and the next interval tries again"
            self.health.failed([Temporary(words)], self.clock())


def _tell(report: Report) -> None:
    if report.messages or report.changes or report.contacts or report.problems:
        log.info(
            "pass", messages=report.messages, unreadable=report.unreadable, contacts=report.contacts, verdicts=report.verdicts,
            changes=report.changes, problems=report.problems,
        )  # fmt: skip
    else:
        log.debug("pass", messages=0)


def set_up_logging() -> None:
    """JSON lines on standard error; the mail libraries' own loggers, which hold mail content, stay silent."""
    for name in ("imapclient", "imaplib", "mailparser", "apscheduler"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # as standard error is then, not now
    )


def serve(settings: Settings) -> None:
    """Runs the daemon until SIGTERM or SIGINT. Exits with status 0, or STALLED."""
    set_up_logging()
    daemon = Daemon(settings)

    def told(number: int, _frame: FrameType | None) -> None:
        log.info("told to stop", signal=signal.Signals(number).name)
        daemon.stop()

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)
    status = daemon.run()
    if status == STALLED:  # the pass that would not end would keep the process from ending too
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)
