"""Invented mails for the detectors' tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from triage.answer import StaffAct
from triage.evidence import Directory, Evidence, Turn
from triage.message import Address, Authenticity, Message, Passage, Wording

START = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
DIRECTORY = Directory(
    domains=frozenset({"firm.example"}),
    staff=("kim.dale@firm.example", "tom.ray@firm.example"),
    mailboxes=frozenset({"help@firm.example"}),
    names=frozenset({"kim", "dale", "tom", "ray"}),
)


def message(
    own: str,
    *,
    name: str = "Pat Quill <pat@post.example>",
    days: float = 2,
    subject: str = "Gate",
    forwarded: str = "",
    authenticity: Authenticity = "unknown",
) -> Message:
    """A mail by somebody, so many days after the start."""
    who, _, email = name.rstrip(">").partition(" <")
    at = START + timedelta(days=days)
    return Message(
        key=f"{who}{days}",
        message_id=f"<{email.partition('@')[0]}.{days}@mail.example>",
        mailbox="help",
        role="sent" if email.endswith("@firm.example") else "inbox",
        sent_at=at,
        received_at=at,
        sender=Address(who, email),
        reply_to=(),
        to=(),
        cc=(),
        subject=subject,
        in_reply_to="",
        references=(),
        wording=Wording(own=own, forwarded=(Passage(forwarded),) if forwarded else ()),
        authenticity=authenticity,
        authentication_note="dmarc=fail" if authenticity == "fail" else "",
    )


def from_staff(own: str, *, days: float = 1, act: StaffAct | None = None, by: str = "Kim Dale <kim.dale@firm.example>") -> Turn:
    """A staff mail on the matter; without an act of its own it answers."""
    return Turn(message(own, name=by, days=days), by_staff=True, matter="m", act=act or StaffAct(answer=own))


def from_customer(own: str, *, days: float = 0) -> Turn:
    """An earlier mail of the same person on the matter."""
    return Turn(message(own, days=days), by_staff=False, matter="m")


def evidence(own: str, history: tuple[Turn, ...] = (), *, mail: Message | None = None, twins: tuple[str, ...] = ()) -> Evidence:
    """What a detector sees when this mail comes."""
    return Evidence(mail or message(own), by_staff=False, matter="m", history=history, directory=DIRECTORY, template_twins=twins)
