"""A mail that came several times, as one to several of us does: a verdict on any of its copies is one on the mail."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rulings.registry import DESK, INSULT, Registry
from triage import parsing
from triage.hearing import write_down
from triage.intake import recorded
from triage.ledger import Location
from triage.verdict import Verdict


def findings(baths: Registry) -> list[dict[str, Any]]:
    baths.conclude()
    return [row for row in baths.ledger.conclusions().findings if row["kind"] == "abuse"]


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_dismissal_of_one_copy_counts(baths: Registry, which: int) -> None:
    for number, to in enumerate((DESK, "noor.amin@marlow.example", "sam.reyes@marlow.example")):
        raw = (
            f"Delivered-To: {to}\r\nAuthentication-Results: mx.marlow.example; dmarc=pass header.from=inlook.example\r\n"
            f"From: bert.quill@inlook.example\r\nTo: {DESK}\r\nSubject: Locker\r\nDate: Mon, 2 Mar 2026 09:00:00 +0000\r\n"
            f"Message-ID: <copies@inlook.example>\r\n\r\n{INSULT}\r\n"
        ).encode()
        read = parsing.read(raw, mailbox="desk", role="inbox", received_at=baths.now, truncated=False, size=len(raw))
        baths.ledger.record_many([recorded(read, Location("desk", "INBOX", 1, number + 1))])
    keys = baths.ledger.keys_by_message_id("<copies@inlook.example>")
    assert len(keys) == 3 and [row["dismissed"] for row in findings(baths)] == [""]
    write_down(baths.ledger, [Verdict(baths.now, "desk", "dismiss", "", frozenset({keys[which]}))])
    assert all(row["dismissed"] for row in findings(baths))
