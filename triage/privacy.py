"""What is kept about people, and the two rights that need a command: to see it (GDPR article 15) and to have it erased (article 17).

The mails themselves lie in the organisation's mailbox; what the program keeps is a copy of their words and what it concluded. An
erased mail stays erased: when the mailbox is read again it is known by its hash alone and not taken in. The journal keeps its
entries, which name mails by hash and never a person, so that it can still be shown to be whole.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from triage import telling
from triage.acting import take_away_later
from triage.cycle import GROUNDS
from triage.deciding import people_behind
from triage.errors import Permanent
from triage.evidence import Directory
from triage.hearing import papers_about
from triage.ledger import ConclusionRows, Ledger
from triage.message import Message, Unreadable
from triage.record import ERASED, incidents, rulings
from triage.settings import Settings

"""The journal's name for an erasure."""

KEPT = (
    (
        "mails",
        "headers' names and addresses, subject, words, names and sizes of attachments (never their content)",
        "until erased",
    ),
    ("marks", "signs of who wrote: addresses, telephone numbers, names in signatures", "with their mail"),
    (
        "conclusions",
        "contacts, matters, findings with quotations, stages, restrictions",
        "worked out anew at every pass, from the mails",
    ),
    (
        "journal",
        "what staff decided and what was done, by hash of the mail; no names",
        "for good; it shows that nothing was altered",
    ),
    ("papers", "what people wrote when they decided about somebody, and incidents from other channels", "until erased"),
    (
        "notes",
        "the ids of our notes in the mailbox; the notes quote mails",
        "until answered, outdated or undone; erased notes go too",
    ),
    ("erased mails", "the hash of each, so that it is not read again", "for good"),
)
"""What, of which content, how long."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody outside: every address they are known by, and the mails that are about nobody else."""

    addresses: tuple[str, ...]
    mails: tuple[Message, ...]
    """From them, and from staff to them alone; oldest first."""
    shared: tuple[Message, ...]
    """Mails of others, or to others too, in which they are named as a recipient."""
    among_us: tuple[Message, ...] = ()
    """What colleagues wrote to each other about them: in answer to their mails, or with their address or their full name in it."""
    unreadable: tuple[Unreadable, ...] = ()
    """Mails that could not be read and show their address or name."""
    traces: tuple[re.Pattern[str], ...] = ()
    """What shows in text, case-folded, that it is about them."""

    @property
    def keys(self) -> list[str]:
        """Of every mail that is about them and nobody else."""
        return [*(mail.key for mail in (*self.mails, *self.among_us)), *(one.key for one in self.unreadable)]


def person(ledger: Ledger, settings: Settings, address: str) -> Person:
    """Raises Permanent when nothing is known of this address, or when it is one of ours."""
    email = address.strip().strip("<>").lower()
    staff = settings.directory()
    if staff.employs(email):
        raise Permanent(f"{email} is an address of staff; only what outside people wrote is kept by person")
    addresses = people_behind(email, ledger, staff)
    every = ledger.messages_with(addresses)
    alone = [mail for mail in every if _about(mail, addresses, staff)]
    shared = [mail for mail in every if not _about(mail, addresses, staff)]
    traces = _traces(addresses, alone, settings)
    cited = {mail.message_id for mail in alone}
    every_colleague = [one for one in ledger.everybody() if staff.employs(one)]
    internal = [mail for mail in ledger.messages(ledger.keys_only_among(every_colleague)) if isinstance(mail, Message)]
    return Person(
        tuple(sorted(addresses)),
        tuple(alone),
        tuple(shared),
        tuple(mail for mail in internal if cited & {mail.in_reply_to, *mail.references} or _shows(_words(mail), traces)),
        tuple(one for one in ledger.unreadable() if _shows(f"{one.sender}\n{one.subject}", traces)),
        traces,
    )


def _traces(addresses: frozenset[str], mails: Sequence[Message], settings: Settings) -> tuple[re.Pattern[str], ...]:
    """What shows that words are about somebody: an address of theirs, or their name of two words or more as they themselves gave it.
    A name that is also ours (anybody may write the organisation's into From) shows nothing."""
    ours = {settings.organisation.name.casefold(), *settings.directory().names}
    names = {" ".join(mail.sender.name.split()).casefold() for mail in mails if mail.sender.email in addresses}
    told = {name for name in names if " " in name and len(name) >= 6 and name not in ours and not ours >= set(name.split())}
    return tuple(re.compile(rf"(?<![\w.]){re.escape(trace)}(?!\w)") for trace in sorted({*addresses, *told}))


def _shows(text: str, traces: Iterable[re.Pattern[str]]) -> bool:
    flat = " ".join(text.casefold().split())
    return any(trace.search(flat) for trace in traces)


def _words(mail: Message) -> str:
    said = mail.wording
    others = (f"{passage.author} {passage.text}" for passage in (*said.quoted, *said.forwarded))
    return "\n".join((mail.subject, said.own, said.signature, *others, *(one.name for one in mail.attachments)))


def _about(mail: Message, addresses: frozenset[str], staff: Directory) -> bool:
    if mail.sender.email in addresses:
        return True
    return addresses.issuperset(staff.outside(mail))


def everything_about(ledger: Ledger, one: Person) -> dict[str, Any]:
    """All that is kept, as JSON-able values."""
    ids = ledger.contacts_with(one.addresses)
    keys = set(one.keys)
    notes = [asdict(entry) for entry in ledger.entries() if keys & set(entry.subject.get("keys", ()))]
    return {
        "addresses": list(one.addresses),
        "mails": [asdict(mail) for mail in one.mails],
        "mails among colleagues": [asdict(mail) for mail in one.among_us],
        "mails that could not be read": [asdict(mail) for mail in one.unreadable],
        "named in mails to others too": [mail.message_id for mail in one.shared],
        "marks": {email: sorted(map(list, marks)) for email, marks in ledger.marks_of(one.addresses).items()},
        "conclusions": asdict(ledger.conclusions(ids)),
        "journal": notes,
        "decisions": [ruling.paper() for ruling in rulings(ledger) if ruling.concerns(one.addresses)],
        "incidents": [incident.paper() for incident in incidents(ledger, one.addresses)],
    }


def write_access(ledger: Ledger, one: Person, folder: Path, now: datetime) -> list[Path]:
    """Answers a subject access request: everything.json, and mails.txt to read. Makes the folder; raises Permanent when it holds
    something already."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise Permanent(f"{folder} is not empty; name a new folder, so that nothing in it is mistaken for this answer")
        files = [folder / "everything.json", folder / "mails.txt"]
        texts = [
            json.dumps(everything_about(ledger, one), ensure_ascii=False, indent=1, default=_as_text) + "\n",
            "\n".join(_readable(one, now)) + "\n",
        ]
        for file, text in zip(files, texts, strict=True):
            with os.fdopen(
                os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", errors="replace"
            ) as out:
                out.write(text)
    except OSError as error:
        raise Permanent(f"{folder} cannot be written ({error.strerror})") from error
    return files


def _as_text(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)


def _readable(one: Person, now: datetime) -> Iterator[str]:
    yield f"What is kept about {', '.join(one.addresses)}, on {now:%Y-%m-%d}."
    yield "Before it is handed over, somebody has to look whether a mail tells of other people."
    for mail in one.mails:
        yield ""
        yield f"{mail.sent_at:%Y-%m-%d %H:%M} UTC  {mail.sender.email} to {', '.join(each.email for each in mail.to)}"
        yield f"Subject: {mail.subject}"
        yield from (f"    {line}" for line in mail.own.splitlines())


@dataclass(frozen=True, slots=True)
class Erasure:
    addresses: tuple[str, ...]
    mails: int
    left: int
    """Mails of others, or to others too, that stay."""


def erase(ledger: Ledger, one: Person, *, reason: str, now: datetime) -> Erasure:
    """Erases what is kept about a person. The next pass takes labels and notes about them out of the mailbox, wherever staff put them.

    Raises Permanent while a restriction is in force: what it rests on must stay open to an appeal; and when the reason, which the
    journal keeps for good, names them.
    """
    if _shows(reason, one.traces):
        raise Permanent(
            "the reason names the person, and the journal would keep it for good; give one without their name or address"
        )
    ids = ledger.contacts_with(one.addresses)
    if any(row["in_force"] for row in ledger.conclusions(ids).restrictions):
        raise Permanent("a restriction of this person is in force; end it first, or its reasons could no longer be looked at")
    ledger.replace_conclusions(ids, ConclusionRows())
    ledger.settle(one.addresses)
    ruled = [ruling.id for ruling in rulings(ledger) if ruling.concerns(one.addresses)]
    said = [*papers_about(ledger, one.addresses), *telling.papers_about(ledger, [*one.addresses, *ids])]
    papers = sorted({*ruled, *said, *(incident.id for incident in incidents(ledger, one.addresses))})
    ledger.erase_papers(papers)
    ledger.journal(ERASED, at=now, actor="triage", subject={"mails": len(one.keys), "reason": reason, "papers": papers})
    ledger.set_meta(GROUNDS, "")  # others' conclusions may have rested on these mails
    take_away_later(ledger, one.keys)
    ledger.forget(one.keys, at=now)
    return Erasure(one.addresses, len(one.keys), len(one.shared))
