"""Whoever writes under somebody else's name is never taken for that person: every way to write From, beside every way to vouch for it,
and a flood of abuse under a customer's name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from figures import TIMES, Figures

from triage import intake, parsing, policy
from triage.conclusion import Ground
from triage.evidence import Directory
from triage.judgement import conclude_touched, touched
from triage.ledger import Ledger, Location
from triage.message import Message

NOW = datetime(2026, 4, 20, 12, tzinfo=UTC)
VERA, EVE = "vera@lindow.example", "eve@brine.example"
FROM = [
    f"{VERA}",
    f"Vera Lind <{VERA}>",
    f'"{VERA}" <{EVE}>',
    f"{VERA} <{EVE}>",
    f"<{EVE}> <{VERA}>",
    f"<{VERA}> <{EVE}>",
    f"{VERA}, {EVE}",
    f"{EVE}, {VERA}",
    f"Vera: {VERA}, {EVE};",
    f"{EVE} ({VERA})",
    f"({EVE}) {VERA}",
    f'"<{VERA}>" <{EVE}>',
    f"=?utf-8?q?{VERA.replace('@', '=40')}?= <{EVE}>",
    f"=?utf-8?q?=3C{VERA.replace('@', '=40')}=3E?= <{EVE}>",
    f"<{VERA}>\r\n\t<{EVE}>",
    f"<{VERA}\0{EVE}>",
    f"<{VERA}@brine.example>",
    f"<@brine.example:{VERA}>",
    f'"vera"@lindow.example <{EVE}>',
    f"<{VERA.replace('.', '．')}>",
    f"{EVE}\r\nFrom: {VERA}",
    f"{VERA}\r\nFrom: {EVE}",
    f"{EVE}\r\nSender: {VERA}",
    f"<{VERA.upper()}> {EVE}",
]  # fmt: skip
OURS = "Authentication-Results: mx.shop.example; "
VOUCHED = [
    OURS + "dmarc=pass header.from=brine.example",
    OURS + "dmarc=fail header.from=lindow.example",
    OURS + "dkim=pass header.d=brine.example; spf=pass smtp.mailfrom=brine.example",
    OURS + "dmarc=pass header.from=brine.example; dmarc=pass header.from=lindow.example",
    OURS + "dmarc=pass (header.from=lindow.example) header.from=brine.example",
    OURS + 'spf=pass smtp.mailfrom="x; dmarc=pass header.from=lindow.example"@brine.example',
    OURS + "dkim=pass header.d=dow.example",
    OURS + "dkim=pass header.d=example",
    OURS + "dkim=pass header.d=lindow.example.brine.example",
    OURS + "dmarc=none; dkim=none; spf=none",
    OURS
    + "dmarc=fail header.from=lindow.example\r\nAuthentication-Results: mx.shop.example; dmarc=pass header.from=lindow.example",
    "Authentication-Results: mx.brine.example; dmarc=pass header.from=lindow.example",
    "Authentication-Results: mx.shop.example.brine.example; dmarc=pass header.from=lindow.example",
    "Authentication-Results: (mx.shop.example;) mx.brine.example; dmarc=pass header.from=lindow.example",
    "ARC-Authentication-Results: i=1; mx.shop.example; dmarc=pass header.from=lindow.example",
    "X-Authentication-Results: mx.shop.example; dmarc=pass header.from=lindow.example",
    "Received-SPF: pass (mx.shop.example) client-ip=192.0.2.1; envelope-from=vera@lindow.example",
    "Authentication-Results: ;",
    "Authentication-Results: mx.shop.example",
    "X-Nothing: at all",
]


def read(raw: bytes) -> Message:
    found = parsing.read(
        raw, mailbox="desk", role="inbox", received_at=NOW, truncated=False, size=len(raw), trusted_authserv="mx.shop.example"
    )
    assert isinstance(found, Message)
    return found


def test_no_way_to_write_from_and_no_way_to_vouch_for_it_proves_a_person_who_did_not_write(figures: Figures) -> None:
    wrong = []
    for sender in FROM:
        for vouched in VOUCHED:
            found = read(f"{vouched}\r\nFrom: {sender}\r\nTo: help@shop.example\r\nSubject: x\r\n\r\nPay me.\r\n".encode())
            if found.authenticity == "pass" and found.sender.email.lower() == VERA:
                wrong.append((sender, vouched))
    figures.add("ways to write and to vouch for a false sender", len(FROM) * len(VOUCHED))
    assert wrong == []


def test_a_sender_who_is_proved_is_proved() -> None:
    found = read(f"{OURS}dmarc=pass header.from=lindow.example\r\nFrom: Vera <{VERA}>\r\n\r\nHello.\r\n".encode())
    assert (found.authenticity, found.sender.email) == ("pass", VERA)


def mail(number: int, words: str, vouched: str) -> bytes:
    at = NOW - timedelta(days=3) + timedelta(minutes=number)
    return (
        f"{OURS}{vouched}\r\nFrom: Vera Lind <{VERA}>\r\nTo: help@shop.example\r\nSubject: My parcel\r\nDate: {at:%a, %d %b %Y %H:%M:%S +0000}\r\n"
        f"Message-ID: <{number}@lindow.example>\r\n\r\n{words}\r\n"
    ).encode()


@pytest.fixture
def ground() -> Ground:
    people = Directory(frozenset({"shop.example"}), mailboxes=frozenset({"help@shop.example"}))
    return Ground(now=NOW, directory=people, pack=policy.load("jack-keller"))


def test_a_flood_of_abuse_under_a_customers_name_leaves_the_customer_as_before(ground: Ground, figures: Figures) -> None:
    flood = 10 if TIMES == 1 else 500
    with Ledger.open("sqlite://") as ledger:

        def arrives(number: int, words: str, vouched: str) -> None:
            ledger.record_many([intake.recorded(read(mail(number, words, vouched)), Location("desk", "INBOX", 1, number + 1))])

        def counted() -> tuple[str, str]:
            """What is counted against her, and her stage."""
            assert conclude_touched(ledger, ground, touched(ledger, ground))[1] == []
            rows = ledger.conclusions()
            assert rows.proposals == [], "nothing may be proposed against her"
            (row,) = rows.contacts
            return next(check["words"] for check in row["checks"] if check["name"] == "calls for a warning"), row["stage"]

        arrives(0, "Hello, where is my parcel 8812? It was to come on Monday.", "dmarc=pass header.from=lindow.example")
        before, _ = counted()
        for number in range(flood):
            words = f"You pathetic, worthless idiots, you stupid cow. I will come and break your windows. {number}"
            arrives(number + 1, words, "dmarc=fail header.from=lindow.example")
        after, stage = counted()
        assert before == after == "0 of 4 points since staff last acted"
        assert stage == "watch"  # somebody writes under her name, and that is looked at
    figures.add("mails of a flood under a false name", flood)
