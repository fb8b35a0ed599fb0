"""Mails for these tests, written on Wednesday 4 March 2026 at 10:00 UTC unless told otherwise."""

from __future__ import annotations

from datetime import UTC, datetime

from triage.message import Address, Message, Wording

WRITTEN = datetime(2026, 3, 4, 10, tzinfo=UTC)
STAFF = Address("Nell Arden", "nell.arden@meadow.example")
CUSTOMER = Address("Femi Abara", "femi@post.example")


def letter(own: str, by_staff: bool = True, automatic: str = "", sent_at: datetime = WRITTEN) -> Message:
    sender, to = (STAFF, CUSTOMER) if by_staff else (CUSTOMER, STAFF)
    return Message(
        key=f"{abs(hash(own)):064x}"[:64],
        message_id="<1@meadow.example>",
        mailbox="support",
        role="sent" if by_staff else "inbox",
        sent_at=sent_at,
        received_at=sent_at,
        sender=sender,
        reply_to=(),
        to=(to,),
        cc=(),
        subject="Re: your question",
        in_reply_to="",
        references=(),
        wording=Wording(own),
        automatic=automatic,
    )
