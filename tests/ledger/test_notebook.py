"""Small facts and notes."""

from __future__ import annotations

from triage.ledger import Ledger, Note


def test_a_fact_is_what_it_was_last_set_to(ledger: Ledger) -> None:
    assert ledger.meta("pack") is None
    ledger.set_meta("pack", "004 1.0")
    ledger.set_meta("pack", "004 1.1")
    assert ledger.meta("pack") == "004 1.1"


def test_a_rewritten_note_takes_the_place_of_the_old_one(ledger: Ledger) -> None:
    ledger.remember_note("p-1", "main", "<n1@borough.example>", "aa")
    ledger.remember_note("p-1", "main", "<n2@borough.example>", "bb")
    ledger.remember_note("p-1", "second", "<n3@borough.example>", "aa")
    assert ledger.notes("main") == [Note("p-1", "main", "<n2@borough.example>", "bb")]
    ledger.forget_note("p-1", "main")
    assert ledger.notes("main") == []
    assert len(ledger.notes("second")) == 1
