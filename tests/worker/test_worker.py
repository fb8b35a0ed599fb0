"""Several workers on one PostgreSQL: each mailbox is worked by one at a time, a killed worker's mailbox goes on with another, and at the
end one pass over all of them finds nothing left to do."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import claimant
import psycopg
import pytest
from databases import new_database, postgresql
from figures import TIMES, Figures
from mailstate import flags, mails, notes
from office import Office
from sample import desk, fill, settings_file, story
from servers import Server
from structlog.testing import capture_logs

from triage import worker
from triage.errors import Misconfigured, Temporary
from triage.ledger import Claims, Ledger
from triage.settings import load
from triage.worker import MOST_TRIES, TRIED, WORKED, Worker

BOXES = ("desk", "repairs", "rents")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgresql(tmp_path_factory.mktemp("postgresql")) as url:
        yield url


def plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def test_a_claim_is_one_workers_until_it_gives_it_back_or_dies(server: str) -> None:
    url = new_database(server)
    with Claims(url) as other:
        one = Claims(url)
        assert one.take("desk") and not other.take("desk") and other.take("repairs")
        one.give_back("desk")
        assert other.take("desk") and not one.take("desk")
        other.give_back("desk")
        assert one.take("desk")
        one.close()
        assert other.take("desk")


def test_a_worker_that_has_lost_its_claims_commits_nothing_more(server: str) -> None:
    url = new_database(server)
    with Claims(url) as claims, Ledger.open(url) as ledger:
        ledger.fenced_by(claims.check)
        ledger.set_meta("a", "1")
        assert claims.take("desk")
        with psycopg.connect(plain(url), autocommit=True) as other:
            other.execute("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'")
        with pytest.raises(Temporary, match="claims stood"):
            ledger.set_meta("a", "2")
        with pytest.raises(Temporary, match="claims stood"):
            claims.take("desk")
        ledger.fenced_by(lambda: None)
        assert ledger.meta("a") == "1"


def test_workers_need_postgresql_and_say_so(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="several workers need PostgreSQL"):
        Claims(f"sqlite:///{tmp_path}/triage.db")


def test_under_kills_nothing_is_worked_by_two_at_once_nothing_is_lost_and_nothing_waits_long(
    server: str, figures: Figures
) -> None:
    url, things, workers = new_database(server), 600 if TIMES == 1 else 5000, 8
    with psycopg.connect(plain(url), autocommit=True) as rows:
        rows.execute("create table things (name text primary key, done boolean not null)")
        rows.execute("create table works (id serial primary key, name text, pid int, begun timestamptz, ended timestamptz)")
        rows.execute("insert into things select 'box ' || n, false from generate_series(1, %s) n", [things])
        crew = [Claimant(url) for _ in range(workers)]
        kills, begun = 0, time.monotonic()
        try:
            while rows.execute("select 1 from things where not done limit 1").fetchone():
                assert time.monotonic() - begun < 90 * TIMES, "workers starve"
                time.sleep(0.25)
                victim = random.randrange(workers)
                crew[victim].kill()
                crew[victim] = Claimant(url)
                kills += 1
        finally:
            for one in crew:
                one.kill()
        twice = rows.execute(
            "select count(*) from works a join works b on a.name = b.name and a.id < b.id and a.ended is not null and b.begun < a.ended"
        ).fetchone()
        ended = rows.execute("select count(*), count(distinct name) from works where ended is not null").fetchone()
    assert twice == (0,) and ended == (things, things)
    figures.add("things claimed under kills", things)
    figures.add("workers killed", kills)


class Claimant:
    """A fork of this process, which has everything loaded, so that it is at work a moment after it began."""

    def __init__(self, url: str) -> None:
        self.pid = os.fork()
        if not self.pid:
            try:
                claimant.main(url)
            finally:
                os._exit(0)  # without closing what it has inherited

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


@pytest.fixture
def several(dovecot_server: Server, tmp_path: Path, server: str) -> Office:
    """Three mailboxes with the story in the first and two parts of it in the others, and a ledger in PostgreSQL."""
    users = [f"{box}{os.getpid()}{random.randrange(10**6)}" for box in BOXES]
    settings_file(
        tmp_path, *(desk(dovecot_server, user, box) for user, box in zip(users, BOXES, strict=True)),
        extra=f"\n[store]\nurl = {new_database(server)}\n[daemon]\ninterval = 1 hour\n",
    )  # fmt: skip
    fill(dovecot_server, users[0], story())
    fill(dovecot_server, users[1], story()[:5])
    fill(dovecot_server, users[2], story()[5:9])
    return Office(dovecot_server, tmp_path, ",".join(users))


def seen(office: Office) -> list[tuple[object, object, int]]:
    """Everything people see in the mailboxes."""
    return [
        (flags(office.server, user), [one.subject for one in notes(office.server, user)], len(held(office, user)))
        for user in office.user.split(",")
    ]


def held(office: Office, user: str) -> list[object]:
    return list(mails(office.server, user, "Triage/Held"))


class working:  # noqa: N801 - it stands where a call of subprocess.Popen would
    """`triage worker --until-idle` in a fork of this process, which has everything loaded; its log is added to the office's."""

    def __init__(self, office: Office) -> None:
        self.status: int | None = None
        self.pid = os.fork()
        if not self.pid:
            self._work(office)

    def _work(self, office: Office) -> NoReturn:
        status = 70
        try:
            with (office.folder / "log").open("ab") as log:
                os.dup2(log.fileno(), 2)
            sys.stderr = os.fdopen(2, "w", buffering=1)
            worker.serve(load(office.folder / "settings.ini"), until_idle=True)
        except SystemExit as done:
            status = int(done.code or 0)
        finally:
            os._exit(status)  # without closing what it has inherited

    def poll(self) -> int | None:
        return self._waited(os.WNOHANG)

    def _waited(self, how: int) -> int | None:
        if self.status is None:
            pid, ended = os.waitpid(self.pid, how)
            self.status = os.waitstatus_to_exitcode(ended) if pid else None
        return self.status

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self, seconds: float) -> int | None:
        end = time.monotonic() + seconds
        while self.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
        return self.status


def test_workers_killed_at_random_leave_nothing_undone_and_nothing_double(several: Office, figures: Figures) -> None:
    kills = 0
    for _ in range(3 * min(TIMES, 20)):
        one, other = working(several), working(several)
        time.sleep(random.uniform(0.1, 2.5))
        for each in (one, other):
            kills += each.poll() is None
            each.kill()
            each.wait(20)
    last = working(several)
    begun = time.monotonic()
    assert last.wait(180) == 0, (several.folder / "log").read_text()
    figures.worst("mailboxes of killed workers taken over and worked, s", time.monotonic() - begun)
    figures.add("workers killed", kills)
    settings = load(several.folder / "settings.ini")
    with Ledger.open(settings.store.url) as ledger:
        assert set(ledger.metas(WORKED)) == set(BOXES)
        assert ledger.verify_journal() is None
        for name in BOXES:  # the first pass of one mailbox may have ended before the others were read
            ledger.set_meta(WORKED + name, datetime(2020, 1, 1, tzinfo=UTC).isoformat())
    assert working(several).wait(120) == 0
    after = seen(several)
    said = several.run("once")
    assert said.status == 0 and "0 changes made" in said.output, said.output + said.errors
    assert seen(several) == after
    written = [one.note for user in several.user.split(",") for one in notes(several.server, user)]
    assert len(written) == len(set(written)) >= 1
    assert len(several.export()["matters"]) > 3


def test_a_mailbox_over_which_workers_died_waits_behind_the_others(several: Office) -> None:
    settings = load(several.folder / "settings.ini")
    now = datetime(2026, 5, 12, tzinfo=UTC)
    with Ledger.open(settings.store.url) as ledger:
        ledger.set_meta(WORKED + "rents", (now - timedelta(hours=2)).isoformat())
        ledger.set_meta(WORKED + "desk", (now - timedelta(minutes=2)).isoformat())
        worker = Worker(settings, clock=lambda: now)
        assert worker._due(ledger) == ["repairs", "rents"]
        ledger.set_meta(TRIED + "repairs", str(MOST_TRIES + 1))
        assert worker._due(ledger) == ["rents", "repairs"]
        with Claims(settings.store.url) as claims, Claims(settings.store.url) as others:
            assert others.take("rents")
            assert worker._next(ledger, claims) == "repairs"


def test_a_pass_that_breaks_is_told_and_does_not_end_the_worker(several: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("triage.worker.run_pass", broken)
    with capture_logs() as logged:
        Worker(load(several.folder / "settings.ini")).run(until_idle=True)
    assert "pass broke" in {entry["event"] for entry in logged}
