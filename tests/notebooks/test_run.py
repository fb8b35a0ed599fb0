"""Every notebook runs on the demo's year, and what it says is what is true of that year (`make notebooks`).

The year is made once, in the folder year. Each notebook collects the figures it shows in `figures`; they are compared with
truth.json, which says what every mail really is.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

ROOT = Path(__file__).parents[2]
YEAR = Path(os.environ.get("TRIAGE_YEAR", ROOT / "year"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SECONDS = 60
"""What a notebook may take on the year's mail, on a machine that has nothing else to do."""


@dataclass(frozen=True)
class Ran:
    figures: dict[str, Any]
    said: str
    """What its cells say in words."""
    pictures: int
    seconds: float = field(compare=False)


@pytest.fixture(scope="session")
def truth() -> dict[str, Any]:
    return dict(json.loads((YEAR / "truth.json").read_text(encoding="utf-8")))


_ran: dict[str, Ran] = {}


def ran(number: str) -> Ran:
    """The notebook that begins with this number, run once."""
    if number not in _ran:
        _ran[number] = _run(next(path for path in NOTEBOOKS if path.name.startswith(number)))
    return _ran[number]


def _run(path: Path) -> Ran:
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("import json\nprint('FIGURES', json.dumps(figures, default=str))"))
    os.environ["TRIAGE_SETTINGS"] = str(YEAR / "settings.ini")
    os.environ.setdefault("PYTHONPATH", str(ROOT))
    begun = time.monotonic()
    nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    seconds = time.monotonic() - begun
    said, pictures, figures = "", 0, {}
    for output in (one for cell in notebook.cells for one in cell.get("outputs", ())):
        data = output.get("data", {})
        said += data.get("text/markdown", "") + "\n"
        pictures += "image/png" in data
        for line in output.get("text", "").splitlines():
            if line.startswith("FIGURES "):
                figures = json.loads(line.removeprefix("FIGURES "))
    return Ran(figures, said, pictures, seconds)


def theirs(truth: dict[str, Any]) -> list[dict[str, Any]]:
    return [mail for mail in truth["mails"] if not mail["by_staff"] and mail["act"] != "automatic"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_runs_in_a_minute_and_shows_words_and_pictures(path: Path) -> None:
    one = ran(path.name[:2])
    assert one.said.strip() and one.pictures and one.figures
    assert one.seconds < SECONDS


def test_mails_by_month_are_those_that_were_written(truth: dict[str, Any]) -> None:
    figures = ran("01").figures
    months = Counter(mail["at"][:7] for mail in theirs(truth))
    assert figures["mails"] == sum(months.values())
    assert figures["per_month"] == {month: months[month] for month in figures["per_month"]}
    assert len(figures["per_month"]) == 12


def test_the_week_of_the_storm_is_a_burst() -> None:
    assert "2025-11-23" in ran("01").figures["burst_weeks"]


def test_late_and_never_are_near_the_truth_and_the_truth_lies_in_the_interval(truth: dict[str, Any]) -> None:
    figures = ran("02").figures
    late = sum(one["late"] or not one["answered"] for one in truth["matters"])
    never = sum(not one["answered"] for one in truth["matters"])
    low, high = figures["late_interval"]
    assert low <= late / len(truth["matters"]) <= high
    assert abs(figures["matters"] - len(truth["matters"])) <= 0.06 * len(truth["matters"])
    assert abs(figures["never"] - never) <= max(8, 0.3 * never)


def test_the_mails_our_silence_caused_are_those_that_chase(truth: dict[str, Any]) -> None:
    chases = sum(mail["act"] in ("chase", "cross chase") for mail in truth["mails"])
    assert abs(ran("02").figures["silence_mails"] - chases) <= 0.12 * chases


def test_those_who_took_a_question_round_are_found_and_nobody_else(truth: dict[str, Any]) -> None:
    shopped = {mail["person"] for mail in truth["mails"] if "staff_shopping" in mail["finds"]}
    assert abs(ran("03").figures["contacts"] - len(shopped)) <= 2


def test_the_hard_mails_are_those_that_were_written(truth: dict[str, Any]) -> None:
    hard = sum(bool({"abuse", "threat"} & set(mail["finds"])) for mail in truth["mails"])
    assert abs(ran("04").figures["mails"] - hard) <= max(3, 0.15 * hard)


def test_the_packs_number_flags_the_bursts_that_reach_it(truth: dict[str, Any]) -> None:
    figures = ran("05").figures
    reached = {mail["person"] for mail in truth["mails"] if "volume" in mail["finds"]}
    assert abs(figures["volume_contacts"][str(figures["now"])] - len(reached)) <= 1
    counts = list(figures["volume_contacts"].values())
    assert counts == sorted(counts, reverse=True)


def test_agreement_is_what_the_reviewers_said(truth: dict[str, Any]) -> None:
    figures = ran("06").figures
    assert figures["dismissed"] == figures["judged"] - figures["agreed"] > 0


def test_the_groups_are_as_large_as_they_are(truth: dict[str, Any]) -> None:
    figures = ran("07").figures
    wrote = {mail["person"] for mail in theirs(truth)}
    other = sum(one["language"] != "en" and one["address"] in wrote for one in truth["people"])
    assert abs(figures["by_language"]["another language"][0] - other) <= 2
    asked = sum(one["adjustment"] and one["address"] in wrote for one in truth["people"])
    assert abs(figures["adjustment"]["asked for an adjustment"] - asked) <= max(3, 0.15 * asked)


def test_nobody_is_flagged_for_persistence_that_we_caused() -> None:
    assert ran("07").figures["persistence_in_silence"] == 0


def test_the_chronology_shows_no_name_without_a_reason(truth: dict[str, Any]) -> None:
    said = ran("08").said
    assert "Our own part first" in said
    assert "@" not in said and "contact-" in said
