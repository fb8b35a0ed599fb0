"""A transaction is there entirely or not at all, whatever happens to the program."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event

from triage.errors import Temporary
from triage.ledger import Cursor, Ledger, Location, Recording
from triage.message import Message

Letter = Callable[..., Message]


def test_what_fails_leaves_nothing(ledger: Ledger, letter: Letter) -> None:
    with pytest.raises(RuntimeError), ledger.transaction():
        ledger.record(letter("one"))
        ledger.set_cursor("main", "INBOX", Cursor(1, 1))
        assert ledger.unconcluded() == [letter("one").key]
        raise RuntimeError
    assert ledger.unconcluded() == []
    assert ledger.cursor("main", "INBOX") is None


def test_an_inner_transaction_is_kept_only_with_the_outer_one(ledger: Ledger, letter: Letter) -> None:
    with pytest.raises(RuntimeError), ledger.transaction():
        with ledger.transaction():
            ledger.record(letter("inner"))
        raise RuntimeError
    assert ledger.unconcluded() == []


def test_an_inner_transaction_that_fails_takes_back_its_own_part_only(ledger: Ledger, letter: Letter) -> None:
    with ledger.transaction():
        ledger.record(letter("outer"))
        with pytest.raises(RuntimeError), ledger.transaction():
            ledger.record(letter("inner"))
            raise RuntimeError
    assert ledger.unconcluded() == [letter("outer").key]


def test_another_thread_does_not_join_this_ones_transaction(ledger: Ledger, letter: Letter) -> None:
    seen: list[list[str]] = []
    with ledger.transaction():
        ledger.record(letter("mine"))
        other = threading.Thread(target=lambda: seen.append(ledger.unconcluded()))
        other.start()
        other.join()
    assert seen == [[]]


@pytest.mark.usefixtures("path")  # SQLite alone
def test_a_second_writer_waits_and_then_says_what_is_wrong(ledger: Ledger, url: str, letter: Letter) -> None:
    with Ledger.open(url, patience=0.1) as other, ledger.transaction():
        with pytest.raises(Temporary, match="locked by another program") as caught:
            other.record(letter("late"))
        assert str(caught.value).endswith("Let it finish, or stop it, and try again.")
        assert letter("late").subject not in str(caught.value)
        assert other.unconcluded() == []  # reading goes on


def test_a_reader_in_another_program_does_not_stop_the_writer(ledger: Ledger, url: str, letter: Letter) -> None:
    with Ledger.open(url) as other, other._reading() as reading:
        reading.exec_driver_sql("SELECT count(*) FROM messages").all()
        assert ledger.record(letter("new"))


def killed_at(statement: int, url: str, letter: Letter) -> bool:
    """Writes a batch in a child that kills itself at its so-manieth statement; whether it came to that."""
    child = os.fork()
    if child == 0:
        left = statement
        ledger = Ledger.open(url)

        def count(*_: object) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
            event.listen(ledger._engine, name, count)
        try:
            with ledger.transaction():
                ledger.record_many(
                    [Recording(letter(str(n)), Location("main", "INBOX", 1, n), [("name", "ines falk")], [n]) for n in range(200)]
                )
                ledger.set_cursor("main", "INBOX", Cursor(1, 199))
                ledger.journal("read", at=letter("x").sent_at, actor="triage", subject={"mails": 200})
        except BaseException:  # noqa: BLE001 - a child of fork must not run on into the test
            os._exit(3)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.waitstatus_to_exitcode(status) in (0, -signal.SIGKILL)
    return os.WIFSIGNALED(status)


def test_killed_at_any_statement_a_batch_is_there_entirely_or_not_at_all(tmp_path: Path, letter: Letter) -> None:
    kills = 0
    while True:
        url = f"sqlite:///{tmp_path / f'{kills}.db'}"
        Ledger.open(url).close()
        killed = killed_at(kills + 1, url, letter)
        with Ledger.open(url) as ledger:
            cursor, entries = ledger.cursor("main", "INBOX"), ledger.head()[0]
            counts = (
                len(ledger.unconcluded()),
                len(ledger.placed_in("main", "INBOX")),
                len(ledger.template_candidates(range(200))),
            )
            assert ledger.verify_journal() is None
        if not killed:
            break
        assert (*counts, cursor, entries) == (0, 0, 0, None, 0)
        kills += 1
    assert (*counts, cursor, entries) == (200, 200, 200, Cursor(1, 199), 1)
    assert kills >= 30  # or the test has stopped looking at what it is about


def test_killed_right_after_the_commit_everything_is_there(url: str, letter: Letter) -> None:
    child = os.fork()
    if child == 0:
        with Ledger.open(url) as ledger:
            ledger.record_many([Recording(letter("one"), Location("main", "INBOX", 1, 1))])
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    with Ledger.open(url) as ledger:
        assert ledger.messages([letter("one").key]) == [letter("one")]
        assert ledger.placed_in("main", "INBOX") == {1: letter("one").key}
