"""Where mails lie, and how far folders were read."""

from __future__ import annotations

from collections.abc import Callable

from triage.ledger import Cursor, Ledger, Location
from triage.message import Message

Letter = Callable[..., Message]
HERE = Location("main", "INBOX", 7, 1)


def test_a_folder_never_read_has_no_cursor(ledger: Ledger) -> None:
    assert ledger.cursor("main", "INBOX") is None


def test_a_cursor_is_kept_by_mailbox_and_folder(ledger: Ledger) -> None:
    ledger.set_cursor("main", "INBOX", Cursor(7, 10))
    ledger.set_cursor("main", "Sent", Cursor(8, 2**32 - 1, 2**63 - 1))
    ledger.set_cursor("main", "INBOX", Cursor(7, 11, 5))
    assert ledger.cursor("main", "INBOX") == Cursor(7, 11, 5)
    assert ledger.cursor("main", "Sent") == Cursor(8, 2**32 - 1, 2**63 - 1)
    assert ledger.cursor("second", "INBOX") is None


def test_one_mail_may_lie_in_several_places(ledger: Ledger, letter: Letter) -> None:
    mail, there = letter("copied"), Location("second", "Archive", 1, 1)
    ledger.record_many([(mail, HERE, [], []), (mail, there, [], [])])
    assert ledger.locations([mail.key]) == {mail.key: [HERE, there]}
    ledger.unplace(HERE)
    assert ledger.locations([mail.key]) == {mail.key: [there]}


def test_a_place_holds_the_mail_last_seen_there(ledger: Ledger) -> None:
    ledger.place("k1", HERE)
    ledger.place("k2", HERE)
    assert ledger.placed_in("main", "INBOX") == {1: "k2"}
    assert ledger.locations(["k1"]) == {}


def test_a_renumbered_folder_loses_its_places_and_no_mail(ledger: Ledger, letter: Letter) -> None:
    mail = letter("stays")
    ledger.record_many([(mail, HERE, [], []), (letter("elsewhere"), Location("main", "Sent", 7, 1), [], [])])
    ledger.unplace_folder("main", "INBOX")
    assert ledger.placed_in("main", "INBOX") == {}
    assert ledger.placed_in("main", "Sent") == {1: letter("elsewhere").key}
    assert ledger.messages([mail.key]) == [mail]
