"""The demo's year: the same one every time, and true to what it says of itself."""

from __future__ import annotations

import tomllib
from collections import Counter
from email import message_from_bytes
from pathlib import Path
from random import Random
from typing import Any

import pytest

from triage.demo import year, year_plots
from triage.demo import year_clock as clock
from triage.demo.year_story import World
from triage.errors import Permanent

TEXTS: dict[str, Any] = tomllib.loads(Path(year.__file__).with_name("year.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def world() -> World:
    return year.written(TEXTS, Random(7), share=1.0)


def test_the_same_seed_gives_the_same_year_and_another_another() -> None:
    one, again, other = (year.written(TEXTS, Random(seed), share=0.1).letters for seed in (3, 3, 4))
    assert one == again
    assert one != other


def test_a_year_is_some_two_thousand_mails_by_some_five_hundred_people(world: World) -> None:
    assert 1_800 < len(world.letters) < 2_800
    assert 400 < len(world.people.known) < 800


def test_everybody_lives_on_a_domain_for_examples(world: World) -> None:
    assert all(party.email.endswith(".example") for letter in world.letters for party in (letter.sender, letter.to))


def test_every_address_and_every_message_id_is_used_once(world: World) -> None:
    assert max(Counter(one.party.email for one in world.people.known).values()) == 1
    assert max(Counter(letter.message_id for letter in world.letters).values()) == 1


def test_every_mail_falls_into_the_year_that_is_looked_back_on(world: World) -> None:
    assert all(letter.at.date() >= clock.FIRST and letter.at < clock.NOW for letter in world.letters)


def test_staff_write_in_office_hours_and_people_at_all_hours(world: World) -> None:
    slow = [letter for letter in world.letters if letter.by_staff and letter.act != "acknowledgement"]
    assert all(letter.at.weekday() < 5 and 9 <= letter.at.hour < 17 for letter in slow)
    assert {letter.at.weekday() for letter in world.letters if not letter.by_staff} == set(range(7))


def test_within_a_matter_time_goes_on(world: World) -> None:
    last: dict[str, Any] = {}
    for letter in world.letters:
        if letter.matter in last:
            assert letter.at > last[letter.matter].at
        last[letter.matter or letter.id] = letter


def test_nothing_is_left_to_fill_in(world: World) -> None:
    assert not [letter for letter in world.letters if "{" in letter.body + letter.subject]


def test_a_late_answer_is_late_and_an_answer_in_time_is_not(world: World) -> None:
    opened = {}
    for letter in world.letters:
        opened.setdefault(letter.matter, letter.at)
        if letter.act in ("answer", "late answer") and letter.matter:
            first = opened[letter.matter]
            assert clock.overdue(first, letter.at) or letter.act == "answer"
    short = [one for one in world.matters if one["team"] == "repairs"]
    assert sum(one["late"] or not one["answered"] for one in short) / len(short) > 0.2


def test_every_plot_is_played(world: World) -> None:
    assert {one["story"] for one in world.matters} >= {*year_plots.MANY, *year_plots.FEW, "campaign"} - {"late", "never"}


def test_a_mail_has_the_form_of_one(world: World) -> None:
    letter = next(one for one in world.letters if one.answers)
    parent = next(one for one in world.letters if one.id == letter.answers)
    mail = message_from_bytes(letter.raw("larkfield.example", parent))
    assert mail["In-Reply-To"] == parent.message_id
    assert b"\r\n\r\n" in letter.raw("larkfield.example", parent)


def test_a_folder_that_holds_something_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("dear diary")
    with pytest.raises(Permanent, match="other files"):
        year.make(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["mine"]


def test_working_days_are_monday_to_friday() -> None:
    friday, monday = clock.SHORT_OF_PEOPLE[1], clock.SHORT_OF_PEOPLE[0]
    assert (friday.weekday(), monday.weekday()) == (4, 0)
    assert clock.working_days(monday, friday) == 8 * 5 + 4
