"""What is shown of a long first reading, and that it is told of every step."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import cast

from office import Office
from rich.console import Console
from sample import NOW, fill, story
from servers import Server

from triage.cycle import run_pass
from triage.ledger import Ledger
from triage.mailbox import connect
from triage.progress import LONG, shown
from triage.settings import load


def _terminal() -> Console:
    return Console(file=StringIO(), force_terminal=True, width=100)


def _written(console: Console) -> str:
    return cast("StringIO", console.file).getvalue()


def test_a_long_piece_of_work_shows_what_it_is_how_far_it_has_come_and_how_fast() -> None:
    console = _terminal()
    with shown(console) as progress:
        progress.begins("help: reading INBOX", 20_000)
        progress.goes_on(1_200)
        progress.goes_on(3_000)
    assert "help: reading INBOX" in _written(console)
    assert "4200/20000" in _written(console)
    assert "a second" in _written(console)
    assert "left" in _written(console)


def test_the_next_piece_of_work_takes_the_place_of_the_one_before() -> None:
    console = _terminal()
    with shown(console) as progress:
        progress.begins("help: reading INBOX", 20_000)
        progress.begins("judging, by address", 900)
        progress.goes_on(450)
    assert "450/900" in _written(console).rpartition("judging")[2]


def test_what_takes_a_moment_or_goes_into_a_pipe_shows_nothing() -> None:
    console, pipe = _terminal(), Console(file=StringIO())
    with shown(console) as progress:
        progress.begins("help: reading INBOX", LONG - 1)
        progress.goes_on(7)
    assert "INBOX" not in _written(console)
    with shown(pipe) as progress:
        progress.begins("help: reading INBOX", 20_000)
        progress.goes_on(7)
    assert _written(pipe) == ""


class _Kept:
    def __init__(self) -> None:
        self.work: dict[str, list[int]] = {}
        self.last = ""

    def begins(self, what: str, total: int) -> None:
        self.last = what
        self.work[what] = [total, 0]

    def goes_on(self, steps: int = 1) -> None:
        self.work[self.last][1] += steps


def test_a_pass_tells_every_mail_it_reads_and_every_address_it_judges(dovecot_server: Server, user: str, tmp_path: Path) -> None:
    office = Office(dovecot_server, tmp_path / user, user).open()
    fill(dovecot_server, user, story())
    kept, settings = _Kept(), load(office.folder / "settings.ini")
    with Ledger.open(settings.store.url) as ledger:
        report = run_pass(settings, ledger, now=NOW, connecting=connect, progress=kept)
    read = {what: counts for what, counts in kept.work.items() if "reading" in what}
    assert sum(total for total, _ in read.values()) == report.messages > 0
    judged = kept.work["judging, by address"]
    assert judged[0] >= report.contacts > 0
    assert all(total == done for total, done in kept.work.values())
