"""A colleague at work: the mailbox of an office over which a pass was made, and Thunderbird or Roundcube on it. What they showed lies in
build/clients."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mailstate import Lying, mails
from office import Office
from post import post
from roundcube import Roundcube, roundcube
from sample import INES, address, chaser, garage, restriction, unreadable, welfare
from servers import Server
from thunderbird import Row, Thunderbird, thunderbird

PICTURES = Path(__file__).parents[2] / "build" / "clients"


@dataclass(frozen=True)
class Working:
    """The office's mailbox, and what was sent from the mail program on it."""

    office: Office
    sent: list[bytes]

    def once(self) -> str:
        """A pass of the program; what it said."""
        return self.office.once().output

    def lying(self, folder: str) -> list[Lying]:
        return mails(self.office.server, self.office.user, folder)

    def until(self, so: Callable[[], bool]) -> None:
        """Waits until what was clicked has reached the server."""
        end = time.monotonic() + 30
        while not so():
            assert time.monotonic() < end, "what was clicked did not reach the server"
            time.sleep(0.3)

    def note(self, title: str, folder: str = "Triage/Review") -> Lying:
        (found,) = [one for one in self.lying(folder) if one.subject.startswith(title)]
        return found

    def decisions(self) -> list[tuple[str, str]]:
        return [(row["choice"], row["by"]) for row in self.office.export()["decisions"]]


def keep(name: str, drawn: bytes) -> Path:
    """Keeps a picture, to be looked at."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = PICTURES / f"{name}.png"
    path.write_bytes(drawn)
    return path


@dataclass(frozen=True)
class Desk(Working):
    """A colleague at work with Thunderbird."""

    client: Thunderbird

    def open(self, folder: str) -> list[Row]:
        """Opens a folder and waits until it shows what lies there."""
        return self.client.open(folder, mails=len(mails(self.office.server, self.office.user, folder)))

    def picture(self, name: str, drawn: bytes = b"") -> Path:
        """Keeps what the window shows (or what was drawn), to be looked at."""
        return keep(name, drawn or self.client.picture())


@dataclass(frozen=True)
class WebDesk(Working):
    """A colleague at work with Roundcube."""

    client: Roundcube

    def picture(self, name: str, drawn: bytes = b"") -> Path:
        return keep(f"roundcube-{name}", drawn or self.client.picture())


def _a_day(server: Server, folder: Path, user: str) -> Office:
    """A day on which much waits: a warning and a restriction are proposed, somebody is in danger, a mail cannot be read, a digest came."""
    office = Office(server, folder, user, extra="\n[acting]\ndigest = daily\n").open()
    every = [*garage(), *restriction()[:6], *welfare(), *chaser(), *unreadable()]
    office.receive(*sorted(every, key=lambda mail: mail.at))
    with server.client(user) as other:
        for name in ("Sent", "Trash", "Junk", "Drafts"):
            other.subscribe(name)
    office.once()
    return office


@contextmanager
def at_work(server: Server, folder: Path, user: str) -> Iterator[Desk]:
    office = _a_day(server, folder, user)
    with (
        post(server, user) as (port, sent),
        thunderbird(server, user, name="Ines Wold", address=address(INES), smtp=port) as client,
    ):
        one = Desk(office, sent, client)
        try:
            yield one
        except BaseException:
            one.picture("as-it-failed")
            raise


@contextmanager
def at_the_web(server: Server, folder: Path, user: str) -> Iterator[WebDesk]:
    office = _a_day(server, folder, user)
    with (
        post(server, user) as (port, sent),
        roundcube(server, user, name="Ines Wold", address=address(INES), smtp=port) as client,
    ):
        one = WebDesk(office, sent, client)
        try:
            yield one
        except BaseException:
            one.picture("as-it-failed")
            raise
