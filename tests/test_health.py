"""The daemon tells how it is: to systemd, in its health file, and to Prometheus. And the unit it runs under is a closed box."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from astray import through
from faulty import Faulty
from office import Office
from sample import NOW, desk, fill, settings_file, story
from servers import Server, _free_ports
from test_daemon import running, until

from triage import cycle, intake, judgement, parsing, supervisor
from triage.cycle import Report
from triage.daemon import Daemon
from triage.errors import Permanent, Temporary
from triage.health import Health
from triage.ledger import Ledger, Location
from triage.settings import load

UNIT = Path(__file__).parents[1] / "deploy" / "triage.service"


def fetched(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if not line.startswith("#"))}


def test_a_running_daemon_writes_its_health_and_answers_prometheus(dovecot_server: Server, user: str, tmp_path: Path) -> None:
    (port,) = _free_ports(1)
    extra = f"\n[daemon]\ninterval = 1 day\nhealth_file = health.json\nmetrics = 127.0.0.1:{port}\n"
    settings = settings_file(tmp_path, desk(dovecot_server, user), extra=extra)
    fill(dovecot_server, user, story())
    with running(settings) as daemon:
        file = tmp_path / "health.json"
        until(lambda: file.exists() and json.loads(file.read_text())["well"], "the first good pass")
        told = json.loads(file.read_text())
        numbers = fetched(port)
        assert daemon.stop() == 0
    assert told["failures"] == 0 and told["notes_waiting"] >= 3 and told["unreadable"] == 1
    assert datetime.now(UTC) - datetime.fromisoformat(told["last_good_pass"]) < timedelta(minutes=5)
    assert numbers["triage_mails_read_total"] == len(story())
    assert numbers["triage_notes_waiting"] == told["notes_waiting"]
    assert numbers['triage_passes_total{outcome="good"}'] >= 1
    assert not re.search(r"@|larchmere|finch", file.read_text() + str(numbers), re.IGNORECASE)


def test_a_taken_port_is_told_before_anything_begins(dovecot_server: Server, user: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        extra = f"\n[daemon]\nmetrics = 127.0.0.1:{port}\n"
        settings_file(tmp_path, desk(dovecot_server, user), extra=extra)
        said = Office(dovecot_server, tmp_path, user).run("run")
    assert said.status == 78 and f"[daemon] metrics: 127.0.0.1, port {port} cannot be used" in said.errors


def test_a_failure_is_counted_with_its_reason_until_a_pass_goes_well_again(tmp_path: Path) -> None:
    file = tmp_path / "health.json"
    health = Health(NOW, file)
    assert json.loads(file.read_text())["well"] is False
    health.failed([Temporary("the server is away")], NOW + timedelta(minutes=1))
    health.failed([Permanent("the password was refused")], NOW + timedelta(minutes=2))
    told = json.loads(file.read_text())
    assert (told["well"], told["failures"], told["reasons"]) == (False, 2, ["the password was refused"])
    with Ledger.open(f"sqlite:///{tmp_path / 'triage.db'}") as ledger:
        health.passed(Report(failed=[Temporary("still away")]), ledger, NOW + timedelta(minutes=3))
        assert json.loads(file.read_text())["failures"] == 3
        health.passed(Report(), ledger, NOW + timedelta(minutes=4))
    told = json.loads(file.read_text())
    assert (told["well"], told["failures"], told["reasons"]) == (True, 0, [])
    assert told["last_good_pass"] == (NOW + timedelta(minutes=4)).isoformat()


def metric(one: Daemon, name: str) -> float:
    found = one.health.registry.get_sample_value(f"triage_{name}", {"mailbox": "desk"} if name.startswith("mailbox") else {})
    assert found is not None
    return found


def test_mail_that_no_pass_has_read_is_told_with_the_time_since_when_it_waits(
    dovecot_server: Server, user: str, tmp_path: Path
) -> None:
    office = Office(dovecot_server, tmp_path, user, extra="\n[daemon]\nhealth_file = health.json\n").open()
    office.receive(*story())
    came = min(mail.at for mail in story() if mail.folder == "INBOX")
    now = [NOW]

    def told() -> tuple[int, str | None, float]:
        state = json.loads((tmp_path / "health.json").read_text())
        assert state["unread"] == metric(one, "unread_mails")
        return state["unread"], state["oldest_unread"], metric(one, "oldest_unread_age_seconds")

    with Faulty(dovecot_server.port, "cut after") as proxy:
        through(office, proxy.port)
        one = Daemon(load(tmp_path / "settings.ini"), clock=lambda: now[0])
        one.ask = lambda *_: None  # type: ignore[method-assign]  # no scheduler runs
        proxy.at = 13  # the command that brings the mails
        one.work()
        assert proxy.struck and proxy.commands[12] == b"UID FETCH"
        waits = sum(mail.folder == "INBOX" for mail in story())
        assert told() == (waits, came.isoformat(), (NOW - came).total_seconds())
        now[0] += timedelta(minutes=7)
        assert metric(one, "oldest_unread_age_seconds") == (now[0] - came).total_seconds()  # it grows while nothing happens
        proxy.at = 0
        one.work()
        assert told() == (0, None, 0.0) and metric(one, "mailbox_read_timestamp_seconds") == now[0].timestamp()
    read = now[0]
    now[0] += timedelta(hours=2)
    through(office, _free_ports(1)[0])  # where nobody listens: mail may have come since it was read
    one.settings = load(tmp_path / "settings.ini")
    one.work()
    assert told() == (0, read.isoformat(), 7200.0)
    assert not re.search(r"@|larchmere|finch", (tmp_path / "health.json").read_text(), re.IGNORECASE)


def test_mail_that_was_read_and_could_not_be_concluded_counts_as_unread(tmp_path: Path) -> None:
    health = Health(NOW, clock=lambda: NOW + timedelta(hours=1))
    found = parsing.read(story()[0].raw, mailbox="desk", role="inbox", received_at=NOW, truncated=False, size=len(story()[0].raw))
    with Ledger.open(f"sqlite:///{tmp_path / 'triage.db'}") as ledger:
        ledger.record_many([intake.recorded(found, Location("desk", "INBOX", 1, 1))])
        health.passed(Report(), ledger, NOW)
        assert (health.state.unread, health.state.oldest_unread) == (1, NOW.isoformat())
        assert health.registry.get_sample_value("triage_oldest_unread_age_seconds") == 3600.0
        ledger.mark_concluded(ledger.unconcluded())
        health.passed(Report(), ledger, NOW)
    assert (health.state.unread, health.state.oldest_unread) == (0, None)


def test_mail_of_somebody_whom_the_program_stumbled_over_counts_as_unread_until_it_is_judged(
    dovecot_server: Server, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load(settings_file(tmp_path, desk(dovecot_server, user)))
    health = Health(NOW, clock=lambda: NOW + timedelta(hours=1))
    found = parsing.read(story()[0].raw, mailbox="desk", role="inbox", received_at=NOW, truncated=False, size=len(story()[0].raw))
    with Ledger.open(f"sqlite:///{tmp_path / 'triage.db'}") as ledger:
        ledger.record_many([intake.recorded(found, Location("desk", "INBOX", 1, 1))])
        with monkeypatch.context() as during:
            during.setattr(judgement, "conclusion_of", _stumble)
            assert "could not be concluded" in cycle.conclude(settings, ledger, NOW)[1][0]
        health.passed(Report(), ledger, NOW)
        assert (health.state.unread, health.state.oldest_unread) == (1, NOW.isoformat())
        assert cycle.conclude(settings, ledger, NOW)[1] == []
        health.passed(Report(), ledger, NOW)
    assert (health.state.unread, health.state.oldest_unread) == (0, None)


def _stumble(*_: object) -> None:
    raise ZeroDivisionError


def test_a_health_file_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    health = Health(NOW, folder / "health.json")
    shutil.rmtree(folder)
    health.failed([Temporary("the server is away")], NOW)
    assert health.state.failures == 1


def test_systemd_hears_what_is_told_and_its_absence_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not supervisor.tell("READY=1")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        assert supervisor.tell("READY=1")
        assert systemd.recv(100) == b"READY=1"
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    assert not supervisor.tell("READY=1")


def test_the_daemon_says_that_it_is_ready_lives_and_ends(
    dovecot_server: Server, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_file(tmp_path, desk(dovecot_server, user), extra="\n[daemon]\ninterval = 1 day\n")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        with running(settings) as daemon:
            heard = [systemd.recv(100), systemd.recv(100)]
            assert daemon.stop() == 0
        systemd.setblocking(False)
        try:
            while True:
                heard.append(systemd.recv(100))
        except BlockingIOError:
            pass
    assert heard[:2] == [b"READY=1", b"WATCHDOG=1"] and heard[-1] == b"STOPPING=1"


def test_the_unit_is_sound_and_closed() -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:  # Debian's package systemd; the lines that matter are looked at all the same
        text = UNIT.read_text()
        for line in (
            "NoNewPrivileges=yes",
            "ProtectSystem=strict",
            "CapabilityBoundingSet=\n",
            "Type=notify",
            "WatchdogSec=",
            "KillMode=mixed",
        ):
            assert line in text
        return
    said = subprocess.run(
        [analyze, "security", "--offline=yes", "--no-pager", "--threshold=20", str(UNIT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout[-400:] + said.stderr
