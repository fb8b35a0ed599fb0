"""What of ours stands in a mailbox is known, and only that."""

from __future__ import annotations

from datetime import datetime

from triage.ledger import Ledger


def test_a_label_is_ours_until_it_is_taken_off(ledger: Ledger, monday: datetime) -> None:
    ledger.remember_applied("main", "repeat", ["k1", "k2", "k2"], monday)
    ledger.remember_applied("main", "repeat", ["k1"], monday)
    ledger.remember_applied("main", "held", ["k1"], monday)
    ledger.remember_applied("second", "repeat", ["k9"], monday)
    ledger.forget_applied("main", "repeat", ["k2", "unknown"])
    assert ledger.applied("main") == {"repeat": {"k1"}, "held": {"k1"}}
    assert ledger.applied("second") == {"repeat": {"k9"}}


def test_no_labels_are_no_trouble(ledger: Ledger, monday: datetime) -> None:
    ledger.remember_applied("main", "repeat", [], monday)
    ledger.forget_applied("main", "repeat", [])
    assert ledger.applied("main") == {}
