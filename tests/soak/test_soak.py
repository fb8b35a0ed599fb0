"""Day after day of a daemon at work beside people who write, file, label and delete: it grows by nothing, and its books stay right.

How long: an hour of the daemon's time in the commit gate, TIMES as much in `make nightly` (four days).
"""

from __future__ import annotations

import gc
import os
import random
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from figures import TIMES, Figures
from mailstate import mails, move, notes, store
from office import Office
from sample import DESK, DOREEN, NOW, VANCE, Mail, letter, story
from servers import Server

from triage.daemon import Daemon
from triage.settings import load

HOURS = min(TIMES, 100)
EVERY = timedelta(minutes=5)
WORDS = [
    "Hello,\n\nI would still like to rent garage 14 behind Tern Court.",
    "Your bill for the service charge of 340 pounds is wrong, you stupid, worthless cow.",
    "Thank you, that has helped me.",
    "When is the lift at Heron Wharf mended? I have asked four times.",
    "I cannot go on like this and want to end my life.",
]


class People:
    """Customers who write and colleagues who do something with it, in any order."""

    def __init__(self, office: Office, chance: random.Random) -> None:
        self.office, self.chance, self.number = office, chance, 0

    def writes(self) -> Mail:
        self.number += 1
        words = f"{self.chance.choice(WORDS)}\n\nIt is the {self.number}th time.\n"
        sender = self.chance.choice([DOREEN, VANCE, f"Nora {self.number} <nora{self.number}@marsh.example>"])
        at = NOW - timedelta(hours=2) + timedelta(seconds=self.number)
        return letter(words, sender=sender, to=DESK, subject="About it", at=at)

    def do_something(self) -> None:
        server, user = self.office.server, self.office.user
        what = self.chance.choice(["write", "write", "write", "label", "unlabel", "delete", "file", "judge", "nothing"])
        lying = mails(server, user, "INBOX") if what in ("label", "unlabel", "delete", "file") else []
        if what == "write":
            self.office.receive(self.writes())
        elif what == "judge":
            waiting = notes(server, user)
            if waiting:
                move(
                    server,
                    user,
                    self.chance.choice(waiting).message_id,
                    "Triage/Review",
                    self.chance.choice(["Triage/Agree", "Triage/Dismiss"]),
                )
        elif lying:
            one = self.chance.choice([mail for mail in lying if sum(mail.message_id == other.message_id for other in lying) == 1])
            if what == "file":
                move(server, user, one.message_id, "INBOX", "Archive")
            else:
                flag = {"label": "blue", "unlabel": "triage-repeat", "delete": "\\Deleted"}[what]
                store(server, user, one.message_id, "-FLAGS" if what == "unlabel" else "+FLAGS", flag)


def held() -> tuple[float, int, int]:
    """What this process holds: memory in MB, open files, threads."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2, len(list(Path("/proc/self/fd").iterdir())), threading.active_count()


def test_hours_of_work_beside_people_leave_nothing_behind_and_the_books_right(
    dovecot_server: Server, user: str, tmp_path: Path, figures: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(dovecot_server, tmp_path / user, user, extra="\n[daemon]\nhealth_file = health.json\n").open()
    office.receive(*story())
    with dovecot_server.client(user) as client:
        client.create("Archive")
    now = [NOW]
    one = Daemon(load(office.folder / "settings.ini"), clock=lambda: now[0])
    monkeypatch.setattr(one, "ask", lambda *_: None)  # no scheduler runs
    one.work()
    people = People(office, random.Random(TIMES))
    passes, before = 0, held()
    for hour in range(HOURS):
        for _ in range(12):
            for _ in range(people.chance.randrange(3)):
                people.do_something()
            now[0] += EVERY
            one.work()
            passes += 1
            assert one.failures == 0, one.health.state.reasons
        if hour == 0:
            before = held()
        with office.ledger() as ledger:
            assert ledger.verify_journal() is None and ledger.unconcluded() == []
            known = {place for places in (ledger.placed_in("desk", "INBOX"),) for place in places}
        assert set(dovecot_server.flags(user, "INBOX")) <= known
    memory, files, threads = (after - first for after, first in zip(held(), before, strict=True))
    figures.add("passes of a daemon beside people at work", passes)
    figures.worst("memory that hours of it have grown by, MB", memory)
    assert files <= 0 and threads <= 0
    assert memory < 20 + HOURS
    assert " 0 changes made" in office.once(now=now[0]).output
