"""One mailbox in which to act, and what acting came to: what `triage.acting` and `triage.noting` share."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from triage.ledger import Ledger
from triage.mailbox import Mailbox
from triage.settings import Settings


@dataclass(slots=True)
class Done:
    """What one acting changed in a mailbox."""

    labelled: int = 0
    unlabelled: int = 0
    held: int = 0
    released: int = 0
    notes: int = 0
    notes_removed: int = 0
    notes_moved: int = 0
    folders: int = 0
    scripts: int = 0
    """Sieve scripts put, renewed or taken away."""
    problems: list[str] = field(default_factory=list)
    plan: list[str] = field(default_factory=list)
    """In words, what was done (or, on a dry run, would be done)."""
    tally: Counter[str] = field(default_factory=Counter)
    """Mails by what is done to them, while the folders are gone through: a mail to be held is still in the inbox on a dry run."""

    @property
    def changes(self) -> int:
        return (
            self.labelled
            + self.unlabelled
            + self.held
            + self.released
            + self.notes
            + self.notes_removed
            + self.notes_moved
            + self.folders
            + self.scripts
        )


@dataclass(frozen=True, slots=True)
class Actor:
    """One mailbox and all that is needed to act in it. With `dry`, everything is worked out and nothing is written."""

    box: Mailbox
    ledger: Ledger
    settings: Settings
    now: datetime
    dry: bool = False

    @property
    def name(self) -> str:
        return self.box.account.name
