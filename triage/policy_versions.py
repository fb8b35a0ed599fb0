"""Every version of the policy that was ever gone by, as it stood, and since when: what was decided under which rules can be read later.

A version is kept when the first pass goes by it: its text as a paper of the ledger, and an entry of the journal with its fingerprint. So
each event in the journal belongs to the version whose entry stands before it (R05, 001/0-a, 001/4-2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from triage.ledger import Ledger
from triage.policy import Pack

POLICY = "policy"
"""The journal's name for "from here on this version is gone by"."""
_LAST = "policy in force"


@dataclass(frozen=True, slots=True)
class Version:
    since: datetime
    name: str
    """The pack's id and version, such as "004 1"."""
    fingerprint: str
    """SHA-256 (hex) of the file."""
    text: str
    """The file as it was."""


def keep(ledger: Ledger, pack: Pack, now: datetime) -> None:
    """Keeps the pack if it is not the one that was gone by until now."""
    if ledger.meta(_LAST) == pack.fingerprint or not pack.path.is_file():
        return
    name = f"{pack.id} {pack.version}"
    with ledger.transaction():
        paper = ledger.keep_paper({"name": name, "text": pack.path.read_text(encoding="utf-8")})
        ledger.journal(POLICY, at=now, actor="triage", subject={"policy": name, "fingerprint": pack.fingerprint, "paper": paper})
        ledger.set_meta(_LAST, pack.fingerprint)


def versions(ledger: Ledger) -> list[Version]:
    """Every version that was gone by, oldest first; one that came back stands in it twice. Raises Permanent when one was tampered with."""
    entries = list(ledger.entries(kinds=(POLICY,)))
    texts = ledger.papers(entry.subject["paper"] for entry in entries)
    return [
        Version(entry.at, entry.subject["policy"], entry.subject["fingerprint"], str(texts[entry.subject["paper"]]["text"]))
        for entry in entries
        if entry.subject["paper"] in texts
    ]


def in_force(kept: Sequence[Version], at: datetime) -> Version | None:
    """The version gone by at this time; the first one for what was before the program came."""
    return next((one for one in reversed(kept) if one.since <= at), kept[0] if kept else None)
