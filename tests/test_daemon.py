"""`triage run` as a process on a real server: it wakes, recovers, tells what went wrong, and ends when told."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import mailstate
import pytest
from apscheduler.schedulers import base as scheduling
from apscheduler.triggers import interval as intervals
from figures import Figures
from office import Office
from sample import DESK, desk, fill, letter, settings_file
from servers import PASSWORD, Server, dovecot

from triage import cycle as cycle_module
from triage import daemon as daemon_module
from triage.cycle import Report
from triage.daemon import Daemon, set_up_logging
from triage.patience import Door, Waits
from triage.settings import load

PATIENCE = 90.0
"""Seconds a test waits at most for what takes a second or two on a quiet machine."""


class Running:
    """A daemon in a process of its own, and what it logs."""

    def __init__(self, settings: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "triage", "run", "--settings", str(settings)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.lines.append(line)

    def events(self, name: str = "") -> list[dict[str, Any]]:
        """The log so far; each line must be a JSON object."""
        found = [json.loads(line) for line in list(self.lines)]
        return [one for one in found if name in ("", one["event"])]

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE)
        self._reader.join(5)
        return status


@contextmanager
def running(settings: Path) -> Iterator[Running]:
    one = Running(settings)
    try:
        yield one
    finally:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def until(true: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.1)


def insult(number: int) -> Any:
    return letter(
        f"You pathetic, stupid cow, you are a worthless idiot and a moron. This is the {number}th time.\n\nErrol Finch",
        sender="Errol Finch <errol@finch.example>", to=DESK, at=datetime.now(UTC) - timedelta(minutes=10 - number),
    )  # fmt: skip


def labels(server: Server, user: str, message_id: str) -> set[str]:
    return mailstate.flags(server, user).get(message_id, set())


@contextmanager
def away(server: Server) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Ends the server; what it yields starts one in its place, on the same port and with the same mail."""
    os.kill(int((server.directory / "run" / "master.pid").read_text()), signal.SIGTERM)
    until(lambda: not _answers(server), "the server to be gone")
    owner = server.directory.stat()

    def come_back() -> subprocess.Popen[bytes]:
        binary = shutil.which("dovecot", path=os.environ.get("PATH", "") + ":/usr/sbin")
        assert binary
        started = subprocess.Popen(
            [binary, "-F", "-c", str(server.directory / "dovecot.conf")],
            **({"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.getuid() == 0 else {}),
            env={"HOME": str(server.directory), "PATH": os.environ.get("PATH", "")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(lambda: _answers(server), "the server to be back")
        return started

    yield come_back


def _answers(server: Server) -> bool:
    try:
        with socket.create_connection((server.host, server.port), timeout=5) as connection:
            return connection.recv(4).startswith(b"* OK")
    except OSError:
        return False


def test_it_reads_at_the_start_wakes_on_new_mail_and_ends_with_status_0_when_told(
    dovecot_server: Server, user: str, tmp_path: Path
) -> None:
    settings = settings_file(tmp_path, desk(dovecot_server, user), extra="\n[daemon]\ninterval = 1 day\n")
    first, second = insult(1), insult(2)
    fill(dovecot_server, user, [first])
    with running(settings) as one:
        until(lambda: labels(dovecot_server, user, first.message_id), "the label of the mail that was there")
        time.sleep(1)  # so that it sits in IDLE, and not in a pass
        fill(dovecot_server, user, [second])
        until(lambda: labels(dovecot_server, user, second.message_id), "the label of the mail that came")
        time.sleep(1)
        asked = time.monotonic()
        assert one.stop() == 0
        assert time.monotonic() - asked < 20
        assert one.events()[0]["event"] == "started"
        assert one.events("stopped") and one.events("told to stop")
        assert sum(event["messages"] for event in one.events("pass")) == 2
        assert not one.events("pass failed") and not one.events("pass broke")
        assert not [line for line in one.lines if "moron" in line or "finch" in line.lower()]


def in_its_own_time(one: Daemon, monkeypatch: pytest.MonkeyPatch, now: list[float]) -> None:
    """The daemon's waits are by this clock, which a test sets; no scheduler runs."""
    one.waits, one.door = Waits(lambda: now[0]), Door(daemon_module.connect, lambda: now[0])
    one.asked = []  # type: ignore[attr-defined]
    monkeypatch.setattr(one, "ask", lambda wait=timedelta(): one.asked.append(wait.total_seconds()))  # type: ignore[attr-defined]


def tries(one: Daemon, now: list[float], seconds: float, interval: float = 300.0) -> int:
    """How many passes it makes in so many seconds, each when it is asked for, or after the interval."""
    end, count = now[0] + seconds, 0
    while now[0] < end:
        one.asked.clear()  # type: ignore[attr-defined]
        one.work()
        count += 1
        now[0] += min(one.asked, default=interval)  # type: ignore[attr-defined]
    return count


def test_a_wrong_password_is_told_and_tried_three_times_an_hour_at_most_and_another_at_once(
    dovecot_server: Server, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
    figures: Figures,
) -> None:  # fmt: skip
    set_up_logging()
    now = [0.0]
    one = Daemon(load(settings_file(tmp_path, desk(dovecot_server, user))))
    in_its_own_time(one, monkeypatch, now)
    (tmp_path / "password").write_text("not-the-password\n")

    def refused() -> int:
        return sum(user in line and "auth failed" in line for line in dovecot_server.log_path.read_text().splitlines())  # type: ignore[union-attr]

    assert tries(one, now, 3500.0) >= 11
    until(lambda: refused() >= 3, "Dovecot to write its log")
    figures.worst("log-ins with a refused password in an hour", refused())
    assert refused() == 3 and one.failures >= 11
    assert "tried again in" in one.health.state.reasons[0] and f"refused the log-in of {user}" in one.health.state.reasons[0]
    tries(one, now, 3600.0)
    until(lambda: refused() == 4, "one more")
    (tmp_path / "password").write_text(PASSWORD + "\n")
    one.work()
    assert one.failures == 0 and one.health.state.well
    told = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert {line["permanent"] for line in told if line["event"] == "pass failed"} == {True}
    assert "not-the-password" not in json.dumps(told)


def test_in_the_first_hour_of_an_absent_server_it_knocks_twelve_times_more_at_most(
    tmp_path: Path, dovecot_server: Server, user: str, monkeypatch: pytest.MonkeyPatch, figures: Figures
) -> None:
    now = [0.0]
    settings = load(settings_file(tmp_path, desk(dovecot_server, user), extra="\n[daemon]\ninterval = 30 seconds\n"))
    one = Daemon(settings)
    in_its_own_time(one, monkeypatch, now)
    with dovecot_server_refusing(one):
        before = time.process_time()
        most = max(tries(one, now, 3600.0) - 1 for _ in range(3))
        worked = time.process_time() - before
    figures.worst("tries to reach an absent server in its first hour", most)
    figures.worst("processor time of three hours without a server, s", worked)
    assert most <= 12 and worked < 0.01 * 3 * 3600


def test_waits_are_short_again_only_when_all_went_well_for_five_minutes() -> None:
    now = [0.0]
    waits = Waits(lambda: now[0])
    assert [int(waits.failed()) // 4 ** (number + 1) for number in range(3)] == [1, 1, 1]
    waits.well()
    now[0] += 299
    assert waits.failed() >= 256
    waits.well()
    now[0] += 301
    waits.well()
    assert waits.failed() <= 5


def test_told_twice_to_stop_in_the_midst_of_a_pass_it_ends_the_pass_and_then_itself(
    dovecot_server: Server, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load(settings_file(tmp_path, desk(dovecot_server, user), extra="\n[daemon]\nidle = no\ninterval = 1 day\n"))
    mail = insult(1)
    fill(dovecot_server, user, [mail])
    told: list[float] = []

    def acts(*arguments: Any) -> Any:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGTERM)
            told.append(time.monotonic())
            time.sleep(0.3)
        return act(*arguments)

    act = cycle_module.act
    monkeypatch.setattr(cycle_module, "act", acts)
    before = [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)]
    try:
        with pytest.raises(SystemExit) as ended:
            daemon_module.serve(settings)
        assert ended.value.code == 0 and time.monotonic() - told[0] < 10
    finally:
        for each, handler in zip((signal.SIGTERM, signal.SIGINT), before, strict=True):
            signal.signal(each, handler)
    monkeypatch.undo()
    assert len(told) == 2 and labels(dovecot_server, user, mail.message_id)
    assert " 0 changes made" in Office(dovecot_server, tmp_path, user).once(now=datetime.now(UTC)).output


def test_a_pass_that_will_not_end_ends_the_daemon_so_that_its_supervisor_starts_it_anew(
    dovecot_server: Server, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load(settings_file(tmp_path, desk(dovecot_server, user), extra="\n[daemon]\nidle = no\n"))
    settings = settings.model_copy(update={"daemon": settings.daemon.model_copy(update={"interval": timedelta(seconds=0.2)})})
    release = threading.Event()
    monkeypatch.setattr(daemon_module, "STALLED_AFTER", timedelta(seconds=0.5))
    monkeypatch.setattr(daemon_module, "run_pass", lambda *_, **__: (release.wait(60), Report())[1])
    begun = time.monotonic()
    try:
        assert Daemon(settings).run() == daemon_module.STALLED
        assert time.monotonic() - begun < 20
    finally:
        release.set()


def test_a_server_that_goes_away_and_comes_back_is_found_again(tmp_path: Path) -> None:
    """The second server takes the first one's place: the same port, the same mail."""
    user = "phoenix"
    first, second = insult(1), insult(2)
    with dovecot() as server:
        settings = settings_file(tmp_path / "desk", desk(server, user), extra="\n[daemon]\ninterval = 30 seconds\n")
        fill(server, user, [first])
        with running(settings) as one:
            until(lambda: labels(server, user, first.message_id), "the first label")
            with away(server) as come_back:
                until(lambda: one.events("pass failed"), "the log to tell that the server is away")
                assert not one.events("pass failed")[0]["permanent"]
                again = come_back()
            fill(server, user, [second])
            until(lambda: labels(server, user, second.message_id), "the label after the server came back")
            until(lambda: one.events("recovered"), "the log to tell that it is well again")
            assert one.stop() == 0
            again.terminate()
            again.wait(20)


def test_two_passes_never_run_at_once_and_one_asked_for_meanwhile_follows(
    dovecot_server: Server, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load(settings_file(tmp_path, desk(dovecot_server, user), extra="\n[daemon]\nidle = no\ninterval = 1 day\n"))
    lock, passes, overlapped = threading.Lock(), [], []

    def slow(*_: object, **__: object) -> Report:
        if not lock.acquire(blocking=False):
            overlapped.append(1)
        passes.append(time.monotonic())
        time.sleep(0.5)
        lock.release()
        return Report()

    monkeypatch.setattr(daemon_module, "run_pass", slow)
    one = Daemon(settings)
    thread = threading.Thread(target=one.run)
    thread.start()
    until(lambda: passes, "the first pass")
    for _ in range(20):
        one.ask()
        time.sleep(0.02)
    until(lambda: len(passes) >= 2, "the pass that was asked for")
    time.sleep(3)
    one.stop()
    thread.join(20)
    assert not thread.is_alive() and not overlapped
    assert 2 <= len(passes) <= 4  # twenty requests while one pass runs are one further pass, or two


def test_after_a_failure_that_may_mend_itself_it_tries_again_before_the_interval(
    tmp_path: Path, dovecot_server: Server, user: str
) -> None:
    settings = load(settings_file(tmp_path, desk(dovecot_server, user), extra="\n[daemon]\nidle = no\ninterval = 1 day\n"))
    office = Office(dovecot_server, tmp_path, user)
    assert office.run("once").status == 0
    now = datetime.now(UTC)
    one = Daemon(settings, clock=lambda: now)
    one.scheduler.add_job(one.work, "interval", id=daemon_module.JOB, days=1, next_run_time=now + timedelta(days=1))
    one.scheduler.start(paused=True)
    try:
        with dovecot_server_refusing(one):
            one.work()
        due = one.scheduler.get_job(daemon_module.JOB).next_run_time
        assert one.failures == 1 and timedelta() < due - now <= timedelta(seconds=5)
        one.work()
        assert one.failures == 0
    finally:
        one.scheduler.shutdown(wait=False)


@contextmanager
def dovecot_server_refusing(one: Daemon) -> Iterator[None]:
    """The daemon's settings point to a port where nobody listens."""
    right = one.settings
    dead = right.mailboxes[0].model_copy(update={"port": 1})
    one.settings = right.model_copy(update={"mailboxes": (dead,)})
    try:
        yield
    finally:
        one.settings = right


@pytest.mark.parametrize("jump", [timedelta(days=-3), timedelta(days=3)])
def test_a_clock_that_is_set_neither_ends_the_daemon_nor_keeps_it_from_its_work(
    dovecot_server: Server, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jump: timedelta
) -> None:
    settings = load(settings_file(tmp_path, desk(dovecot_server, user), extra="\n[daemon]\nidle = no\ninterval = 1 hour\n"))
    passes: list[datetime] = []
    monkeypatch.setattr(daemon_module, "run_pass", lambda *_, now, **__: (passes.append(now), Report())[1])
    off = timedelta()

    class Told(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) + off

    for module in (scheduling, intervals):
        monkeypatch.setattr(module, "datetime", Told)
    one = Daemon(settings, clock=lambda: Told.now(UTC))
    ended: list[int] = []
    thread = threading.Thread(target=lambda: ended.append(one.run()), daemon=True)
    thread.start()
    try:
        until(lambda: passes, "the first pass")
        time.sleep(1.5)
        off = jump
        until(lambda: len(passes) >= 2, "a pass by the new time")
        assert not ended and abs(passes[1] - datetime.now(UTC) - jump) < timedelta(minutes=2)
    finally:
        one.stop()
        thread.join(20)
    assert ended == [0]


def test_a_pass_that_breaks_by_a_fault_of_the_program_shows_in_the_health_and_repeats_no_mail(
    dovecot_server: Server, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    extra = "\n[daemon]\nidle = no\ninterval = 1 day\nhealth_file = health.json\n"
    settings = load(settings_file(tmp_path, desk(dovecot_server, user), extra=extra))

    def breaks(*_: object, **__: object) -> Report:
        raise KeyError("Dear all, you pathetic morons")

    monkeypatch.setattr(daemon_module, "run_pass", breaks)
    one = Daemon(settings)
    thread = threading.Thread(target=one.run, daemon=True)
    thread.start()
    file = tmp_path / "health.json"
    until(lambda: json.loads(file.read_text())["failures"] == 1, "the health file to tell of it")
    one.stop()
    thread.join(20)
    told = file.read_text()
    assert not json.loads(told)["well"] and "KeyError" in told and "next interval tries again" in told
    heard = capfd.readouterr()
    assert "pathetic" not in told + heard.out + heard.err
