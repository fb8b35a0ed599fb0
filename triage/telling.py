"""Mails to the address for incidents, in the ledger: what each told, and what came of it.

What a mail tells is written down in the same transaction as the place up to which its folder was read, and what came of it beside it,
so that a pass killed anywhere writes no incident down twice and loses none. The words stand in papers, which can be erased.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo

from triage import incident_mail
from triage.evidence import Directory
from triage.incident_mail import Told
from triage.ledger import Ledger
from triage.message import Message

TOLD, CAME = "told", "told-came"
"""The journal's names for such a mail, and for what came of it."""


@dataclass(frozen=True, slots=True)
class Telling:
    """One such mail, with what came of it."""

    number: int
    """Of its entry in the journal."""
    at: datetime
    by: str
    mailbox: str
    message_id: str
    subject: str
    references: tuple[str, ...]
    told: Told | None
    """None where the sender is not proved, or where the words were erased."""
    unproved: bool
    done: bool
    incident: str
    """The id of the incident that was written down; "" where none was."""
    faults: tuple[str, ...]
    """Why none was."""


def write_down(ledger: Ledger, message: Message, staff: Directory, zone: tzinfo, now: datetime) -> None:
    """Writes down what a mail tells, once however often the mail is met."""
    if any(
        entry.subject["message_id"] == message.message_id and entry.actor == message.sender.email
        for entry in ledger.entries(kinds=(TOLD,))
    ):
        return
    told = incident_mail.read(message, staff, zone) if message.proved else None
    thread = {"subject": message.subject, "references": list(message.references)}
    words = {**told.paper(), "addresses": list(told.who), **thread} if told else {}
    given = {"mailbox": message.mailbox, "message_id": message.message_id, "paper": ledger.keep_paper(words) if told else ""}
    ledger.journal(TOLD, at=now, actor=message.sender.email, subject=given)


def tellings(ledger: Ledger) -> tuple[Telling, ...]:
    """Every such mail, oldest first."""
    said = list(ledger.entries(kinds=(TOLD,)))
    came = {entry.subject["of"]: entry.subject for entry in ledger.entries(kinds=(CAME,))} if said else {}
    wanted = [*(one.subject["paper"] for one in said), *(one["paper"] for one in came.values())]
    papers = ledger.papers([one for one in wanted if one])
    found = []
    for entry in said:
        paper, outcome = papers.get(entry.subject["paper"]), came.get(entry.number)
        found.append(
            Telling(
                entry.number, entry.at, entry.actor, entry.subject["mailbox"], entry.subject["message_id"],
                str(paper["subject"]) if paper else "", tuple(paper["references"]) if paper else (),
                Told.read(paper) if paper else None, not entry.subject["paper"], outcome is not None or paper is None,
                outcome["incident"] if outcome else "", tuple(papers.get(outcome["paper"], {}).get("faults", ())) if outcome else (),
            )
        )  # fmt: skip
    return tuple(found)


def came(ledger: Ledger, of: Telling, now: datetime, *, incident: str = "", faults: Iterable[str] = ()) -> None:
    """Writes down what came of such a mail."""
    told = list(faults)
    paper = ledger.keep_paper({"faults": told}) if told else ""
    ledger.journal(CAME, at=now, actor="triage", subject={"of": of.number, "incident": incident, "paper": paper})


def papers_about(ledger: Ledger, addresses: Iterable[str]) -> Iterator[str]:
    """The papers in which such mails speak of somebody with one of these addresses, and what came of them."""
    known = set(addresses)
    for one in ledger.entries(kinds=(TOLD,)):
        paper = one.subject["paper"]
        if paper and known & set(ledger.papers([paper]).get(paper, {}).get("addresses", ())):
            yield paper
            yield from (
                entry.subject["paper"]
                for entry in ledger.entries(kinds=(CAME,))
                if entry.subject["of"] == one.number and entry.subject["paper"]
            )
