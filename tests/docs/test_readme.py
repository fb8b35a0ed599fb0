"""The words for newcomers say what is so: commands, labels, stages, files, and the two commands of make."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
import typer.main

from triage import label
from triage.__main__ import app
from triage.decision import Stage

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FLOW = (ROOT / "docs" / "flow.md").read_text(encoding="utf-8")
CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
MAKES = set(re.findall(r"(?:`|^ {4,}|^exec )make ([a-z-]+)", README + CI, re.MULTILINE))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def commands() -> set[str]:
    """Every command of the program; one of a group as "policy check"."""
    found = set()
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        below = getattr(command, "commands", None)
        found |= {f"{name} {one}" for one in below} if below else {name}
    return found


def named(text: str) -> set[str]:
    """The commands that a text tells people to type."""
    groups = {name.partition(" ")[0] for name in commands() if " " in name}
    found = set()
    for first, second in re.findall(r"(?:`|\.venv/bin/)triage ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?", text):
        found.add(f"{first} {second}".strip() if first in groups else first)
    return found


def test_every_command_the_readme_names_exists_and_every_command_is_named() -> None:
    assert named(README) == commands()


def test_every_command_the_flow_and_the_page_on_decisions_name_exists() -> None:
    assert named(FLOW) <= commands()
    assert named((ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")) <= commands()


@pytest.mark.parametrize("target", sorted(MAKES))
def test_every_make_command_that_is_named_exists(target: str) -> None:
    assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)


def test_the_two_commands_are_in_the_readme() -> None:
    assert "\n    make demo\n" in README
    assert "\n    make test\n" in README


def test_every_label_and_no_other_is_explained() -> None:
    explained = set(re.findall(r"^\| `(triage-[a-z]+)` \|", README, re.MULTILINE))
    assert explained == {*label.FINDINGS, *label.VERDICTS}


def test_every_stage_and_no_other_is_explained() -> None:
    table = README.partition("| Stage | Meaning |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `([a-z]+)` \|", table, re.MULTILINE) == list(get_args(Stage))


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:triage|rules|models)/[\w./-]*)`", FLOW))))
def test_every_file_the_flow_names_exists(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_every_link_of_the_readme_leads_somewhere(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([a-z_]+(?:\.py|/))`", README.partition("## Where things are")[2]))))
def test_every_file_in_the_readmes_list_exists(name: str) -> None:
    assert (ROOT / "triage" / name).exists() or (ROOT / name).exists()


def test_both_stay_short() -> None:
    assert len(README.splitlines()) <= 200
    assert len(FLOW.splitlines()) <= 70


def test_the_picture_fetches_nothing() -> None:
    picture = (ROOT / "docs" / "demo.svg").read_text(encoding="utf-8")
    assert set(re.findall(r"https?://[^\"' )]+", picture)) <= {"http://www.w3.org/2000/svg"}
    assert "@font-face" not in picture
