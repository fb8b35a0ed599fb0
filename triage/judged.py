"""Verdicts on mails by themselves, where no note rests on the mail: which notes are to tell of them.

One note tells of all that was said of the mails of one matter, so that moving a conversation makes one note and not ten. Once it was
written it keeps its mails: when what was said is taken back it says so, and what is said anew is told in the same note.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from triage.evidence import Directory
from triage.hearing import JUDGED, NOTE, verdicts
from triage.ledger import Ledger
from triage.message import Message
from triage.verdict import Choice, Verdict, agreed, voices_on_mails

_RECENT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Judged:
    """What one such note tells."""

    id: str
    about: Message
    """The mail in whose thread it lies: the first that was judged."""
    mails: tuple[Message, ...]
    """Oldest first."""
    voices: Mapping[str, tuple[Verdict, ...]]
    """What counts, by the key of the mail; nothing for one of which all was taken back."""
    last: Verdict
    """The latest act, be it that it took something back."""

    @property
    def disputed(self) -> bool:
        return any(said and agreed(said) is None for said in self.voices.values())

    @property
    def choice(self) -> Choice:
        """What was said last and stands; "open" where nothing stands, or people differ."""
        standing = [one for said in self.voices.values() if (one := agreed(said))]
        return max(standing, key=lambda one: one.at).choice if standing and not self.disputed else "open"


def judged(
    ledger: Ledger, mailbox: str, staff: Directory, claimed: Collection[str], lying: Collection[str], now: datetime
) -> tuple[Judged, ...]:
    """The notes about mails that were judged by themselves in this mailbox. `claimed`: the keys of mails of which another note tells.
    `lying`: the ids of the notes that were written. One is begun within a month of the verdict, or not at all."""
    said = [one for one in verdicts(ledger) if not one.proposal]
    last = {key: one for one in said for key in one.keys}
    told = _told(ledger, mailbox) if last else {}
    still = {key for name, keys in told.items() if name in lying for key in keys}
    wanted = [key for key, one in last.items() if key in still or now - one.at < _RECENT]
    read = [one for one in ledger.messages(wanted) if isinstance(one, Message)] if wanted else []
    here = {one for keys in told.values() for one in keys}
    here |= {one.key for one in read if (one.mailbox if last[one.key].by_answer else last[one.key].by) == mailbox}
    mails = {one.key: one for one in read if one.key in here and not staff.employs(one.sender.email)}
    if not mails:
        return ()
    voices = voices_on_mails(said)
    of = {key: name for name, keys in told.items() for key in keys if key in mails}
    new = [key for key in mails if key not in of and key not in claimed and voices.get(key) and now - last[key].at < _RECENT]
    matters = _matters(ledger, mails.values()) if new else {}
    for key in new:
        same = [name for each, name in of.items() if matters.get(each, each) == matters.get(key, key)]
        of[key] = same[0] if same else "p-" + hashlib.sha256(f"{JUDGED} {mailbox} {key}".encode()).hexdigest()[:12]
    found = []
    for name in dict.fromkeys(of.values()):
        keys = [key for key in mails if of.get(key) == name]
        latest = max((last[key] for key in keys), key=lambda one: one.at)
        stands = any(voices.get(key) for key in keys)
        if now - latest.at < _RECENT or (stands and name in lying):
            every = tuple(sorted((mails[key] for key in keys), key=lambda one: (one.sent_at, one.key)))
            found.append(Judged(name, mails[keys[0]], every, {key: voices.get(key, ()) for key in keys}, latest))
    return tuple(found)


def _told(ledger: Ledger, mailbox: str) -> dict[str, list[str]]:
    """The mails that each such note of this mailbox has told of, oldest note first."""
    found: dict[str, list[str]] = {}
    for entry in ledger.entries(kinds=(NOTE,)):
        if entry.subject.get("kind") == JUDGED and entry.subject["mailbox"] == mailbox:
            found.setdefault(str(entry.subject["proposal"]), []).extend(entry.subject["keys"])
    return found


def _matters(ledger: Ledger, mails: Iterable[Message]) -> dict[str, str]:
    """Key of a mail → the id of the matter that it is about."""
    rows = ledger.conclusions(ledger.contacts_with({one.sender.email for one in mails})).matters
    return {key: str(row["id"]) for row in rows for key in row["keys"]}
