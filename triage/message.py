"""One mail, as everything after the mailbox sees it: `Message`, or `Unreadable` when no sense could be made of it.

Only `triage.parsing` (the owner of mail-parser) makes these from bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Role = Literal["inbox", "sent"]
"""Where the mail was found: written to us, or by us."""

Authenticity = Literal["pass", "fail", "unknown"]
"""What our own receiving server found about the sender (RFC 8601). Only `fail` is ever used against a claim of identity."""


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox of RFC 5322 section 3.4: the display name as written, the address in lower case."""

    name: str
    email: str

    @property
    def domain(self) -> str:
        return self.email.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Passage:
    """Words in a mail that are not its sender's own: a quotation, or somebody else's mail passed on."""

    text: str
    author: str = ""
    """The e-mail address, or else the name, in the line that introduces it; "" when nothing says whose words they are."""


@dataclass(frozen=True, slots=True)
class Wording:
    """Who said what in one mail. Only `own` is ever held against, or counted for, its sender."""

    own: str
    """The sender's own new words, paragraphs kept, signature and greeting block not removed from within but below."""
    signature: str = ""
    quoted: tuple[Passage, ...] = ()
    forwarded: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    content_type: str
    size: int
    """Octets of the decoded part, or of the part as far as it was fetched."""


@dataclass(frozen=True, slots=True)
class Message:
    """A mail that could be read. Times are aware and in UTC."""

    key: str
    """SHA-256 (hex) of the mail's bytes with CRLF line ends: what tells one mail from another, since Message-ID does not."""
    message_id: str
    """With angle brackets, unfolded; made from `key` where the mail has none."""
    mailbox: str
    """The name of the mailbox it was first seen in (the part after "mailbox:" in the settings)."""
    role: Role
    sent_at: datetime
    """The Date header when it is plausible (not after arrival by more than a day), else the time of arrival."""
    received_at: datetime
    """INTERNALDATE (RFC 3501 section 2.3.3)."""
    sender: Address
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    in_reply_to: str
    references: tuple[str, ...]
    wording: Wording
    automatic: str = ""
    """Why this is not a person's mail (RFC 3834), in words; "" for a person's."""
    authenticity: Authenticity = "unknown"
    authentication_note: str = ""
    """The words of the server's own Authentication-Results, e.g. "dmarc=fail"; shown as evidence."""
    attachments: tuple[Attachment, ...] = ()
    truncated: bool = False
    """Only the first part was fetched, because the mail is larger than the limit."""
    faults: tuple[str, ...] = field(default=())
    """What was odd about its form; for the people who look at it, never a reason to drop it."""

    @property
    def own(self) -> str:
        return self.wording.own

    @property
    def proved(self) -> bool:
        """Whether the sender is certain: the mail lies in Sent, or our own server vouches for them (RFC 8601)."""
        return self.role == "sent" or self.authenticity == "pass"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A mail no sense could be made of. A person is shown it; it counts neither for nor against anybody."""

    key: str
    message_id: str
    mailbox: str
    role: Role
    received_at: datetime
    reason: str
    sender: str = ""
    """What stands in From, if that much could be read."""
    subject: str = ""
