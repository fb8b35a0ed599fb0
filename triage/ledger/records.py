"""What goes into the ledger and comes out of it, besides mails."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from triage.message import Message, Unreadable

Mark = tuple[str, str]
"""(kind, value): one thing a mail shows about who sent it, e.g. ("phone", "+441632960001")."""

Row = dict[str, Any]
"""A conclusion as JSON-able values; times may be datetimes (aware) or ISO 8601 text."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a folder was read (RFC 3501 section 2.3.1.1; modseq is that of RFC 7162)."""

    uidvalidity: int
    last_uid: int
    modseq: int | None = None


@dataclass(frozen=True, slots=True)
class Location:
    """Where a mail lies; means one mail for ever, until the folder's UIDVALIDITY changes."""

    mailbox: str
    folder: str
    uidvalidity: int
    uid: int


class Recording(NamedTuple):
    """One mail with all that is written down about it at first sight."""

    message: Message | Unreadable
    location: Location | None = None
    marks: Iterable[Mark] = ()
    """Of its sender."""
    bands: Iterable[int] = ()


class MailFacts(NamedTuple):
    """What is searched of a mail, in the form it is searched in (a very long address or Message-ID is shortened)."""

    key: str
    message_id: str
    sender: str
    role: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal."""

    number: int
    """From 1, without gaps."""
    kind: str
    at: datetime
    """UTC."""
    actor: str
    subject: dict[str, Any]
    hash: str
    """SHA-256 (hex) over the entry and the hash of the one before it."""


@dataclass(frozen=True, slots=True)
class Note:
    """A note of ours that lies in a mailbox."""

    note_id: str
    mailbox: str
    message_id: str
    fingerprint: str
    """Of the note's text, to see whether it must be written anew."""


@dataclass(frozen=True, slots=True)
class ConclusionRows:
    """What was concluded about some contacts. Each row may hold more than what is named here; all of it comes back.

    A missing key is a ValueError. A time that is missing or None means "never".
    """

    contacts: list[Row] = field(default_factory=list)
    """id, stage, addresses (list of e-mail addresses), review_at?, as_of?"""
    matters: list[Row] = field(default_factory=list)
    """id, contact"""
    findings: list[Row] = field(default_factory=list)
    """message_key, contact, kind"""
    restrictions: list[Row] = field(default_factory=list)
    """contact"""
    proposals: list[Row] = field(default_factory=list)
    """id, contact"""
    wanted: list[Row] = field(default_factory=list)
    """message_key, labels, held, contact? ("" when the mail belongs to no contact)"""
