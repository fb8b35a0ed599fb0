"""Worker processes beside a pass, for the first reading of a full mailbox: reading mails and judging contacts, on every core.

Only where there is much to do, because it begins with a second of loading. That is done once, in a process from which the
workers are then made (Python's "forkserver"; it holds no connection, no mail and no thread, and ends with the program): they share
what it has loaded. Workers are given values and give values back; the ledger is written by the pass alone, in the order of the
jobs, so that the result is the one a single process comes to.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import NoReturn, TypeVar

import structlog

from triage.errors import Temporary

Job = TypeVar("Job")
Result = TypeVar("Result")

MUCH = 400
"""Mails from which on workers are worth their beginning."""
_MOST = 2
"""Workers; each takes about 100 MB of its own."""
_LOADED = "triage.ready"
"""The module that loads what workers share."""


def size() -> int:
    """How many workers there may be: 0 where there is one processor only."""
    cores = len(os.sched_getaffinity(0))
    return min(_MOST, cores) if cores > 1 else 0


def ordered(
    work: Callable[[Job], Result], jobs: Iterable[Job], *, prepare: Callable[[], None] | None = None, ahead: int = 2
) -> Iterator[tuple[Job, Result]]:
    """Each job with what `work` makes of it, in the order of the jobs. Both must be picklable; `prepare` runs once in each worker.

    `ahead`: how many jobs may wait for each worker, so that none is idle behind one that takes long; they take memory.
    Raises what `work` raises, and Temporary when a worker was ended from outside (for want of memory, say).
    """
    waiting: deque[tuple[Job, Future[Result]]] = deque()
    workers = max(1, size())
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([_LOADED])
    pool = ProcessPoolExecutor(workers, context, _begin, (prepare,))
    beginning = threading.Thread(target=_await, args=(pool,))
    beginning.start()
    jobs = iter(jobs)
    try:
        if prepare is None:  # the workers take seconds to begin, in which this process can do without them
            for job in _while(beginning.is_alive, jobs):
                yield job, work(job)
        beginning.join()
        for job in jobs:
            waiting.append((job, pool.submit(work, job)))
            if len(waiting) > workers * (1 + ahead):
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
        beginning.join()
        pool.shutdown(wait=True, cancel_futures=True)


def _await(pool: ProcessPoolExecutor) -> None:
    """Until a worker is there; what keeps it from coming, the first job says."""
    with suppress(Exception):
        pool.submit(os.getpid).result()


def _while(true: Callable[[], bool], jobs: Iterator[Job]) -> Iterator[Job]:
    """As many jobs as are begun while something is true; the others are left."""
    while true():
        try:
            yield next(jobs)
        except StopIteration:
            return


def _begin(prepare: Callable[[], None] | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the pass's to hear
    be_silent()
    threading.Thread(target=_end_with_the_pass, daemon=True).start()
    if prepare:
        prepare()


def be_silent() -> None:
    """What there is to say is the pass's to say."""
    structlog.configure(processors=[_silence])


def _silence(logger: object, name: str, event: object) -> NoReturn:
    raise structlog.DropEvent


def _end_with_the_pass() -> None:
    """A pass that is killed takes its workers with it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
