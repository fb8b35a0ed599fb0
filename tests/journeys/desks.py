"""A desk on each kind of server: one that keeps labels, one that keeps none, Gmail's way and Exchange's way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from house import House, house
from mailstate import Lying, mails, notes, uid_of
from office import Office
from sample import DOREEN, address, garage, story
from servers import Server, add_pymap_user, must

from triage.label import FINDINGS

KINDS = ("dovecot", "without-keywords", "gmail", "exchange")


@dataclass(frozen=True)
class Desk:
    kind: str
    office: Office
    house: House | None = None

    @property
    def server(self) -> Server:
        return self.office.server

    @property
    def user(self) -> str:
        return self.office.user

    def note(self, folder: str = "Triage/Review") -> Lying:
        return next(one for one in notes(self.server, self.user, folder) if one.subject.startswith("A warning may be due"))

    def labels(self) -> set[str]:
        """All of ours that people see on Doreen's mail in the inbox, or as copies of it in folders."""
        hers = {mail.message_id for mail in garage()}
        found = {
            flag
            for one in mails(self.server, self.user, "INBOX")
            if one.message_id in hers
            for flag in one.flags
            if flag in FINDINGS
        }
        if self.kind == "gmail" and self.house:
            lying = self.house.account(self.user)["INBOX"].mails.values()
            found |= {name for mail in lying if b"doreen" in mail.raw for name in mail.labels if name in FINDINGS}
        for name in FINDINGS:
            copies = mails(self.server, self.user, f"Triage/{name.removeprefix('triage-').title()}")
            found |= {name} if name != "triage-hold" and hers & {one.message_id for one in copies} else set()
        return found

    def label(self, message_id: str, name: str) -> None:
        """Staff put a verdict label on a mail; where the server keeps none, they move it into the folder of that name."""
        if self.kind in ("dovecot", "gmail"):
            self.mark(message_id, name)
            return
        with self.server.client(self.user, "INBOX") as client:
            must(client.uid("MOVE", uid_of(client, message_id), f"Triage/{name[7:].title()}"))

    def mark(self, message_id: str, name: str, folder: str = "INBOX", sign: str = "+") -> None:
        """A mail program puts a label on a mail or takes it off, whatever the server makes of it."""
        item = "X-GM-LABELS" if self.kind == "gmail" else "FLAGS"
        with self.server.client(self.user, folder) as client:
            client.uid("STORE", uid_of(client, message_id), sign + item, f"({name})")

    def stage(self) -> str:
        return self.office.stage(address(DOREEN))


def filled(kind: str, server: Server, user: str, folder: Path, one: House | None = None) -> Desk:
    sent = {"gmail": "[Gmail]/Sent Mail", "exchange": "Sent Items"}.get(kind, "Sent")
    office = Office(server, folder, user)
    office.open()
    with server.client(user) as client:
        client.create("Sent") if kind == "without-keywords" else None
    for mail in story():
        server.append(user, sent if mail.folder == "Sent" else "INBOX", mail.raw, date=mail.at)
    return Desk(kind, office, one)


@contextmanager
def at_desk(kind: str, folder: Path, user: str, server_of: Any) -> Iterator[Desk]:
    """A desk whose story has arrived. `server_of`: name of a fixture → its server."""
    if kind in ("gmail", "exchange"):
        with house(kind, folder) as (server, one):
            yield filled(kind, server, user, folder / "office", one)
        return
    server = server_of("dovecot_server" if kind == "dovecot" else "pymap_server")
    if kind == "without-keywords":
        add_pymap_user(server, user, [])
    yield filled(kind, server, user, folder / "office")
