"""Worker processes beside a pass, for the first reading of a full mailbox: reading mails and judging contacts, on every core.

Only where there is much to do, because each worker begins with a second of loading. Workers are given values and give values
back; the ledger is written by the pass alone, in the order of the jobs, so that the result is the one a single process comes to.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import NoReturn, TypeVar

import structlog

from triage.errors import Temporary

Job = TypeVar("Job")
Result = TypeVar("Result")

MUCH = 400
"""Mails from which on workers are worth their beginning."""
_MOST = 2
"""Workers; each takes about 120 MB."""
_AHEAD = 2
"""Jobs that wait for each worker; more would only take memory."""


def size() -> int:
    """How many workers there may be: 0 where there is one processor only."""
    cores = len(os.sched_getaffinity(0))
    return min(_MOST, cores) if cores > 1 else 0


def ordered(
    work: Callable[[Job], Result], jobs: Iterable[Job], *, prepare: Callable[[], None] | None = None
) -> Iterator[tuple[Job, Result]]:
    """Each job with what `work` makes of it, in the order of the jobs. Both must be picklable; `prepare` runs once in each worker.

    Raises what `work` raises, and Temporary when a worker was ended from outside (for want of memory, say).
    """
    waiting: deque[tuple[Job, Future[Result]]] = deque()
    workers = max(1, size())
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _begin, (os.getpid(), prepare))
    try:
        for job in jobs:
            waiting.append((job, pool.submit(work, job)))
            if len(waiting) > workers * (1 + _AHEAD):
                first, result = waiting.popleft()
                yield first, result.result()
        while waiting:
            first, result = waiting.popleft()
            yield first, result.result()
    except BrokenProcessPool as error:
        raise Temporary(
            "a worker process was ended from outside; what was read until then is kept, and the next pass goes on"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(parent: int, prepare: Callable[[], None] | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the pass's to hear
    structlog.configure(processors=[_silence])  # and what there is to say, too
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    if prepare:
        prepare()


def _silence(logger: object, name: str, event: object) -> NoReturn:
    raise structlog.DropEvent


def _end_with(parent: int) -> None:
    """A pass that is killed takes its workers with it."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
