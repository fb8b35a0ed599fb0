"""The benchmark's mails are the same every time, and readable."""

from __future__ import annotations

from bench.mails import DOMAIN, generated
from triage import detect, parsing, scorer
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


def test_no_rule_charges_anybody_or_fears_for_anybody_in_ordinary_mail_of_people_with_families() -> None:
    heard = set()
    for mail in generated(250):
        read = parsing.read(
            mail.raw,
            mailbox="help",
            role="inbox",
            received_at=mail.at,
            truncated=False,
            size=len(mail.raw),
            trusted_authserv=None,
        )
        if mail.folder == "INBOX" and isinstance(read, Message) and not read.automatic:
            heard |= {sign.kind for sign in detect.detect(scorer.evidence_of(read.own))}
    assert heard <= {"adjustment"}, "a carer is told of, which is no more than that"
