"""The values that pass between the mailbox and the rest: what to connect to, and what was found there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Security = Literal["tls", "starttls", "none"]


@dataclass(frozen=True, slots=True)
class Account:
    """What is needed to connect to one mailbox. The password never shows in a repr, so never in a log or a traceback."""

    name: str
    """The name in the settings: the part after "mailbox:"."""
    address: str
    host: str
    port: int
    security: Security
    username: str
    password: str = field(repr=False)
    inbox: str | None = None
    """The folder that mail arrives in; None for INBOX."""
    sent: str | None = None
    """The folder of what staff sent; None to look for it."""
    ca_file: str | None = None
    """A PEM file of the only authorities to trust for this server; None for those the machine trusts."""
    client_certificate: str | None = None
    """A PEM file of the certificate by which the server knows us, with those it needs between it and its authority."""
    client_key: str | None = None
    """A PEM file of its private key, without a passphrase."""
    token: Callable[..., str] | None = field(default=None, repr=False)
    """Gives an OAuth 2 access token in place of a password; called with anew=True after one was refused."""
    sieve_port: int = 4190
    """Where the same server keeps Sieve scripts (RFC 5804 section 1.8)."""
    timeout: float = 60.0
    """Seconds of silence after which the server counts as away; a whole command may take five times as long."""


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders this program knows, spelt as this server spells them (prefix and separator included)."""

    inbox: str
    sent: str | None
    drafts: str | None
    review: str
    agree: str
    dismiss: str
    held: str

    @property
    def ours(self) -> tuple[str, ...]:
        """The folders this program always makes. These, the label folders and their parent are all it may ever remove."""
        return (self.review, self.agree, self.dismiss, self.held)

    @property
    def parent(self) -> str:
        """The folder they lie in ("Triage")."""
        return self.review.removesuffix("Review").rstrip("./-\\")

    def of_label(self, label: str) -> str:
        """The folder that stands for a label where the server keeps none: "triage-conduct" is Triage/Conduct."""
        return self.review.removesuffix("Review") + label.removeprefix("triage-").title()


@dataclass(frozen=True, slots=True)
class FolderState:
    """A folder as it was when it was opened (RFC 3501 section 6.3.1)."""

    name: str
    uidvalidity: int
    uidnext: int
    highestmodseq: int | None
    """None where the server keeps no modification sequence for this folder (RFC 7162)."""
    exists: int
    keeps_keywords: bool
    """Every label of ours would last: PERMANENTFLAGS has \\* or lists them all."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where one mail lies: the only identity IMAP guarantees (RFC 3501 section 2.3.1.1)."""

    mailbox: str
    folder: str
    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """One mail as fetched."""

    folder: str
    uidvalidity: int
    uid: int
    received_at: datetime
    """INTERNALDATE, aware, in UTC."""
    size: int
    """Octets of the whole mail by the server's own account, which is not exact everywhere."""
    flags: frozenset[str]
    """System flags as RFC 3501 spells them (\\Seen), keywords in lower case."""
    raw: bytes
    """The mail's octets; empty when the server knows the mail but would not give it out."""
    truncated: bool
    """`raw` is only the first part."""
