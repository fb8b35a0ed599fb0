"""Letter → Drafts: the only place where a mail of ours to somebody outside is written into a mailbox, and never further."""

from __future__ import annotations

from datetime import datetime

from triage.errors import Permanent
from triage.ledger import Ledger
from triage.letter import Letter, compose
from triage.mailbox import connect
from triage.settings import Settings

DRAFTED = "drafted"
"""The journal's name for a letter laid into Drafts."""


def lay(letter: Letter, ledger: Ledger, settings: Settings, now: datetime) -> str:
    """Lays a letter into the Drafts folder of the mailbox that the correspondence is in; "FOLDER of MAILBOX".

    Raises Permanent where the server has no such folder, Temporary when the line breaks.
    """
    keys = ledger.keys_by_message_id(letter.in_reply_to)
    names = [message.mailbox for message in ledger.messages(keys)]
    one = next((box for box in settings.mailboxes if box.name in names), settings.mailboxes[0])
    with connect(one.account()) as box:
        folder = box.folders.drafts
        if folder is None:
            raise Permanent(f"{one.name}: the server shows no folder for drafts; print the letter without --draft instead")
        box.append(folder, compose(letter, mailbox=one.address, now=now), flags=("\\Draft",), at=now)
        ledger.journal(DRAFTED, at=now, actor="triage", subject={"mailbox": one.name, "letter": letter.kind})
    return f"{folder} of {one.name}"
