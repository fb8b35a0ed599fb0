"""Letters in the same words lead to one another by their bands, without any letter being opened."""

from __future__ import annotations

from collections.abc import Callable

from triage.ledger import Ledger
from triage.message import Message

Letter = Callable[..., Message]


def test_only_earlier_mail_of_other_senders_is_found_oldest_first(ledger: Ledger, letter: Letter) -> None:
    mine = letter("mine", day=3)
    found = [letter("second", sender="b@post.example", day=2), letter("first", sender="a@post.example", day=1)]
    others = [
        letter("later", sender="c@post.example", day=4),
        letter("own", day=1),
        letter("ours", sender="d@post.example", role="sent", day=1),
    ]
    ledger.record_many([(one, None, [], [5, 6]) for one in (mine, *found, *others)])
    ledger.record_many([(letter("unlike", sender="e@post.example"), None, [], [7])])
    assert ledger.alike_before(mine) == [found[1].key, found[0].key]


def test_of_two_mails_of_one_moment_the_lesser_message_id_counts_as_earlier(ledger: Ledger, letter: Letter) -> None:
    one, other = letter("a", sender="a@post.example"), letter("b", sender="b@post.example")
    ledger.record_many([(each, None, [], [5]) for each in (one, other)])
    assert (ledger.alike_before(one), ledger.alike_before(other)) == ([], [one.key])


def test_of_too_many_those_that_share_most_are_kept(ledger: Ledger, letter: Letter) -> None:
    mine = letter("mine", day=9)
    form = [letter(f"form{n}", sender=f"p{n}@post.example", day=n) for n in range(4)]
    twin = letter("twin", sender="twin@post.example", day=5)
    ledger.record_many([(mine, None, [], [1, 2, 3]), (twin, None, [], [1, 2])])
    ledger.record_many([(each, None, [], [1]) for each in form])
    assert ledger.alike_before(mine, limit=2) == [form[0].key, twin.key]


def test_who_wrote_after_a_letter_that_has_only_now_come_is_named(ledger: Ledger, letter: Letter) -> None:
    known = [letter("before", sender="before@post.example"), letter("after", sender="after@post.example", day=2)]
    ledger.record_many([(each, None, [], [5]) for each in known])
    ledger.record_many([(letter("unlike", sender="e@post.example", day=2), None, [], [7])])
    ledger.mark_concluded(ledger.unconcluded())
    assert ledger.senders_alike_after_new() == set()
    ledger.record_many([(letter("new", sender="new@post.example", day=1), None, [], [5])])
    assert ledger.senders_alike_after_new() == {"after@post.example"}
