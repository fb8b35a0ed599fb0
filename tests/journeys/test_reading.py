"""A pass reads without leaving a trace, and a dry run leaves none at all."""

from __future__ import annotations

import hashlib

from mailstate import OURS, differences, folders
from office import Office
from sample import HOLD_ENDS, NOW


def originals(one: Office) -> list[tuple[str, str, str]]:
    """Message-ID, date and digest of all mail that is not a note, wherever it lies."""
    return sorted((m.message_id, m.date, m.digest) for mails in one.state().values() for m in mails.elements() if not m.note)


def test_a_second_pass_changes_nothing(worked: Office) -> None:
    before, log, exported = worked.state(), worked.changes(), worked.export()
    said = worked.once()
    assert "0 new mails read, 0 contacts looked at, 0 verdicts heard, 0 changes made" in said.output
    assert not differences(worked.state(), before)
    assert worked.changes() == log
    assert worked.export() == exported


def test_a_second_pass_writes_nothing_into_the_journal(worked: Office) -> None:
    with worked.ledger() as ledger:
        before = ledger.head()
    worked.once()
    with worked.ledger() as ledger:
        assert ledger.head() == before


def test_no_mail_becomes_read_and_none_loses_its_date_or_an_octet(arrived: Office) -> None:
    before = originals(arrived)
    arrived.once()
    assert originals(arrived) == before
    unread = [m for folder in ("INBOX", *OURS) for m in arrived.state()[folder].elements()]
    assert len(unread) > 20 and not [m for m in unread if "\\Seen" in m.flags]
    assert all("\\Seen" in m.flags for m in arrived.state()["Sent"])


def test_a_dry_run_writes_neither_to_the_mailbox_nor_to_the_ledger(worked: Office) -> None:
    database = worked.folder / "triage.db"
    before, log, octets = worked.state(), worked.changes(), hashlib.sha256(database.read_bytes()).hexdigest()
    said = worked.once("--dry-run", now=HOLD_ENDS)
    assert "would be made" in said.output and said.plan
    assert not differences(worked.state(), before)
    assert worked.changes() == log
    assert hashlib.sha256(database.read_bytes()).hexdigest() == octets


def test_a_dry_run_before_the_first_pass_makes_no_database(arrived: Office) -> None:
    arrived.once("--dry-run")
    assert not list(arrived.folder.glob("triage.db*"))


def test_a_dry_run_before_the_first_pass_makes_no_folder(arrived: Office) -> None:
    before = arrived.state()
    arrived.once("--dry-run")
    assert not differences(arrived.state(), before)
    assert "Triage" not in folders(arrived.server, arrived.user)


def test_a_dry_run_prints_the_plan_that_the_pass_then_carries_out(arrived: Office) -> None:
    planned = arrived.once("--dry-run").plan
    assert len(planned) >= 8
    assert arrived.once().plan == planned
    later = arrived.once("--dry-run", now=HOLD_ENDS).plan
    assert any("released: 1 mails" in line for line in later)
    assert arrived.once(now=HOLD_ENDS).plan == later


def test_a_first_pass_and_a_pass_on_mail_that_came_one_by_one_end_the_same(arrived: Office, worked: Office) -> None:
    one = worked.twin()
    assert originals(one) == originals(arrived)
    arrived.once()
    assert not differences(arrived.state(), worked.state())
    assert arrived.export() == worked.export(), NOW
