"""Workers beside a pass: the same results in the same order, and no worker that outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from triage import crew, judgement
from triage.detect import phrases, reading
from triage.errors import Permanent, Temporary


def _slow_square(number: int) -> int:
    time.sleep(0.05 if number == 0 else 0)
    return number * number


def _refuse(number: int) -> int:
    if number == 3:
        raise Permanent("three is too many")
    return number


def _die(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def _nothing() -> None:
    """With something to prepare, workers do all; else the pass does until they are there."""


def _who(number: int) -> int:
    time.sleep(0.02)
    return os.getpid()


def test_results_come_in_the_order_of_the_jobs() -> None:
    assert list(crew.ordered(_slow_square, iter(range(20)))) == [(number, number * number) for number in range(20)]


def test_jobs_are_taken_a_few_at_a_time() -> None:
    endless = count()
    results = crew.ordered(_slow_square, endless, prepare=_nothing)
    assert next(results) == (0, 0)
    assert next(endless) < 20


def test_until_the_workers_are_there_the_pass_works_itself() -> None:
    results = crew.ordered(_who, count())
    assert next(results) == (0, os.getpid())
    assert next(pid for _, pid in results if pid != os.getpid())
    results.close()


def test_what_needs_preparing_is_left_to_workers() -> None:
    assert os.getpid() not in {pid for _, pid in crew.ordered(_who, range(3), prepare=_nothing)}


def test_what_a_worker_raises_is_raised_here() -> None:
    with pytest.raises(Permanent, match="three is too many"):
        list(crew.ordered(_refuse, range(6), prepare=_nothing))


def test_a_worker_that_is_killed_is_a_fault_that_mends_itself() -> None:
    with pytest.raises(Temporary, match="ended from outside"):
        list(crew.ordered(_die, range(6), prepare=_nothing))


def test_workers_end_with_a_pass_that_is_killed(tmp_path: Path) -> None:
    seen = tmp_path / "pid"
    script = tmp_path / "work.py"
    script.write_text(
        "import os, sys, time\n"
        "from triage import crew\n"
        "def work(path):\n"
        "    open(path, 'w').write(str(os.getpid()))\n"
        "    time.sleep(60)\n"
        "if __name__ == '__main__':\n"
        "    list(crew.ordered(work, [sys.argv[1]], prepare=os.getpid))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(crew.__file__).parents[1])}
    with subprocess.Popen([sys.executable, str(script), str(seen)], env=environment) as process:
        _until(lambda: seen.exists() and bool(seen.read_text()))
        process.kill()
    worker = Path("/proc") / seen.read_text()
    _until(lambda: not worker.exists())


def _loaded(_: int) -> tuple[int, bool]:
    return os.getppid(), "triage.conclusion" in sys.modules and judgement._model.cache_info().currsize == 1


def test_workers_come_from_one_process_that_has_loaded_everything_once() -> None:
    first, second = (list(crew.ordered(_loaded, range(4), prepare=_nothing)) for _ in range(2))
    ((parent, loaded),) = {result for _, result in first + second}
    assert loaded
    assert parent != os.getpid()


def _compiled_anew(number: int) -> int:
    before = phrases._regex.cache_info().misses
    assert reading.read_text(f"You are a useless clown and I know where you live, number {number}.").sentences[0].said.hits
    return phrases._regex.cache_info().misses - before


def test_no_worker_compiles_a_phrase_of_its_own() -> None:
    assert {anew for _, anew in crew.ordered(_compiled_anew, range(4), prepare=_nothing)} == {0}


def _until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not done():
        assert time.monotonic() < end
        time.sleep(0.05)
