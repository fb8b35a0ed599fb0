"""Rulings and incidents in the ledger: an entry of the journal for each, and the paper with its words.

Both are written in one transaction, so that after a crash either both are there or none is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from triage.ledger import Entry, Ledger
from triage.ruling import Incident, Ruling

RULING, INCIDENT = "ruling", "incident"
"""The journal's names for them."""
ERASED = "erased"
"""The journal's name for the erasure of what is kept about somebody; it names the papers that went with it."""


def rulings(ledger: Ledger) -> tuple[Ruling, ...]:
    """Every ruling whose paper is still kept, oldest first. Raises Permanent when one was tampered with."""
    return tuple(Ruling.read(content, digest) for digest, content in _papers(ledger, RULING))


def incidents(ledger: Ledger, addresses: Iterable[str] | None = None) -> tuple[Incident, ...]:
    """Every incident whose paper is still kept, oldest first; those of one contact when `addresses` are given."""
    found = [Incident.read(content, digest) for digest, content in _papers(ledger, INCIDENT)]
    known = None if addresses is None else set(addresses)
    return tuple(one for one in found if known is None or known & one.addresses)


def standing_incidents(ledger: Ledger, addresses: Iterable[str] | None = None) -> tuple[Incident, ...]:
    """The incidents (of one contact, when `addresses` are given) that nobody has taken back, oldest first: those that may be held
    against anybody."""
    gone = {one.about for one in rulings(ledger) if one.act == "withdraw"}
    return tuple(one for one in incidents(ledger, addresses) if one.id not in gone)


def _papers(ledger: Ledger, kind: str) -> list[tuple[str, dict[str, object]]]:
    entries: list[Entry] = list(ledger.entries(kinds=(kind,)))
    kept = ledger.papers(entry.subject["paper"] for entry in entries)
    return [(entry.subject["paper"], kept[entry.subject["paper"]]) for entry in entries if entry.subject["paper"] in kept]


def lost_papers(ledger: Ledger) -> tuple[Entry, ...]:
    """The entries whose paper is gone although no erasure took it: somebody took it out of the database. Raises Permanent where a paper
    was changed.

    Of erasures that an older version recorded it is not known what they took, so whatever was written before the last of these counts as
    theirs.
    """
    written = [entry for entry in ledger.entries() if entry.subject.get("paper")]
    kept = ledger.papers(entry.subject["paper"] for entry in written)
    erased: set[str] = set()
    unknown = 0
    for entry in ledger.entries(kinds=(ERASED,)):
        erased.update(entry.subject.get("papers", ()))
        unknown = unknown if "papers" in entry.subject else entry.number
    return tuple(one for one in written if one.number > unknown and one.subject["paper"] not in kept.keys() | erased)


def write_ruling(ledger: Ledger, ruling: Ruling, contact: str) -> Ruling:
    """Writes a ruling down that nothing stands in the way of; gives it with its id."""
    with ledger.transaction():
        kept = replace(ruling, id=ledger.keep_paper(ruling.paper()))
        ledger.journal(RULING, at=kept.at, actor=kept.by, subject=kept.subject(contact))
    return kept


def write_incident(ledger: Ledger, incident: Incident, contact: str) -> Incident:
    """Writes down what happened by another way than mail; gives it with its id."""
    with ledger.transaction():
        kept = replace(incident, id=ledger.keep_paper(incident.paper()))
        ledger.journal(INCIDENT, at=kept.at, actor=kept.reported_by, subject=kept.subject(contact))
    return kept
