"""The command line: what is wrong is told in words, with an exit status by its kind, and never with a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from office import Said, run
from sample import settings_file

from triage.mailbox import Account


@pytest.fixture
def settings(tmp_path: Path) -> str:
    nowhere = Account("desk", "desk@larchmere.example", "127.0.0.1", 1, "none", "desk", "-")
    return str(settings_file(tmp_path, nowhere))


def assert_in_words(said: Said, status: int, *words: str) -> None:
    assert said.status == status, said
    assert "Traceback" not in said.errors and said.errors
    for word in words:
        assert word in said.errors, said.errors


@pytest.mark.parametrize("now", ["tomorrow", "2026-13-01T00:00:00Z", ""])
def test_a_now_that_is_no_time_is_told_with_an_example(settings: str, now: str) -> None:
    assert_in_words(run("once", "--settings", settings, "--now", now), 78, "--now", "is not a time", "2026-03-20T12:00:00Z")


def test_a_now_without_a_zone_is_not_guessed_at(settings: str) -> None:
    assert_in_words(run("once", "--settings", settings, "--now", "2026-03-20T12:00:00"), 78, "names no time zone", "+01:00")


def test_an_unknown_message_id_is_told(settings: str) -> None:
    assert_in_words(
        run("explain", "--settings", settings, "<nobody@pond.example>"), 69, "<nobody@pond.example>", "run a pass first"
    )


def test_a_missing_settings_file_is_told(tmp_path: Path) -> None:
    assert_in_words(run("once", "--settings", str(tmp_path / "none.ini")), 78, "cannot be read")


def test_a_server_that_is_away_is_worth_another_try(settings: str) -> None:
    assert_in_words(run("once", "--settings", settings), 75, "cannot be reached")


def test_an_unknown_stage_is_answered_with_those_there_are(settings: str) -> None:
    assert_in_words(run("contacts", "--settings", settings, "--stage", "angry"), 69, "clear, watch, warn, restrict, held")


@pytest.mark.parametrize(
    "arguments", [("once",), ("once", "--settings"), ("bogus",), ("once", "--bogus"), ("explain", "--settings", "x")]
)
def test_a_wrong_command_line_is_told_with_status_2(arguments: tuple[str, ...]) -> None:
    assert_in_words(run(*arguments), 2)


def test_help_lists_the_commands(settings: str) -> None:
    said = run("--help")
    assert said.status == 0
    for command in ("once", "run", "export", "explain", "replay", "undo", "policy"):
        assert command in said.output


def test_a_faulty_policy_is_told_with_status_78(tmp_path: Path) -> None:
    pack = tmp_path / "pack.toml"
    pack.write_text("id = 5\n")
    assert_in_words(run("policy", "check", str(pack)), 78, "pack.toml")


def test_a_sound_policy_is_said_to_be_so() -> None:
    said = run("policy", "check", "jack-keller")
    assert (said.status, said.errors) == (0, "") and "no fault found" in said.output


def test_an_export_before_the_first_pass_is_empty_and_whole(settings: str) -> None:
    said = run("export", "--settings", settings, "--now", "2026-03-20T12:00:00Z")
    assert said.status == 0
    for key in ("contacts", "matters", "findings", "held", "restrictions", "decisions"):
        assert f'"{key}": []' in said.output


def test_a_journal_nobody_wrote_in_is_whole(settings: str) -> None:
    assert run("journal", "--settings", settings).output == "the journal is whole: 0 entries\n"
