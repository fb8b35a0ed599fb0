"""What came of the demo's passes, as values: from the ledger and from the server, after the fact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from triage.cycle import Report
from triage.decision import counts
from triage.demo.sample import Sample
from triage.finding import Finding
from triage.ledger import ConclusionRows, Ledger
from triage.message import Message
from triage.policy import Pack

Row = Mapping[str, Any]
SURE = 0.5
"""Findings below it are unsure: shown to people, counted for nothing, left out here."""


@dataclass(frozen=True, slots=True)
class Concluded:
    """What stands in the ledger after the pass."""

    rows: ConclusionRows
    messages: Mapping[str, Message]
    """By key."""
    pack: Pack

    def sent(self, finding: Row) -> datetime:
        """When the mail with this finding was sent."""
        return self.messages[finding["message_key"]].sent_at

    def contact(self, contact: str) -> Row:
        return next(row for row in self.rows.contacts if row["id"] == contact)

    def found(self, *, contact: str = "", message: str = "") -> list[Row]:
        """The sure findings on a contact, or on the mail with this key."""
        rows = [row for row in self.rows.findings if row["strength"] >= SURE and not row["by_staff"]]
        return [row for row in rows if row["contact"] == contact or row["message_key"] == message]


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder as a mail program sees it."""

    name: str
    mails: int
    labels: Mapping[str, int]
    """Label → on how many mails."""


@dataclass(frozen=True, slots=True)
class Scene:
    """All that is shown."""

    sample: Sample
    first: Report
    again: Report
    seconds: float
    """How long the first pass took."""
    concluded: Concluded
    folders: tuple[Folder, ...]


def concluded(ledger: Ledger, pack: Pack) -> Concluded:
    """What the ledger holds now, with the mails it is about."""
    rows = ledger.conclusions()
    keys = {key for row in rows.matters for key in row["keys"]}
    return Concluded(rows, {one.key: one for one in ledger.messages(keys) if isinstance(one, Message)}, pack)


def counted(row: Row) -> bool:
    """Whether a finding may move its contact's stage."""
    return counts(Finding(**{**row, "quotes": (), "earlier": ()}))
