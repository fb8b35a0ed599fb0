"""A story made by hand: what a customer wrote and what staff did, for tests of what is concluded from it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from triage.answer import StaffAct
from triage.evidence import Directory, Evidence, Turn
from triage.finding import Finding, Quote, Severity
from triage.matter import Link
from triage.message import Address, Attachment, Message, Wording
from triage.story import Story

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CUSTOMER = "gus@pond.example"
DESK = "desk@mill.example"
LENA, OTTO, RHEA = "lena.voss@mill.example", "otto.brand@mill.example", "rhea.kline@mill.example"
OURS = Directory(domains=frozenset({"mill.example"}), staff=(LENA, OTTO, RHEA), mailboxes=frozenset({DESK}))


def mail(
    own: str, day: float, sender: str = CUSTOMER, *, to: tuple[str, ...] = (DESK,), cc: tuple[str, ...] = (), subject: str = "The pump",
    attachments: tuple[str, ...] = (), name: str = "",
) -> Message:  # fmt: skip
    digest = hashlib.sha256(f"{own} {day} {sender}".encode()).hexdigest()
    at = START + timedelta(days=day)
    return Message(
        key=digest,
        message_id=f"<{digest[:10]}@{sender.partition('@')[2]}>",
        mailbox="desk",
        role="sent" if sender.endswith("@mill.example") else "inbox",
        sent_at=at,
        received_at=at,
        sender=Address(name, sender),
        reply_to=(),
        to=tuple(Address("", one) for one in to),
        cc=tuple(Address("", one) for one in cc),
        subject=subject,
        in_reply_to="",
        references=(),
        wording=Wording(own),
        attachments=tuple(Attachment(one, "image/jpeg", 1000) for one in attachments),
    )


def wrote(
    own: str, day: float, *, to: tuple[str, ...] = (DESK,), cc: tuple[str, ...] = (), matter: str = "pump", subject: str = "The pump",
    attachments: tuple[str, ...] = (),
) -> Turn:  # fmt: skip
    """The customer wrote this, so many days after the start."""
    return Turn(mail(own, day, to=to, cc=cc, subject=subject, attachments=attachments), by_staff=False, matter=matter)


def staff(
    own: str, day: float, act: StaffAct | None = None, *, by: str = LENA, matter: str = "pump", automatic: bool = False
) -> Turn:
    """One of us wrote this and did that in it; an answer when nothing else is said."""
    message = mail(own, day, by, to=(CUSTOMER,))
    return Turn(message, by_staff=True, matter=matter, act=act or StaffAct(answer=own), automatic=automatic)


def evidence(*turns: Turn) -> Evidence:
    """What a detector sees when the last of these turns arrives."""
    *history, last = turns
    return Evidence(message=last.message, by_staff=last.by_staff, matter=last.matter, history=tuple(history), directory=OURS)


def story(*turns: Turn) -> Story:
    return Story(frozenset({CUSTOMER}), turns, tuple(Link(turn.message.key, turn.matter, ("by hand",)) for turn in turns))


def found(
    kind: str, on: Turn, *, severity: Severity = "ordinary", strength: float = 0.9, dismissed: str = "", by_staff: bool = False
) -> Finding:
    """A finding of this kind on a turn."""
    return Finding(
        message_id=on.message.message_id,
        message_key=on.message.key,
        contact="c-gus",
        matter=on.matter,
        kind=kind,
        clause="001/x",
        strength=strength,
        severity=severity,
        quotes=(Quote(on.message.message_id, on.message.own[:20]),),
        reason="made by hand",
        dismissed=dismissed,
        by_staff=by_staff,
    )
