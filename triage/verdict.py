"""What staff told us by a positive act: moving a note or a mail to Triage/Agree or Triage/Dismiss, or putting a verdict label on it.

Only a positive act is a verdict. A vanished, archived, starred, read, junked or un-labelled mail says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Choice = Literal["agree", "dismiss"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One verdict, as the journal keeps it."""

    at: datetime
    """When the program saw it, in UTC."""
    by: str
    """The mailbox in which it was given, as IMAP does not say which colleague moved a mail; or, where one of us answered the note,
    the address of who did."""
    choice: Choice
    proposal: str
    """The id of the proposal whose note was judged; "" when a mail itself was."""
    keys: frozenset[str]
    """The messages it is about: those the proposal rested on, or the mail that was moved."""
    answer: str = ""
    """Message-ID of the mail that gave it, where somebody answered the note; the reason stands there."""

    @property
    def by_answer(self) -> bool:
        return bool(self.answer)

    def words(self) -> str:
        done = "dismissed" if self.choice == "dismiss" else "agreed to"
        return f"{done} {'by' if self.by_answer else 'in'} {self.by} on {self.at:%Y-%m-%d}"

    def subject(self) -> dict[str, Any]:
        """The form in which the journal keeps it."""
        said = {"choice": self.choice, "proposal": self.proposal, "keys": sorted(self.keys)}
        return {**said, "answer": self.answer} if self.answer else said

    @staticmethod
    def read(at: datetime, actor: str, subject: Mapping[str, Any]) -> Verdict:
        """The reverse of `subject`."""
        return Verdict(at, actor, subject["choice"], subject["proposal"], frozenset(subject["keys"]), subject.get("answer", ""))


def dismissed(verdicts: Iterable[Verdict]) -> dict[str, Verdict]:
    """Message key → the verdict that dismissed what was found on it; a later agreement takes a dismissal back."""
    found: dict[str, Verdict] = {}
    for verdict in sorted(verdicts, key=lambda one: one.at):
        for key in verdict.keys:
            if verdict.choice == "dismiss":
                found[key] = verdict
            else:
                found.pop(key, None)
    return found


def on_proposals(verdicts: Iterable[Verdict]) -> dict[str, Verdict]:
    """Proposal id → the last verdict on it."""
    return {verdict.proposal: verdict for verdict in sorted(verdicts, key=lambda one: one.at) if verdict.proposal}
