"""What a run of the program came to: the mailbox, the conclusions and the books, to compare with another end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mailstate import State, differences, folders, state
from servers import Server

from triage.export import everything
from triage.ledger import Ledger


@dataclass(frozen=True)
class End:
    """All that can be compared afterwards."""

    mailbox: State
    subscribed: list[str]
    conclusions: dict[str, Any]
    books: dict[str, Any]

    def unlike(self, wanted: End) -> list[str]:
        """Every difference, in words."""
        other = [
            *differences(self.mailbox, wanted.mailbox),
            *_unlike(self.conclusions, wanted.conclusions),
            *_unlike(self.books, wanted.books),
        ]
        if self.subscribed != wanted.subscribed:
            other.append(f"subscribed: {self.subscribed}, wanted {wanted.subscribed}")
        return other


def _unlike(found: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    return [
        f"{key}: {str(found[key])[:1500]}\n   wanted {str(wanted[key])[:1500]}" for key in wanted if found[key] != wanted[key]
    ]


def end_of(server: Server, user: str, folder: Path, now: str, url: str = "") -> End:
    """The end as it is now, of the mailbox `desk` whose ledger lies in `folder`, or at `url`. `now`: ISO 8601, for what depends on the
    time."""
    with Ledger.open(url or f"sqlite:///{folder / 'triage.db'}") as ledger:
        conclusions = everything(ledger, datetime.fromisoformat(now))
        for decision in conclusions["decisions"]:
            del decision["number"]  # of the journal's entry, which counts what was done too, once for each time it was done
        assert ledger.verify_journal() is None
        books = {
            "applied": {label: sorted(keys) for label, keys in ledger.applied("desk").items() if keys},
            "notes": sorted((one.note_id, one.message_id) for one in ledger.notes("desk")),
            "unconcluded": ledger.unconcluded(),
            "owed": ledger.owed(),
        }
    return End(state(server, user), folders(server, user, subscribed=True), conclusions, books)
