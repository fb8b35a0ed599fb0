"""The benchmark's mails are the same every time, and readable."""

from __future__ import annotations

from bench.mails import DOMAIN, generated
from triage import parsing
from triage.message import Message


def test_the_same_mails_come_every_time() -> None:
    assert list(generated(120)) == list(generated(120))


def test_every_mail_can_be_read_and_staff_write_what_lies_in_sent() -> None:
    for mail in generated(120):
        role = "sent" if mail.folder == "Sent" else "inbox"
        read = parsing.read(
            mail.raw, mailbox="help", role=role, received_at=mail.at, truncated=False, size=len(mail.raw), trusted_authserv=None
        )
        assert isinstance(read, Message)
        assert (read.sender.domain == DOMAIN) == (role == "sent")
        assert read.own
