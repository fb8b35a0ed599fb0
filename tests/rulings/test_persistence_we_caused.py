"""Where people say that a mail did not press on an answered question, it was owed an answer; what our silence then causes counts for
nothing."""

from __future__ import annotations

from pathlib import Path

from tests.rulings.registry import ANSWERED, ASKED, Registry, registry
from triage.decision import counts
from triage.finding import Finding
from triage.hearing import VERDICT
from triage.verdict import Verdict

FOR_GOOD = "We have considered it again, and it stays as we wrote. The key for locker 88 was handed to the next member on 1 March, so we cannot send it."
PRESSES = "My locker key for locker 88 was not returned to me after the swimming course. Send me the key for locker 88, please."


def counted(baths: Registry, message_id: str) -> set[str]:
    baths.conclude()
    rows = [row for row in baths.ledger.conclusions().findings if row["message_id"] == message_id]
    found = [Finding(**{**row, "quotes": (), "earlier": ()}) for row in rows]
    return {one.kind for one in found if counts(one)} & {"repeat", "arguing", "volume"}


def pressed_on(baths: Registry) -> str:
    """Asked, answered twice, and asked once more; the Message-ID of that."""
    for theirs, ours in ((ASKED, ANSWERED), (PRESSES, FOR_GOOD)):
        baths.wrote(theirs)
        baths.later(days=1)
        baths.answered(ours)
        baths.later(days=1)
    return baths.wrote(PRESSES)


def dismiss(baths: Registry, message_id: str) -> None:
    said = Verdict(baths.now, "desk", "dismiss", "", frozenset(baths.ledger.keys_by_message_id(message_id)))
    baths.ledger.journal(VERDICT, at=baths.now, actor="desk", subject=said.subject())


def test_what_presses_on_after_a_dismissal_and_our_silence_is_shown_and_not_counted(tmp_path: Path) -> None:
    with registry(tmp_path) as baths:
        first = pressed_on(baths)
        assert counted(baths, first) >= {"repeat"}
        baths.later(days=20)
        second = baths.wrote(PRESSES)
        assert counted(baths, second) >= {"repeat"}
        dismiss(baths, first)
        assert counted(baths, first) == counted(baths, second) == set()
        row = next(row for row in baths.ledger.conclusions().findings if row["message_id"] == second and row["kind"] == "repeat")
        assert row["severity"] == "advisory" and row["reason"].endswith("so it is not counted.")


def test_within_the_time_for_an_answer_it_counts_all_the_same(tmp_path: Path) -> None:
    with registry(tmp_path) as baths:
        first = pressed_on(baths)
        baths.later(hours=3)
        second = baths.wrote(PRESSES)
        dismiss(baths, first)
        assert counted(baths, second) >= {"repeat"}


def test_and_once_we_have_answered_it_counts_again(tmp_path: Path) -> None:
    with registry(tmp_path) as baths:
        first = pressed_on(baths)
        dismiss(baths, first)
        baths.later(days=20)
        baths.answered(FOR_GOOD)
        baths.later(days=20)
        assert counted(baths, baths.wrote(PRESSES)) >= {"repeat"}
