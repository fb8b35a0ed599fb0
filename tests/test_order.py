"""Whatever the order in which mail is found, and however often conclusions are drawn in between: the same end.

No server: mails are read from bytes, written down and concluded as a pass does it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample import DOREEN, HOLD_ENDS, INES, NOW, RALPH, Mail, address, letter, reply, settings_file, story

from triage import crew, judgement, parsing
from triage.cycle import conclude
from triage.export import everything
from triage.intake import recorded
from triage.ledger import Ledger, Recording
from triage.mailbox import Account
from triage.message import Message, Unreadable
from triage.settings import Settings, load

EXAMPLES = settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def campaign() -> list[Mail]:
    """Four neighbours send the same letter within a day."""
    words = (
        "I object to the closing of the laundry room in Tern Court. Many of us have no room for a washing machine, and the next "
        "launderette is two miles away. Please keep the laundry room open, as the lease promises."
    )
    people = ("Ann Loe <ann@loe.example>", "Ben Orr <ben@orr.example>", "Cy Poll <cy@poll.example>", "Di Quay <di@quay.example>")
    return [
        letter(f"{words}\n\n{one.partition(' <')[0]}", sender=one, subject="Laundry room", at=f"2026-05-0{number} 10:00")
        for number, one in enumerate(people, 2)
    ]


def two_addresses() -> list[Mail]:
    """Nora Fell writes from home and from work, gives the same telephone number, and Ines answers her."""
    home, work = "Nora Fell <nora@fell.example>", "Nora Fell <n.fell@works.example>"
    first = letter(
        "The gate of the yard at Wren House squeaks all night. Please oil the gate.\n\nNora Fell\nTel. 07700 900461",
        sender=home, subject="Squeaking gate", at="2026-04-20 07:00",
    )  # fmt: skip
    answer = reply(
        first,
        "Dear Ms Fell,\n\nthe gate was oiled this morning.\n\nInes Wold",
        sender=INES,
        at="2026-04-21 12:00",
        recipient=home,
    )
    more = letter(
        "The gate at Wren House squeaks again. Please oil the gate once more.\n\nNora Fell\nTel. 07700 900461",
        sender=work, subject="Gate", at="2026-05-02 07:00",
    )  # fmt: skip
    return [first, answer, more]


def among_us(garage_question: Mail) -> list[Mail]:
    """Ines asks Ralph about Doreen's question; Doreen is no party to it."""
    return [
        letter(
            "Ralph,\n\nis garage 14 still let?\n\nInes", sender=INES, to=RALPH, subject="Re: Garage 14 at Tern Court",
            at="2026-04-13 16:00", answers=garage_question,
        )
    ]  # fmt: skip


def copies_in_the_inbox() -> list[Mail]:
    """Staff keep their own sent mail in the inbox too: one copied there as it is, one sent to the desk as well."""
    notice = next(one for one in story() if b"decided to restrict" in one.raw)
    answer = next(one for one in story() if b"Garage 14 at Tern Court is let" in one.raw)
    return [
        Mail("INBOX", notice.at + timedelta(minutes=1), b"Delivered-To: desk@larchmere.example\r\n" + notice.raw),
        Mail("INBOX", answer.at, answer.raw),
    ]


@cache
def every_mail() -> tuple[Mail, ...]:
    told = story()
    first = next(one for one in told if address(DOREEN).encode() in one.raw)
    return (*told, *campaign(), *two_addresses(), *among_us(first), *copies_in_the_inbox())


@cache
def recordings() -> tuple[Recording, ...]:
    return tuple(recorded(understood(one), None) for one in every_mail())


def understood(mail: Mail) -> Message | Unreadable:
    read = parsing.read(
        mail.raw,
        mailbox="desk",
        role="sent" if mail.folder == "Sent" else "inbox",
        received_at=mail.at,
        truncated=False,
        size=len(mail.raw),
        trusted_authserv=None,
    )
    if isinstance(read, Message) and not read.sender.email:
        return Unreadable(read.key, read.message_id, read.mailbox, read.role, read.received_at, "it does not say who sent it")
    return read


@cache
def larchmere(policy: str = "jack-keller", staff: str = "") -> Settings:
    folder = Path(tempfile.mkdtemp())
    path = settings_file(folder, Account("desk", "desk@larchmere.example", "127.0.0.1", 143, "none", "desk", "-"), policy=policy)
    if staff:
        path.write_text(path.read_text().replace("staff = ", f"staff = {staff}, "))
    try:
        return load(path, connecting=False)
    finally:
        for one in folder.iterdir():
            one.unlink()
        folder.rmdir()


def concluded(batches: Sequence[tuple[Sequence[Recording], datetime]], end: datetime = NOW) -> dict[str, Any]:
    """What the export says in the end when these batches are written down one after the other, each concluded at its time."""
    with Ledger.open("sqlite://") as ledger:
        for batch, now in batches:
            ledger.record_many(batch)
            assert conclude(larchmere(), ledger, now)[1] == []
        assert conclude(larchmere(), ledger, end)[1] == []
        return exported(ledger, end)


def exported(ledger: Ledger, now: datetime) -> dict[str, Any]:
    found = everything(ledger, now)
    for contact in found["contacts"]:
        del contact["as_of"]  # when it was last looked at, which may have been earlier where nothing has changed since
    return found


@cache
def at_once(end: datetime = NOW) -> dict[str, Any]:
    return concluded([(recordings(), end)], end)


def assert_same(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    for part, rows in wanted.items():
        if isinstance(rows, list):
            other = [f"{row}\n" for row in found[part] if row not in rows]
            missing = [f"{row}\n" for row in rows if row not in found[part]]
            assert not other and not missing, f"{part}: found\n{''.join(other)}\ninstead of\n{''.join(missing)}"
        assert found[part] == rows, part


def test_the_mails_are_worth_shuffling() -> None:
    end = at_once()
    assert {row["kind"] for row in end["findings"]} >= {
        "abuse", "repeat", "staff_shopping", "after_stop", "welfare", "rights", "campaign",
    }  # fmt: skip
    assert any(len(contact["addresses"]) == 2 for contact in end["contacts"])
    assert end["held"] and end["restrictions"] and len(end["matters"]) >= 8


def test_one_mail_at_a_time_ends_like_all_at_once() -> None:
    assert_same(concluded([([one], NOW) for one in recordings()]), at_once())


def test_workers_come_to_the_same_as_one_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(crew, "MUCH", 1)
    monkeypatch.setattr(crew, "size", lambda: 2)
    monkeypatch.setattr(judgement, "_AT_ONCE", 3)
    with Ledger.open(f"sqlite:///{tmp_path}/triage.db") as ledger:
        ledger.record_many(recordings())
        assert conclude(larchmere(), ledger, NOW)[1] == []
        assert_same(exported(ledger, NOW), at_once())


def test_all_that_was_sent_before_all_that_came_in_ends_the_same() -> None:
    sent = [one for one in recordings() if one.message.role == "sent"]
    came = [one for one in recordings() if one.message.role == "inbox"]
    assert_same(concluded([(sent, NOW), (came, NOW)]), at_once())
    assert_same(concluded([(came, NOW), (sent, NOW)]), at_once())


@EXAMPLES
@given(st.data())
def test_any_order_in_any_batches_ends_the_same(data: st.DataObject) -> None:
    order = data.draw(st.permutations(recordings()))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(order) - 1), max_size=5)))
    batches = [(order[start:end], NOW) for start, end in zip([0, *cuts], [*cuts, len(order)], strict=True)]
    assert_same(concluded(batches), at_once())


@EXAMPLES
@given(st.data())
def test_concluding_at_many_times_in_between_ends_the_same(data: st.DataObject) -> None:
    order = data.draw(st.permutations(recordings()))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(order) - 1), min_size=1, max_size=3)))
    days = data.draw(st.lists(st.integers(-40, 200), min_size=len(cuts) + 1, max_size=len(cuts) + 1))
    end = data.draw(st.sampled_from((NOW, HOLD_ENDS)))
    parts = [order[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(order)], strict=True)]
    batches = [(part, NOW + timedelta(days=day)) for part, day in zip(parts, days, strict=True)]
    assert_same(concluded(batches, end), at_once(end))


def test_another_policy_has_everything_concluded_anew() -> None:
    with Ledger.open("sqlite://") as ledger:
        ledger.record_many(recordings())
        conclude(larchmere(), ledger, NOW)
        conclude(larchmere("k-and-s"), ledger, NOW)
        changed = exported(ledger, NOW)
    with Ledger.open("sqlite://") as ledger:
        ledger.record_many(recordings())
        conclude(larchmere("k-and-s"), ledger, NOW)
        assert_same(changed, exported(ledger, NOW))
    assert {row["clause"] for row in changed["findings"]} != {row["clause"] for row in at_once()["findings"]}


def test_who_turns_out_to_be_staff_is_no_contact_any_longer() -> None:
    with Ledger.open("sqlite://") as ledger:
        ledger.record_many(recordings())
        conclude(larchmere(), ledger, NOW)
        conclude(larchmere(staff="ann@loe.example"), ledger, NOW)
        changed = exported(ledger, NOW)
    with Ledger.open("sqlite://") as ledger:
        ledger.record_many(recordings())
        conclude(larchmere(staff="ann@loe.example"), ledger, NOW)
        assert_same(changed, exported(ledger, NOW))
    assert "ann@loe.example" in str(at_once()["contacts"])
    assert "ann@loe.example" not in [one for contact in changed["contacts"] for one in contact["addresses"]]
