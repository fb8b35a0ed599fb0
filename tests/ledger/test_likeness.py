"""Marks and bands lead to the addresses and mails that share them, and to no others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from triage.ledger import Ledger, Recording
from triage.message import Message

Letter = Callable[..., Message]
PHONE, NAME = ("phone", "+441632960011"), ("name", "ines falk")


def test_a_shared_mark_leads_to_the_other_address(ledger: Ledger, letter: Letter) -> None:
    one, other = letter("one", sender="ines@post.example"), letter("other", sender="falk@web.example")
    ledger.record_many([(one, None, [PHONE, NAME], []), (other, None, [PHONE], [])])
    ledger.index_identity(one.key, "ines@post.example", [PHONE, ("reference", "bk-9")])
    assert ledger.marks_of(["ines@post.example", "nobody@post.example"]) == {
        "ines@post.example": {PHONE, NAME, ("reference", "bk-9")}
    }
    assert ledger.sharing([PHONE, ("reference", PHONE[1])]) == {PHONE: {"ines@post.example", "falk@web.example"}}


def test_a_mark_of_too_many_people_says_nothing(ledger: Ledger, letter: Letter) -> None:
    mails = [letter(str(n), sender=f"p{n}@firm.example") for n in range(4)]
    ledger.record_many([Recording(mail, None, [PHONE]) for mail in mails])
    ledger.record_many([(letter("own"), None, [NAME], [])])
    assert ledger.sharing([PHONE, NAME], limit=3) == {NAME: {"ines.falk@post.example"}}
    assert len(ledger.sharing([PHONE], limit=4)[PHONE]) == 4


def test_each_mail_gives_the_marks_it_has_shown_itself(ledger: Ledger, letter: Letter) -> None:
    one, other, third = letter("one"), letter("other"), letter("third", sender="falk@web.example")
    ledger.record_many([(one, None, [PHONE, NAME], []), (other, None, [NAME], []), (third, None, [PHONE], [])])
    assert ledger.marks_by_mail([one.sender.email], ["phone"]) == {one.key: {PHONE}}
    assert ledger.marks_by_mail([one.sender.email], ["phone", "name"]) == {one.key: {PHONE, NAME}, other.key: {NAME}}


def test_a_thread_is_found_among_somebodys_mails_with_all_copies_and_with_what_bears_no_marks(
    ledger: Ledger, letter: Letter
) -> None:
    first, reply, copy, other, unmarked = (letter(name) for name in ("first", "reply", "copy", "other", "unmarked"))
    copy = replace(copy, message_id=reply.message_id)
    ledger.record_many([(one, None, [NAME], []) for one in (first, copy, other)])
    ledger.record_many([(reply, None, [NAME, ("thread", first.message_id)], []), (unmarked, None, [], [])])
    ines = [first.sender.email]
    assert {one.key for one in ledger.facts_with(ines)} == {one.key for one in (first, reply, copy, other, unmarked)}
    assert ledger.threads_with(ines, [first.message_id], []) == {reply.key, copy.key, unmarked.key}
    assert ledger.threads_with(ines, [], [other.message_id]) == {other.key, unmarked.key}
    assert ledger.threads_with(["nobody@post.example"], [first.message_id], [other.message_id]) == set()


def test_many_mails_of_one_address_do_not_make_its_mark_common(ledger: Ledger, letter: Letter) -> None:
    ledger.record_many([Recording(letter(str(n)), None, [PHONE]) for n in range(4)])
    assert ledger.sharing([PHONE], limit=1) == {PHONE: {"ines.falk@post.example"}}


def test_mails_that_share_a_band_are_found_oldest_first(ledger: Ledger, letter: Letter) -> None:
    late, early, other = letter("late", day=2), letter("early"), letter("other", day=1)
    ledger.record_many([(late, None, [], [1, 2]), (early, None, [], [2, 3]), (other, None, [], [4])])
    assert ledger.template_candidates([1, 2, 99]) == [early.key, late.key]
    assert ledger.template_candidates([1, 2], limit=1) == [early.key]
    assert ledger.template_candidates([]) == []


def test_bands_may_use_all_sixty_four_bits(ledger: Ledger, letter: Letter) -> None:
    mail = letter("wide")
    ledger.record(mail)
    ledger.index_template(mail.key, [2**64 - 1, 2**63, -5])
    for band in (2**64 - 1, 2**63, -5, -1):
        assert ledger.template_candidates([band]) == [mail.key]
    assert ledger.template_candidates([2**63 - 1]) == []
