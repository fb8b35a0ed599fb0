"""Mails come out of the ledger as they went in, once each, whatever is in them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from triage.ledger import Ledger, Location, Recording
from triage.message import Address, Attachment, Message, Passage, Unreadable, Wording

Letter = Callable[..., Message]


def test_a_mail_comes_back_as_it_was_written_down(ledger: Ledger, letter: Letter) -> None:
    whole = replace(
        letter("whole", cc=("ombud@watch.example",), reply_to=("ines@other.example",)),
        wording=Wording("Own.", "Ines", (Passage("quoted", "help@borough.example"),), (Passage("passed on"),)),
        references=("<a@post.example>", "<b@post.example>"),
        attachments=(Attachment("bin.jpg", "image/jpeg", 12),),
        authenticity="fail",
        authentication_note="dmarc=fail",
        truncated=True,
        faults=("two Subject lines",),
    )
    assert ledger.record(whole)
    assert ledger.messages([whole.key]) == [whole]


def test_an_unreadable_mail_is_kept_too(ledger: Ledger, unreadable: Callable[[str], Unreadable]) -> None:
    assert ledger.record(unreadable("torn"))
    (back,) = ledger.unreadable()
    assert back.reason == "it has no header"
    assert ledger.messages([back.key]) == [back]
    assert ledger.unconcluded() == [back.key]


def test_the_first_one_seen_is_kept(ledger: Ledger, letter: Letter) -> None:
    first = letter("same")
    assert ledger.record(first)
    assert not ledger.record(replace(first, mailbox="second"))
    assert ledger.messages([first.key]) == [first]
    assert ledger.record_many([Recording(first), Recording(letter("new")), Recording(letter("new"))]) == {letter("new").key}


@pytest.mark.parametrize(
    "text", ["'; DROP TABLE messages; --", '" OR 1=1', "%", "a_b\\", "\u202enur\u0000", "Zoë 🜚", "x" * 200_000, ":name ?1 $2"]
)
def test_hostile_text_comes_back_unchanged_and_can_be_searched_for(ledger: Ledger, letter: Letter, text: str) -> None:
    mail = replace(letter("hostile"), sender=Address(text, text), message_id=text, subject=text, wording=Wording(text))
    other = letter("other")
    ledger.record_many([(mail, None, [("name", text)], []), (other, None, [], [])])
    assert ledger.messages([mail.key]) == [mail]
    assert ledger.messages_with([text]) == [mail]
    assert ledger.keys_by_message_id(text) == [mail.key]
    assert list(ledger.sharing([mark for marks in ledger.marks_of([text]).values() for mark in marks]).values())
    assert ledger.messages_with([other.sender.email]) == [other]


def test_long_texts_that_begin_alike_are_told_apart(ledger: Ledger, letter: Letter) -> None:
    one, other = (letter(end, message_id="<" + "y" * 5000 + end) for end in "pq")
    ledger.record_many([Recording(one), Recording(other)])
    assert ledger.keys_by_message_id(one.message_id) == [one.key]


def test_half_a_surrogate_pair_costs_its_letter_and_not_the_mail(ledger: Ledger, letter: Letter) -> None:
    mail = replace(letter("torn"), subject="caf\udce9", sender=Address("R\udcff", "r\udcff@post.example"))
    assert ledger.record(mail)
    (back,) = ledger.messages_with(["r\udcff@post.example"])
    assert isinstance(back, Message)
    assert (back.subject, back.key) == ("caf\ufffd", mail.key)


def test_times_of_any_zone_are_one_time(ledger: Ledger, letter: Letter, monday: datetime) -> None:
    eastern = monday.astimezone(timezone(timedelta(hours=-5)))
    early, late = replace(letter("early"), sent_at=eastern), letter("late", day=0.01)
    ledger.record_many([Recording(late), Recording(early)])
    assert [mail.message_id for mail in ledger.messages_with([early.sender.email])] == [early.message_id, late.message_id]
    assert ledger.messages_with([early.sender.email])[0].sent_at == monday


def test_a_time_without_a_zone_is_refused(ledger: Ledger, letter: Letter, monday: datetime) -> None:
    with pytest.raises(Exception, match="without a time zone"):
        ledger.record(replace(letter("naive"), sent_at=monday.replace(tzinfo=None)))
    assert ledger.unconcluded() == []


def test_mail_with_somebody_is_what_they_sent_got_or_had_a_copy_of_in_order(ledger: Ledger, letter: Letter) -> None:
    me, us = "ines.falk@post.example", "help@borough.example"
    answer = letter("answer", sender=us, to=(me,), role="sent", day=2)
    copy = letter("copy", sender="tom@post.example", cc=(me,), day=1)
    ledger.record_many(
        Recording(mail)
        for mail in (
            answer,
            letter("asked", sender=me),
            copy,
            letter("stranger", sender="eve@post.example", reply_to=(me,)),
            letter("none of hers", sender="tom@post.example"),
        )
    )
    assert [mail.message_id for mail in ledger.messages_with([me])] == [
        "<asked@post.example>",
        "<copy@post.example>",
        "<answer@post.example>",
    ]
    assert ledger.messages_with([]) == []


def test_everybody_outside_is_listed_once(ledger: Ledger, letter: Letter) -> None:
    us = "help@borough.example"
    ledger.record(letter("in", sender="b@post.example"))
    ledger.record(letter("in again", sender="b@post.example"))
    ledger.record(letter("out", sender=us, to=("a@post.example",), cc=("c@post.example",), role="sent"))
    assert ledger.all_senders() == ["a@post.example", "b@post.example", "c@post.example"]


def test_a_mail_is_fresh_until_it_was_concluded(ledger: Ledger, letter: Letter) -> None:
    first, second = letter("first"), letter("second", day=1)
    ledger.record_many([Recording(second), Recording(first)])
    assert ledger.unconcluded() == [first.key, second.key]
    ledger.mark_concluded([first.key])
    assert ledger.unconcluded() == [second.key]
    ledger.record(first)
    assert ledger.unconcluded() == [second.key]
    ledger.mark_concluded([first.key], concluded=False)
    assert ledger.unconcluded() == [first.key, second.key]


def test_more_keys_than_a_statement_takes_are_no_trouble(ledger: Ledger, letter: Letter) -> None:
    mails = [letter(str(n), sender=f"p{n}@post.example", day=n) for n in range(1200)]
    ledger.record_many([Recording(mail) for mail in mails])
    keys = [mail.key for mail in mails]
    assert ledger.messages(keys) == mails
    assert ledger.messages_with([mail.sender.email for mail in mails]) == mails
    assert ledger.messages([*(f"unknown {n}" for n in range(40_000)), keys[7]]) == [mails[7]]


def test_what_is_forgotten_is_gone_from_the_disk_and_stays_away(
    ledger: Ledger, letter: Letter, monday: datetime, path: Path
) -> None:
    mail = letter("secret", sender="quillfeather@post.example", own="My passphrase is marzipanturtle.")
    here = Location("main", "INBOX", 1, 4)
    ledger.record_many([(mail, here, [("name", "quillfeather")], [17]), (letter("other"), None, [], [17])])
    ledger.forget([mail.key], at=monday)
    written = b"".join(each.read_bytes() for each in path.parent.iterdir())
    assert b"marzipanturtle" not in written
    assert b"quillfeather" not in written
    assert not ledger.record(mail)
    ledger.index_identity(mail.key, mail.sender.email, [("name", "quillfeather")])
    assert ledger.messages([mail.key]) == []
    assert ledger.marks_of([mail.sender.email]) == {}
    assert ledger.template_candidates([17]) == [letter("other").key]
    assert ledger.placed_in("main", "INBOX") == {4: mail.key}


@pytest.mark.parametrize("seed", range(6))
def test_nothing_of_a_forgotten_person_is_left_where_the_database_moved_its_entries_about(
    ledger: Ledger, letter: Letter, monday: datetime, path: Path, seed: int
) -> None:
    dice = random.Random(seed)
    names = [*("quillfeather" for _ in range(60)), *(f"p{n}" for n in range(340))]
    dice.shuffle(names)
    mails = [letter(f"{seed} {n} {name}", sender=f"{name}@post.example", day=1 + n % 28) for n, name in enumerate(names)]
    for one in mails:
        ledger.record_many([Recording(one)])
    ledger.forget([one.key for one in mails if one.sender.email.startswith("quill")], at=monday)
    assert b"quillfeather@" not in b"".join(each.read_bytes() for each in path.parent.iterdir())


def test_five_thousand_mails_are_written_down_in_seconds(ledger: Ledger, letter: Letter) -> None:
    mails = [letter(str(n), sender=f"p{n % 900}@post.example", own="word " * 300) for n in range(5000)]
    began = time.process_time()
    for start in range(0, 5000, 200):
        ledger.record_many(
            [
                (mail, Location("main", "INBOX", 1, start + at), [("name", f"n {at}"), ("phone", "1")], range(at, at + 20))
                for at, mail in enumerate(mails[start : start + 200])
            ]
        )
    assert time.process_time() - began < 12  # about 2.5 on a small machine
    assert len(ledger.unconcluded()) == 5000
