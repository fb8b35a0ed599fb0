"""Mailbox → verdicts → journal: what staff told us by moving a note or a mail, by a verdict label, or by answering a note.

A verdict is written down in the same transaction as the place up to which its folder was read, so that none is lost and none is
heard twice; one that only repeats the last word on its subject is not written again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from triage.evidence import Directory
from triage.label import AGREE, DISMISS, VERDICTS
from triage.ledger import Ledger
from triage.mailbox import Mailbox
from triage.message import Message
from triage.verdict import Choice, Verdict

_A_NOTE = re.compile(r"<p-[0-9a-f]{12}\.[0-9a-f]{16}@triage\.")
_WORD = re.compile(r"\s*(approved?|reject(?:ed)?)(?=\s*(?:$|[.,:;!–-]))", re.IGNORECASE)
_CHOICES: dict[str, Choice] = {"approve": "agree", "approved": "agree", "reject": "dismiss", "rejected": "dismiss"}

VERDICT = "verdict"
"""The journal's name for a verdict."""
FILED = "filed"
"""The journal's name for a note of ours that we moved to where its answer belongs."""
NOTE = "note"
"""The journal's name for a note that was written."""


def verdicts(ledger: Ledger) -> tuple[Verdict, ...]:
    """Every verdict in the journal, oldest first."""
    return tuple(Verdict.read(entry.at, entry.actor, entry.subject) for entry in ledger.entries(kinds=(VERDICT,)))


def write_down(ledger: Ledger, heard: Iterable[Verdict]) -> int:
    """Writes verdicts that say something new into the journal; returns how many."""
    waiting = list(heard)
    if not waiting:
        return 0
    last = {(one.by, one.proposal, one.keys): one.choice for one in verdicts(ledger)}
    count = 0
    for one in waiting:
        if last.get((one.by, one.proposal, one.keys)) != one.choice:
            ledger.journal(VERDICT, at=one.at, actor=one.by, subject=one.subject())
            last[one.by, one.proposal, one.keys] = one.choice
            count += 1
    return count


def filed_by_us(ledger: Ledger, mailbox: str, choice: Choice, message_id: str) -> bool:
    """Whether we put this note there ourselves, because somebody had answered it so; its lying there is no further verdict."""
    filed = {"mailbox": mailbox, "choice": choice, "message_id": message_id}
    return any(entry.subject == filed for entry in ledger.entries(kinds=(FILED,)))


def on_note(ledger: Ledger, mailbox: str, choice: Choice, proposal: str, message_id: str, now: datetime) -> Verdict:
    """The verdict that moving one of our notes is, on the messages the note was about."""
    keys: frozenset[str] = frozenset()
    for row in ledger.proposals([proposal]):
        keys = frozenset(row["keys"])
    for entry in ledger.entries(kinds=(NOTE,)):
        if entry.subject["proposal"] == proposal and entry.subject["message_id"] == message_id:
            keys = frozenset(entry.subject["keys"])
    return Verdict(now, mailbox, choice, proposal, keys)


def noted_by(ledger: Ledger, message: Message, staff: Directory) -> str:
    """Message-ID of the note of ours that a mail answers, when one of us wrote it and that is proved; "" otherwise.

    Anybody can write one of our addresses into From. What lies in Sent we wrote ourselves; of what came in, our server must have
    said that the sender is genuine (RFC 8601).
    """
    answered = message.in_reply_to
    if not _A_NOTE.match(answered) or message.automatic or not staff.employs(message.sender.email):
        return ""
    if not all(staff.employs(one.email) for one in (*message.to, *message.cc)):
        return ""  # a note lies in the customer's conversation, so a letter to the customer may cite it
    if message.role != "sent" and message.authenticity != "pass":
        return ""
    return answered if is_our_note(ledger, message.mailbox, answered) else ""


def choice_in(own: str) -> Choice | None:
    """The verdict in the first line of an answer: APPROVE or REJECT, in any case of letters, a reason after a comma, a full stop or a
    dash, or below; None where the line says anything else, so that "no idea who this is" is no verdict."""
    first = next((line for line in own.splitlines() if line.strip()), "")
    word = _WORD.match(first)
    return _CHOICES[word[1].lower()] if word else None


def by_answer(ledger: Ledger, message: Message, note: str, choice: Choice, now: datetime) -> Verdict:
    """The verdict that one of us gave by answering a note of ours."""
    proposal = note[1:].partition(".")[0]
    heard = on_note(ledger, message.mailbox, choice, proposal, note, now)
    return replace(heard, by=message.sender.email, answer=message.message_id)


def by_label(box: Mailbox, ledger: Ledger, now: datetime) -> list[Verdict]:
    """Verdicts given by a label on the mail itself, in the inbox. A mail that bears both labels says nothing."""
    box.open(box.folders.inbox)
    bearing = {name: set(box.bearing(name)) for name in VERDICTS}
    both = bearing[AGREE] & bearing[DISMISS]
    found = []
    for name, uids in bearing.items():
        if uids - both:
            placed = ledger.placed_in(box.account.name, box.folders.inbox)
            choice: Choice = "agree" if name == AGREE else "dismiss"
            heard = sorted(uid for uid in uids - both if uid in placed)
            found += [Verdict(now, box.account.name, choice, "", frozenset({placed[uid]})) for uid in heard]
    return found


def is_our_note(ledger: Ledger, mailbox: str, message_id: str) -> bool:
    """Whether we wrote the note with this Message-ID. The header that marks a note is no proof: a stranger can write it too."""
    if any(one.message_id == message_id for one in ledger.notes(mailbox)):
        return True
    return any(entry.subject["message_id"] == message_id for entry in ledger.entries(kinds=(NOTE,)))
