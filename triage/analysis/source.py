"""Ledger → what the tables are made of: every mail once, where it belongs, and what was concluded and decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from triage import hearing, record
from triage.analysis.pseudonym import Pseudonyms
from triage.answer import StaffAct
from triage.conclusion import PRESSING
from triage.decision import counts
from triage.evidence import Directory
from triage.export import matters as joined
from triage.finding import KINDS, SURE, Finding
from triage.ledger import ConclusionRows, Ledger
from triage.message import Message
from triage.ruling import Incident, Ruling
from triage.settings import Settings
from triage.story import by_staff, one_copy_each, order, tell
from triage.verdict import Verdict

Row = dict[str, Any]


def as_finding(row: Mapping[str, Any]) -> Finding:
    """A finding as the ledger keeps it, without its quotations."""
    return Finding(**{**row, "quotes": (), "earlier": ()})


@dataclass(frozen=True)
class Source:
    """Everything the tables look at, read once. Message-IDs name mails here; the tables give them pseudonyms."""

    settings: Settings
    directory: Directory
    names: Pseudonyms
    rows: ConclusionRows
    matters: tuple[Row, ...]
    """As `triage export` gives them: one each, with all who write about it."""
    mails: tuple[Message, ...]
    """Each once, oldest first."""
    by_id: Mapping[str, Message]
    first_copy: Mapping[str, str]
    """Message key → Message-ID of the mail it is a copy of, or of itself."""
    home: Mapping[str, str]
    """Message-ID → matter."""
    writer: Mapping[str, str]
    """Address → contact."""
    verdicts: tuple[Verdict, ...]
    entries: tuple[int, ...]
    """The verdicts' numbers in the journal."""
    rulings: tuple[tuple[int, str, Ruling], ...]
    """Number in the journal, contact, and what was decided."""
    incidents: tuple[Incident, ...]
    """What happened by other ways than mail, as it was written down and not taken back."""
    held: frozenset[str]
    """Message-IDs."""
    no_answer: Mapping[str, str]
    """Message-ID of a mail of ours → why it is no answer."""
    does: Mapping[str, tuple[str, ...]]
    """Message-ID of a mail of ours → what it does besides answering."""
    not_owed: frozenset[str] = frozenset()
    """Message-IDs of mails to which no further answer is owed: they press on a question we had answered, break a stop, or fall under
    a restriction."""
    hard: frozenset[str] = frozenset()
    """Message-IDs of mails with conduct in them, which are no mere thanks however they end."""
    notices: frozenset[str] = frozenset()
    """Message-IDs of our notices of a restriction: nobody waits for an answer after one."""
    ours: frozenset[str] = frozenset()
    """Message-IDs of mails by staff."""
    wrote: frozenset[str] = frozenset()
    """The contacts who wrote to us in person: the rows of the table `contacts`."""
    written_about: frozenset[str] = frozenset()
    """The matters in which somebody outside wrote in person: the rows of the table `matters`."""

    def deadline(self, asked: datetime) -> datetime:
        """When an answer to a mail of that moment is due, UTC."""
        organisation = self.settings.organisation
        if organisation.service_standard:
            return organisation.service_standard.deadline(asked, organisation.time_zone)
        return asked + timedelta(days=self.settings.pack().thresholds.overdue_days * 7 / 5)

    def mail(self, message_id: str) -> str:
        """The pseudonym of a mail."""
        return self.names.of("mail", message_id)

    def contact(self, contact: str) -> str:
        """The pseudonym of a contact; "" for one who has no row in `contacts`, as only a machine wrote, or only we did."""
        return self.names.of("contact", contact) if contact in self.wrote else ""

    def matter(self, matter: str) -> str:
        """The pseudonym of a matter; "" for one that has no row in `matters`."""
        return self.names.of("matter", matter) if matter in self.written_about else ""

    def contact_at(self, addresses: Iterable[str]) -> str:
        """The contact behind one of these addresses, as people are told apart today; "" when there is none."""
        return next((self.writer[one] for one in sorted(addresses) if one in self.writer), "")

    def contact_of(self, mail: Message) -> str:
        """The contact who wrote it, or whom we wrote to; "" for a mail of no contact."""
        people = [mail.sender] if mail.message_id not in self.ours else [*mail.to, *mail.cc]
        return next((self.writer[one.email] for one in people if one.email in self.writer), "")

    def team_of(self, message_id: str) -> str:
        """The mailbox in which a mail was found."""
        mail = self.by_id.get(message_id)
        return mail.mailbox if mail else ""


def gather(ledger: Ledger, settings: Settings, names: Pseudonyms) -> Source:
    """Reads the ledger; writes nothing."""
    rows = ledger.conclusions()
    staff = settings.directory()
    every = [one for one in ledger.messages(ledger.all_keys()) if isinstance(one, Message)]
    copies = one_copy_each(every)
    mails = tuple(sorted((same[0] for same in copies.values()), key=order))
    matters = tuple(joined(rows))
    entries = tuple(ledger.entries(kinds=(hearing.VERDICT,)))
    ids = {one.key: one.message_id for one in every}
    writer = {address: row["id"] for row in rows.contacts for address in row["addresses"]}
    ours = frozenset(one.message_id for one in mails if by_staff(one, staff))
    theirs = {one.message_id: one.sender.email for one in mails if not one.automatic and one.message_id not in ours}
    return Source(
        settings=settings,
        directory=staff,
        names=names,
        rows=rows,
        matters=matters,
        mails=mails,
        by_id={one.message_id: one for one in reversed(mails)},
        first_copy={copy.key: same[0].message_id for same in copies.values() for copy in same},
        home={message: row["id"] for row in matters for message in row["messages"]},
        writer=writer,
        verdicts=tuple(Verdict.read(entry.at, entry.actor, entry.subject) for entry in entries),
        entries=tuple(entry.number for entry in entries),
        rulings=tuple(_rulings(ledger)),
        incidents=record.standing_incidents(ledger),
        held=frozenset(ids[row["message_key"]] for row in rows.wanted if row["held"] and row["message_key"] in ids),
        no_answer={message: why for row in rows.matters for message, why in row["no_answer"].items()},
        does=dict(_done(ledger, settings, rows)),
        not_owed=frozenset(_pressing(rows))
        | frozenset(_restricted(rows, matters, {one.message_id: one.sent_at for one in mails})),
        hard=frozenset(row["message_id"] for row in rows.findings if KINDS[row["kind"]] == "conduct" and row["strength"] >= SURE),
        notices=frozenset(row["notice"] for row in rows.restrictions),
        ours=ours,
        wrote=frozenset(writer[email] for email in theirs.values() if email in writer),
        written_about=frozenset(row["id"] for row in matters if not theirs.keys().isdisjoint(row["messages"])),
    )


def _done(ledger: Ledger, settings: Settings, rows: ConclusionRows) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The stories of those of whom something was found are told again: nobody else is warned or restricted."""
    found = {row["contact"] for row in rows.findings if row["strength"] >= SURE and KINDS[row["kind"]] != "protective"}
    for row in rows.contacts:
        if row["id"] in found:
            for turn in tell(row["addresses"], ledger.messages_with(row["addresses"]), settings.directory()).turns:
                if turn.act:
                    yield turn.message.message_id, tuple(name for name, words in _acts(turn.act) if words)


def _acts(act: StaffAct) -> Iterator[tuple[str, object]]:
    yield "warning", act.warning
    yield "restriction", act.restriction
    yield "stop", act.stop
    yield "lifts", act.lifted
    yield "decides an appeal", act.appeal_decided


def _rulings(ledger: Ledger) -> Iterator[tuple[int, str, Ruling]]:
    """Each decision about a contact whose paper is still kept; one whose words were erased is no longer told of."""
    kept = {one.id: one for one in record.rulings(ledger)}
    for entry in ledger.entries(kinds=(record.RULING,)):
        if entry.subject["paper"] in kept:
            yield entry.number, entry.subject["contact"], kept[entry.subject["paper"]]


def _pressing(rows: ConclusionRows) -> Iterator[str]:
    for row in rows.findings:
        if row["kind"] in PRESSING and counts(as_finding(row)):
            yield row["message_id"]


def _restricted(rows: ConclusionRows, matters: Iterable[Row], sent: Mapping[str, datetime]) -> Iterator[str]:
    """The mails on matters under a restriction while it was in force, but for those that are never held."""
    spared = {row["message_id"] for row in rows.findings if KINDS[row["kind"]] == "protective"}
    for hold in rows.restrictions:
        start = datetime.fromisoformat(hold["start"])
        ends = [datetime.fromisoformat(hold[name]) for name in ("until", "ended_early") if hold[name]]
        for row in matters:
            if row["id"] in hold["matters"]:
                yield from (
                    one for one in row["messages"]
                    if one in sent and one not in spared and start < sent[one] and not any(end < sent[one] for end in ends)
                )  # fmt: skip
