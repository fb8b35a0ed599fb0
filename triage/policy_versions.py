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
_LOOKED_AT = "policy looked at for its version"


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


def same_number(kept: Sequence[Version], name: str, fingerprint: str) -> bool:
    """Whether another text than this one was gone by under the same name: somebody changed the pack and not its version."""
    return any(one.name == name and one.fingerprint != fingerprint for one in kept)


def unnumbered(ledger: Ledger, pack: Pack, *, once: bool = False) -> str:
    """What to tell when the pack was changed without raising its version; "" when it was not, or with `once` when that was told before."""
    if once and ledger.meta(_LOOKED_AT) == pack.fingerprint:
        return ""
    if once:
        ledger.set_meta(_LOOKED_AT, pack.fingerprint)
    name = f"{pack.id} {pack.version}"
    if not same_number(versions(ledger), name, pack.fingerprint):
        return ""
    return (
        f'the policy was changed and its version was not: two texts are called {name} now. Write a higher `version` than "{pack.version}" in '
        f"{pack.path.name}, so that it stays clear what was decided under which rules; `triage policy versions` shows both texts"
    )


def called(kept: Sequence[Version], at: datetime) -> str:
    """What the version gone by at this time is called; with its number in the list where another text has the same name."""
    one = in_force(kept, at)
    if one is None:
        return ""
    return f"{one.name} (text {kept.index(one) + 1})" if same_number(kept, one.name, one.fingerprint) else one.name


def in_force(kept: Sequence[Version], at: datetime) -> Version | None:
    """The version gone by at this time; the first one for what was before the program came."""
    return next((one for one in reversed(kept) if one.since <= at), kept[0] if kept else None)
