"""Killed at any step, whatever it was doing, and run again: the same end as if nothing had happened. On Dovecot.

Each test runs one kind of work undisturbed and counts its steps. Then, for every step, it takes a fresh copy of mailbox and
ledger, has the program killed there, runs it again, and compares all that people and programs can see.
"""

from __future__ import annotations

import itertools
import random
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from databases import new_database, postgresql
from ending import End, end_of
from figures import TIMES, Figures
from mailstate import OURS, copy_account, differences, flags, folders, mails, move, notes, state
from sample import ABUSE_AGAIN, DOREEN, HOLD_ENDS, NOW, VANCE, Mail, address, desk, fill, letter, settings_file, story
from servers import Server
from stepper import Ran, Stepper, Way, changes

SHARES = 4
"""A test is cut into so many, so that two processes may share them."""
_number = itertools.count(1)

EVERY = 1 if TIMES > 1 else 3
"""In the commit gate a pass is killed at every step, and each other kind of work at every third; `make nightly` kills it at every one."""
SELDOM = 1 if TIMES > 1 else 16
"""The same for what ends a pass in another way than a kill, and for PostgreSQL."""

ONCE = ("once", "--now", NOW.isoformat())
AFTER_THE_HOLD = ("once", "--now", HOLD_ENDS.isoformat())
UNDO = ("undo",)


@dataclass(frozen=True)
class Desk:
    """One mailbox with its settings and ledger, all of which can be copied."""

    server: Server
    stepper: Stepper
    folder: Path
    user: str
    postgresql: str = ""
    """The server that keeps the ledger of its twins; "" for a file."""
    url: str = ""
    """Of its ledger there."""

    def run(self, command: str, *rest: str, kill_before: int = 0, by: Way = "SIGKILL", kill_after: float = 0) -> Ran:
        settings = str(self.folder / "settings.ini")
        return self.stepper.run(command, "--settings", settings, *rest, kill_before=kill_before, by=by, kill_after=kill_after)

    def twin(self) -> Desk:
        """A desk of its own with the very same mail and ledger; on PostgreSQL with an empty one."""
        user = f"twin{next(_number)}"
        twin = replace(self, user=user, folder=self.folder.parent / user, url=self.postgresql and new_database(self.postgresql))
        shutil.copytree(self.folder, twin.folder)
        copy_account(self.server, self.user, user)
        settings_file(twin.folder, desk(self.server, user), extra=f"\n[store]\nurl = {twin.url}\n" if twin.url else "")
        return twin

    def end(self, now: str) -> End:
        return end_of(self.server, self.user, self.folder, now, self.url)


@pytest.fixture(scope="module")
def stepper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stepper]:
    with Stepper(tmp_path_factory.mktemp("steps")) as one:
        yield one


@pytest.fixture(autouse=True)
def _counted(figures: Figures, stepper: Stepper) -> Iterator[None]:
    before = stepper.kills
    yield
    figures.add("points at which it was killed", stepper.kills - before)


@pytest.fixture(scope="module")
def fresh(dovecot_server: Server, stepper: Stepper, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The story has arrived and no pass was made yet."""
    user = f"fresh{next(_number)}"
    fill(dovecot_server, user, story())
    folders(dovecot_server, user)  # has the server make all its folders
    one = Desk(dovecot_server, stepper, tmp_path_factory.mktemp("desks") / user, user)
    settings_file(one.folder, desk(dovecot_server, user))
    command, *rest = ONCE
    stepper.warm_up(command, "--settings", str(one.twin().folder / "settings.ini"), *rest)
    return one


@pytest.fixture(scope="module")
def worked(fresh: Desk) -> Desk:
    """A pass was made over the story."""
    one = fresh.twin()
    assert one.run(*ONCE).status == 0
    return one


def later_mail() -> list[Mail]:
    """What arrives while the program lies dead: it adds to a warning, to the hold, and brings a note of its own."""
    return [
        letter(
            "Hello,\n\nI would still like to rent garage 14 behind Tern Court for my late husband's car.\n\nDoreen Pike",
            sender=DOREEN, subject="Garage 14 at Tern Court", at="2026-05-12 08:00",
        ),
        letter(
            "Correct the bill: the service charge of 340 pounds for 9 Heron Wharf is wrong.\n\nVance Kettle",
            sender=VANCE, subject="Re: Service charge for 9 Heron Wharf", at="2026-05-12 08:30",
        ),
        letter(ABUSE_AGAIN, sender="Errol Finch <errol@finch.example>", subject="Rent", at="2026-05-12 09:00"),
        letter(ABUSE_AGAIN, sender="Errol Finch <errol@finch.example>", subject="Rent", at="2026-05-12 09:30"),
    ]  # fmt: skip


def moments(ran: Ran, which: Callable[[str], bool] = changes) -> list[int]:
    """Every moment that differs in what lies there: before the first step, and after each that leaves something behind."""
    assert ran.status == 0, ran.output
    return [1, *(number + 1 for number, step in enumerate(ran.steps, 1) if which(step) and number < len(ran.steps))]


def killed_and_run_again(start: Desk, command: tuple[str, ...], moment: int, by: Way = "SIGKILL") -> Desk:
    one = start.twin()
    killed = one.run(*command, kill_before=moment, by=by)
    assert killed.killed, killed.output
    again = one.run(*command)
    assert again.status == 0, again.output
    return one


def assert_same_end(one: Desk, wanted: End, now: str, at: str) -> None:
    other = one.end(now).unlike(wanted)
    assert not other, "\n".join([at, *other])


def assert_nothing_left_to_do(one: Desk, command: tuple[str, ...], at: str) -> None:
    idle = one.run(*command)
    assert idle.status == 0 and " 0 changes made" in idle.output, (at, idle.output)
    assert not [step for step in idle.steps if changes(step) and step != "COMMIT"], at


@pytest.mark.parametrize("share", range(SHARES))
def test_a_pass_killed_at_any_step_ends_the_same_when_run_again(fresh: Desk, worked: Desk, share: int) -> None:
    undisturbed = fresh.twin().run(*ONCE)
    wanted = worked.end(NOW.isoformat())
    assert {one.note for one in notes(fresh.server, worked.user)} == {note_id for note_id, _ in wanted.books["notes"]}
    assert len(wanted.books["notes"]) >= 4
    assert len(mails(fresh.server, worked.user, "Triage/Held")) == 1
    assert {name for names in flags(fresh.server, worked.user).values() for name in names} >= {
        "triage-repeat", "triage-staff", "triage-conduct", "triage-urgent", "triage-protected", "triage-overdue",
    }  # fmt: skip
    every = moments(undisturbed)
    assert len(every) >= 25
    for moment in every[share::SHARES]:
        one = killed_and_run_again(fresh, ONCE, moment)
        at = f"killed before step {moment}, {undisturbed.steps[moment - 1]}"
        assert_same_end(one, wanted, NOW.isoformat(), at)
        assert_nothing_left_to_do(one, ONCE, at)


def test_a_pass_killed_at_any_time_again_and_again_ends_the_same_when_it_is_let_be(
    fresh: Desk, worked: Desk, figures: Figures
) -> None:
    """Between two steps too, in the midst of a write; `make nightly` kills 5,000 times."""
    wanted = worked.end(NOW.isoformat())
    chance, kills = random.Random(TIMES), 0
    begun = time.monotonic()
    assert fresh.twin().run(*ONCE).status == 0
    whole = time.monotonic() - begun
    while kills < (12 if TIMES == 1 else 50 * TIMES):
        one, times = fresh.twin(), []
        for _ in range(6):
            times.append(chance.uniform(0.01, whole))
            ran = one.run(*ONCE, kill_after=times[-1])
            assert ran.killed or ran.status == 0, ran.output
            kills += ran.killed
        said = one.run(*ONCE)
        assert said.status == 0, (times, said.output)
        assert_same_end(one, wanted, NOW.isoformat(), f"killed after {times} s")
        shutil.rmtree(one.folder)
    figures.add("kills at a random time", kills)


@pytest.mark.parametrize("by", ["SIGTERM", "a fault of the program"])
def test_a_pass_ended_in_another_way_ends_the_same_when_run_again(fresh: Desk, worked: Desk, by: Way) -> None:
    wanted = worked.end(NOW.isoformat())
    undisturbed = fresh.twin().run(*ONCE)
    for moment in moments(undisturbed)[3::SELDOM]:
        one = killed_and_run_again(fresh, ONCE, moment, by)
        at = f"{by} before step {moment}, {undisturbed.steps[moment - 1]}"
        assert_same_end(one, wanted, NOW.isoformat(), at)
        assert_nothing_left_to_do(one, ONCE, at)


def test_a_pass_killed_with_its_ledger_in_postgresql_ends_the_same_when_run_again(
    fresh: Desk, worked: Desk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    wanted = worked.end(NOW.isoformat())
    with postgresql(tmp_path_factory.mktemp("postgresql")) as server:
        there = replace(fresh, postgresql=server)
        undisturbed = there.twin().run(*ONCE)
        every = moments(undisturbed)
        assert len(every) >= 25
        for moment in every[4::SELDOM]:
            one = killed_and_run_again(there, ONCE, moment)
            at = f"killed before step {moment}, {undisturbed.steps[moment - 1]}"
            assert_same_end(one, wanted, NOW.isoformat(), at)
            assert_nothing_left_to_do(one, ONCE, at)
            assert not (one.folder / "triage.db").exists()


@pytest.mark.parametrize("share", range(SHARES))
def test_a_killed_pass_leaves_nothing_double_when_more_mail_has_come_before_the_next(
    fresh: Desk, worked: Desk, share: int
) -> None:
    undisturbed = fresh.twin().run(*ONCE)
    usual = worked.twin()
    fill(usual.server, usual.user, later_mail())
    assert usual.run(*ONCE).status == 0
    wanted = usual.end(NOW.isoformat())
    every = moments(undisturbed, lambda step: changes(step) and step != "COMMIT")
    for moment in every[share::SHARES][::EVERY]:
        one = fresh.twin()
        assert one.run(*ONCE, kill_before=moment).killed
        fill(one.server, one.user, later_mail())
        assert one.run(*ONCE).status == 0
        at = f"killed before step {moment}, {undisturbed.steps[moment - 1]}"
        assert_same_end(one, wanted, NOW.isoformat(), at)
        assert_nothing_left_to_do(one, ONCE, at)


def test_a_verdict_is_heard_once_though_the_program_is_killed_while_hearing_it(worked: Desk) -> None:
    judged = worked.twin()
    note = next(one for one in notes(judged.server, judged.user) if one.subject.startswith("A warning"))
    move(judged.server, judged.user, note.message_id, "Triage/Review", "Triage/Dismiss")
    usual = judged.twin()
    undisturbed = usual.run(*ONCE)
    wanted = usual.end(NOW.isoformat())
    assert [one["choice"] for one in wanted.conclusions["decisions"]] == ["dismiss"]
    assert address(DOREEN) in str(wanted.conclusions["contacts"]) and not wanted.books["applied"].get("triage-staff")
    for moment in moments(undisturbed)[::EVERY]:
        one = killed_and_run_again(judged, ONCE, moment)
        at = f"killed before step {moment}, {undisturbed.steps[moment - 1]}"
        assert_same_end(one, wanted, NOW.isoformat(), at)
        assert_nothing_left_to_do(one, ONCE, at)


def test_a_hold_ends_for_every_mail_though_the_program_is_killed_while_ending_it(worked: Desk) -> None:
    usual = worked.twin()
    undisturbed = usual.run(*AFTER_THE_HOLD)
    wanted = usual.end(HOLD_ENDS.isoformat())
    assert not mails(usual.server, usual.user, "Triage/Held") and wanted.conclusions["held"] == []
    for moment in moments(undisturbed)[1::EVERY]:
        one = killed_and_run_again(worked, AFTER_THE_HOLD, moment)
        at = f"killed before step {moment}, {undisturbed.steps[moment - 1]}"
        assert_same_end(one, wanted, HOLD_ENDS.isoformat(), at)
        assert_nothing_left_to_do(one, AFTER_THE_HOLD, at)


@pytest.mark.parametrize("share", range(SHARES))
def test_undo_killed_at_any_step_and_run_again_leaves_nothing_of_ours(fresh: Desk, worked: Desk, share: int) -> None:
    before = state(fresh.server, fresh.user)
    usual = worked.twin()
    undisturbed = usual.run(*UNDO)
    assert not differences(state(usual.server, usual.user), before)
    every = moments(undisturbed)
    assert len(every) >= 25
    for moment in every[share::SHARES][::EVERY]:
        one = killed_and_run_again(worked, UNDO, moment)
        at = f"killed before step {moment}, {undisturbed.steps[moment - 1]}"
        assert not differences(state(one.server, one.user), before), at
        assert not set(OURS) & set(folders(one.server, one.user, subscribed=True)), at
        third = one.run(*UNDO)
        assert not [step for step in third.steps if changes(step) and step != "COMMIT"], (at, third.steps)


def test_undo_takes_away_what_a_killed_pass_has_left(fresh: Desk) -> None:
    before = state(fresh.server, fresh.user)
    undisturbed = fresh.twin().run(*ONCE)
    for moment in moments(undisturbed, lambda step: step.startswith(("APPEND", "UID")))[::EVERY]:
        one = fresh.twin()
        assert one.run(*ONCE, kill_before=moment).killed
        assert one.run(*UNDO).status == 0
        at = f"killed before step {moment}, {undisturbed.steps[moment - 1]}"
        assert not differences(state(one.server, one.user), before), at
