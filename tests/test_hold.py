"""What keeps a mail out of the hold folder although a restriction covers its matter."""

from __future__ import annotations

from tests.detect.letters import from_customer
from triage.hold import why_not_held


def test_danger_told_in_a_mail_keeps_it_out_of_the_hold_and_is_quoted_as_written() -> None:
    turn = from_customer("As for my bill, later. There is a Burning  Smell from the fuse box.")
    assert why_not_held(turn, ()) == 'it may be an emergency ("Burning  Smell")'


def test_an_ordinary_mail_is_kept_out_by_nothing() -> None:
    assert why_not_held(from_customer("I still want my forty pounds."), ()) == ""
