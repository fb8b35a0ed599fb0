"""What people decided about a contact stands in the tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from pathlib import Path

from tests.rulings.registry import IDA, NOOR, SAM, registry
from triage.analysis.board import ACTS, Quarter, board, lines
from triage.analysis.tables import tables
from triage.hearing import VERDICT
from triage.record import write_incident
from triage.verdict import Verdict


def test_a_restriction_an_appeal_and_its_outcome_are_told(tmp_path: Path) -> None:
    with registry(tmp_path) as baths:
        baths.until_due()
        baths.restrict()
        baths.later(days=2)
        baths.rule("appeal", by=NOOR, reason="he says the words were not his", received=baths.now)
        assert list(tables(baths.ledger, baths.settings).holds["outcome"]) == ["open"]
        baths.rule("appeal-decided", by=SAM, outcome="allowed", reason="the first mail was not his")
        baths.conclude()
        read = tables(baths.ledger, baths.settings, names="a test")
        assert list(read.decisions["choice"]) == ["restrict", "appeal", "appeal-decided"]
        assert list(read.decisions["by"]) == [IDA, NOOR, SAM]
        assert list(read.decisions["outcome"]) == ["", "", "allowed"]
        assert set(read.decisions["contact"]) == set(read.contacts["contact"])
        hold = read.holds.iloc[0]
        assert (hold["appeals"], hold["outcome"], hold["in_force"]) == (1, "lifted", False)
        assert hold["recorded"] and hold["ended"] == hold["ended_early"] < hold["until"]
        said = "\n".join(lines(board(read, Quarter.read("2026-Q1"), "Marlow Baths", baths.now.astimezone(UTC)).parts))
        assert "Appeals against them: 1; outcome: lifted 1." in said
        (decided,) = [line for line in said.splitlines() if line.startswith("Decided about people: ")]
        assert {f"{ACTS[act]}: 1" for act in ("restrict", "appeal", "appeal-decided")} == set(
            decided[22:].rstrip(".").split("; ")
        )


def test_the_words_of_a_decision_stay_out_of_the_tables(tmp_path: Path) -> None:
    with registry(tmp_path) as baths:
        baths.until_due()
        baths.restrict(reason="he went on insulting Noor")
        baths.conclude()
        for name, frame in tables(baths.ledger, baths.settings):
            assert "insulting" not in frame.to_string(), name


def test_whoever_answered_a_note_by_mail_stands_in_the_tables_by_a_pseudonym(tmp_path: Path) -> None:
    with registry(tmp_path) as baths:
        baths.until_due()
        baths.conclude()
        mail = next(one for one in baths.ledger.messages_with(baths.ledger.everybody()) if one.role == "inbox")
        said = Verdict(baths.now, IDA, "agree", "p-1", frozenset({mail.key}), answer="<answer@baths.example>")
        baths.ledger.journal(VERDICT, at=baths.now, actor=IDA, subject=said.subject())
        decisions = tables(baths.ledger, baths.settings).decisions
        assert IDA not in decisions.to_string()
        (row,) = decisions[decisions["on"] == "note"].to_dict("records")
        assert row["team"] == mail.mailbox and str(row["by"]).startswith("staff-")


def test_what_somebody_wrote_of_an_incident_in_words_of_their_own_stays_out_of_the_tables(tmp_path: Path) -> None:
    with registry(tmp_path) as baths:
        baths.until_due()
        kept = baths.incident(words="He shouted at Noor.", effect="She was shaken.")
        told = replace(kept, id="", channel="ring at Bert Quill's door", clause="what Mr Quill did")
        write_incident(baths.ledger, told, "")
        plain, shown = (
            tables(baths.ledger, baths.settings).incidents,
            tables(baths.ledger, baths.settings, names="a test").incidents,
        )
        assert list(plain["channel"]) == ["telephone", "other"] and list(plain["clause"]) == [kept.clause, ""]
        assert not any(word in plain.to_string() for word in ("Quill", "shouted", "shaken", NOOR))
        assert list(shown["channel"]) == ["telephone", told.channel] and list(shown["effect"]) == ["She was shaken."] * 2


def test_an_incident_that_was_taken_back_is_none(tmp_path: Path) -> None:
    with registry(tmp_path) as baths:
        baths.until_due()
        kept = baths.incident()
        assert len(tables(baths.ledger, baths.settings).incidents) == 1
        baths.rule("withdraw", by=NOOR, about=kept.id, reason="it was somebody else")
        assert tables(baths.ledger, baths.settings).incidents.empty
