"""One mail of the demo's year as bytes, and the one thing that is known of it: who wrote it, in which story, and as what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Literal

Act = Literal[
    "ask", "chase", "cross chase", "again", "shop", "burst", "abuse", "threat", "appeal", "held", "thanks", "rights",
    "campaign", "answer", "late answer", "answer again", "acknowledgement", "warning", "restriction", "appeal decided", "automatic",
]  # fmt: skip
"""What a mail is in its story."""


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who writes or is written to."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail and the truth about it."""

    id: str
    act: Act
    at: datetime
    """When it was sent and received, aware, UTC."""
    sender: Party
    to: Party
    team: str
    """The mailbox it belongs to."""
    by_staff: bool
    subject: str
    body: str
    person: str
    """The address of the outside person in whose story it is."""
    matter: str
    """The story's own name for what it is about; "" for a machine's mail."""
    answers: str = ""
    """The id of the mail it replies to within the thread."""
    finds: frozenset[str] = frozenset()
    """Kinds of finding that are really there."""
    may: frozenset[str] = frozenset()
    """Kinds that one may see there besides."""
    cc: tuple[Party, ...] = ()
    """Who gets a copy."""
    forged: bool = False
    automatic: bool = False

    @property
    def message_id(self) -> str:
        return f"<{self.id}@{self.sender.email.partition('@')[2]}>"

    def raw(self, domain: str, parent: Letter | None) -> bytes:
        """As RFC 5322 bytes with CRLF line ends; `domain`: ours, `parent`: the mail it replies to."""
        mail = EmailMessage(policy=SMTP)
        if not self.by_staff:
            theirs = self.sender.email.partition("@")[2]
            found = "spf=fail; dkim=none; dmarc=fail" if self.forged else "spf=pass; dkim=pass; dmarc=pass"
            mail["Authentication-Results"] = f"mx.{domain}; {found} header.from={theirs}"
        mail["From"] = Address(self.sender.name, addr_spec=self.sender.email)
        mail["To"] = Address(self.to.name, addr_spec=self.to.email)
        if self.cc:
            mail["Cc"] = [Address(one.name, addr_spec=one.email) for one in self.cc]
        mail["Subject"] = self.subject
        mail["Date"] = self.at
        mail["Message-ID"] = self.message_id
        if parent is not None:
            mail["In-Reply-To"] = mail["References"] = parent.message_id
        if self.automatic:
            mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(self.body + "\n")
        return bytes(mail)
