"""Every notebook runs on the demo's year, and what it says is what is true of that year (`make notebooks`).

The year is made once, in the folder year. Each notebook collects the figures it shows in `figures`; they are compared with
truth.json, which says what every mail really is. A figure that rests on what the program read is right when the truth lies in the
interval that the notebook states for it; one that only counts is right when it is equal.
"""

from __future__ import annotations

import html
import json
import os
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

from triage import analysis

ROOT = Path(__file__).parents[2]
YEAR = Path(os.environ.get("TRIAGE_YEAR", ROOT / "year"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SECONDS = 60
"""Of the processor's time: what a notebook may take on the year's mail, on a machine that has nothing else to do."""
FINDS = frozenset({"abuse", "threat", "repeat", "volume", "staff_shopping", "after_stop"})
"""Kinds that are held against somebody."""


@dataclass(frozen=True)
class Ran:
    figures: dict[str, Any]
    said: str
    """What its cells say in words."""
    pictures: int
    complaints: str
    """Warnings of its libraries."""
    seconds: float = field(compare=False)


@pytest.fixture(scope="session")
def truth() -> dict[str, Any]:
    return dict(json.loads((YEAR / "truth.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def tables() -> analysis.Tables:
    """With Message-IDs and addresses in place of pseudonyms, as truth.json has them."""
    return analysis.read(YEAR / "settings.ini", names="to compare the tables with the truth")


_ran: dict[str, Ran] = {}
LAST = """import json, time
print("FIGURES", json.dumps(figures, default=str))
print("SECONDS", time.process_time())"""


def ran(number: str) -> Ran:
    """The notebook that begins with this number, run once."""
    if number not in _ran:
        _ran[number] = _run(next(path for path in NOTEBOOKS if path.name.startswith(number)))
    return _ran[number]


def _run(path: Path) -> Ran:
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(LAST))
    os.environ["TRIAGE_SETTINGS"] = str(YEAR / "settings.ini")
    os.environ.setdefault("PYTHONPATH", str(ROOT))
    nbclient.NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    said, pictures, complaints, kept = "", 0, "", {"FIGURES": {}, "SECONDS": 0.0}
    for output in (one for cell in notebook.cells for one in cell.get("outputs", ())):
        data = output.get("data", {})
        said += data.get("text/markdown", "") + "\n"
        pictures += "image/png" in data
        complaints += output.get("text", "") if output.get("name") == "stderr" else ""
        for line in output.get("text", "").splitlines():
            if line.partition(" ")[0] in kept:
                kept[line.partition(" ")[0]] = json.loads(line.partition(" ")[2])
    return Ran(kept["FIGURES"], html.unescape(said), pictures, complaints, kept["SECONDS"])


def theirs(truth: dict[str, Any]) -> list[dict[str, Any]]:
    return [mail for mail in truth["mails"] if not mail["by_staff"] and mail["act"] != "automatic"]


def within(value: float, interval: list[float]) -> bool:
    return interval[0] <= value <= interval[1]


def flagged(truth: dict[str, Any]) -> set[str]:
    """Who really did something that counts, but for what reviewers said by mistake."""
    wrongly_dismissed = {one["id"] for one in truth["reviews"] if one["choice"] == "dismiss"}
    return {
        mail["person"]
        for mail in truth["mails"]
        if mail["id"] not in wrongly_dismissed and FINDS & (set(mail["finds"]) | set(mail["may"]))
    }


def judged(truth: dict[str, Any], tables: analysis.Tables) -> dict[str, str]:
    """What people said of the mails that the notebook on the findings looks at: a dismissal by anybody counts."""
    found = tables.findings
    those = set(found[found["sure"] & ~found["by_staff"] & (found["family"] != "protective")]["message"])
    said: dict[str, set[str]] = defaultdict(set)
    for one in truth["reviews"]:
        if one["id"] in those:
            said[one["id"]].add(one["choice"])
    return {name: "dismiss" if "dismiss" in choices else "agree" for name, choices in said.items()}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_runs_in_a_minute_and_shows_words_and_pictures(path: Path) -> None:
    one = ran(path.name[:2])
    assert one.said.strip() and one.pictures and one.figures
    assert 0 < one.seconds < SECONDS
    assert "Warning:" not in one.complaints


# 01


def test_mails_by_month_and_hour_are_those_that_were_written(truth: dict[str, Any], tables: analysis.Tables) -> None:
    figures = ran("01").figures
    months = Counter(mail["at"][:7] for mail in theirs(truth))
    assert figures["mails"] == sum(months.values())
    assert figures["per_month"] == {month: months[month] for month in figures["per_month"]}
    assert len(figures["per_month"]) == 12
    hours = Counter(datetime.fromisoformat(mail["at"]).hour for mail in theirs(truth))
    assert {int(hour): count for hour, count in figures["by_hour"].items() if count} == dict(hours)


def test_the_week_of_the_storm_is_a_burst() -> None:
    assert "2025-11-23" in ran("01").figures["burst_weeks"]


# 02


def test_the_truth_on_late_and_never_lies_in_the_intervals(truth: dict[str, Any]) -> None:
    figures, matters = ran("02").figures, truth["matters"]
    late = sum(one["late"] or not one["answered"] for one in matters)
    never = sum(not one["answered"] for one in matters)
    assert within(late / len(matters), figures["late_interval"])
    assert within(never / len(matters), figures["never_interval"])
    assert abs(figures["matters"] - len(matters)) <= 0.02 * len(matters)  # one told in two mails that were not joined is two


def test_the_mails_our_silence_caused_are_those_that_chase(truth: dict[str, Any]) -> None:
    chases = sum(mail["act"] in ("chase", "cross chase") for mail in truth["mails"])
    assert within(chases / len(theirs(truth)), ran("02").figures["silence_interval"])


# 03


def test_those_who_took_a_question_round_are_found_and_nobody_else(truth: dict[str, Any]) -> None:
    shopped = {mail["person"] for mail in truth["mails"] if "staff_shopping" in mail["finds"]}
    wrote = {mail["person"] for mail in theirs(truth)}
    figures = ran("03").figures
    assert figures["contacts"] <= len(shopped)
    assert within(len(shopped) / len(wrote), figures["interval"])


# 04


def test_of_the_hard_mails_found_as_many_are_right_as_the_interval_says_and_hardly_any_is_missed(
    truth: dict[str, Any], tables: analysis.Tables
) -> None:
    hard = {mail["id"] for mail in truth["mails"] if {"abuse", "threat"} & set(mail["finds"])}
    conduct = tables.findings[(tables.findings["family"] == "conduct") & tables.findings["sure"] & ~tables.findings["by_staff"]]
    figures = ran("04").figures
    assert within(len(hard & set(conduct["message"])), figures["likely"])
    assert len(hard - set(conduct["message"])) <= 0.05 * len(hard)
    assert figures["incidents"] == len(truth["incidents"])


def test_the_hard_mails_that_name_a_colleague_are_those_that_do(truth: dict[str, Any], tables: analysis.Tables) -> None:
    mailboxes = {f"{mail['team']}@larkfield.example" for mail in truth["mails"]}
    shown = set(tables.exposure["message"])
    named = [mail["id"] for mail in truth["mails"] if mail["id"] in shown and {mail["to"], *mail["cc"]} - mailboxes]
    assert ran("04").figures["named"] == len(named) > 0


# 05


def test_the_packs_number_flags_the_bursts_that_reach_it(truth: dict[str, Any]) -> None:
    figures = ran("05").figures
    reached = {mail["person"] for mail in truth["mails"] if "volume" in mail["finds"]}
    assert figures["volume_contacts"][str(figures["now"])] == len(reached)
    counts = list(figures["volume_contacts"].values())
    assert counts == sorted(counts, reverse=True)


def test_the_share_of_wrong_flags_is_what_the_reviewers_said(truth: dict[str, Any], tables: analysis.Tables) -> None:
    volume = {mail["id"] for mail in truth["mails"] if "volume" in mail["finds"]}
    said = [choice for name, choice in judged(truth, tables).items() if name in volume]
    assert within(said.count("dismiss") / len(said), ran("05").figures["wrong_share"])


# 06


def test_agreement_is_what_the_reviewers_said(truth: dict[str, Any], tables: analysis.Tables) -> None:
    figures, said = ran("06").figures, judged(truth, tables)
    assert (figures["judged"], figures["agreed"]) == (len(said), list(said.values()).count("agree"))
    assert figures["dismissed"] == list(said.values()).count("dismiss") > 0


def test_the_true_share_of_right_findings_among_those_looked_at_lies_in_the_interval_and_among_all_not_below(
    truth: dict[str, Any], tables: analysis.Tables
) -> None:
    found = tables.findings
    sure = found[found["sure"] & ~found["by_staff"] & (found["family"] != "protective")]
    really = {mail["id"]: {*mail["finds"], *mail["may"]} for mail in truth["mails"]}
    right = {name: bool(set(kinds) & really[name]) for name, kinds in sure.groupby("message")["kind"]}
    looked_at = [right[name] for name in judged(truth, tables)]
    low, high = ran("06").figures["interval"]
    assert low <= sum(looked_at) / len(looked_at) <= high
    assert low <= sum(right.values()) / len(right), "people look at what they doubt, so among all it may be higher"


def test_reviewers_agree_as_often_as_they_do_and_nothing_drifts(truth: dict[str, Any]) -> None:
    figures = ran("06").figures
    voices: dict[str, list[str]] = defaultdict(list)
    for one in truth["reviews"]:
        voices[one["id"]].append(one["choice"])
    pairs = [choices for choices in voices.values() if len(choices) == 2]
    assert (figures["same"], figures["twice"]) == (sum(one == other for one, other in pairs), len(pairs))
    assert within(0.96**2 + 0.04**2, figures["same_interval"])  # year_office.SLIP is the chance of a mistake
    assert figures["falls"] == []


# 07


def test_the_groups_are_as_large_as_they_are(truth: dict[str, Any]) -> None:
    figures = ran("07").figures
    wrote = {mail["person"] for mail in theirs(truth)}
    other = sum(one["language"] != "en" and one["address"] in wrote for one in truth["people"])
    assert figures["by_language"]["another language"][0] == other
    asked = sum(one["adjustment"] and one["address"] in wrote for one in truth["people"])
    assert abs(figures["adjustment"]["asked for an adjustment"] - asked) <= 1


@pytest.mark.parametrize(
    ("group", "of"),
    [
        ("language: another language", lambda one: one["language"] != "en"),
        ("adjustment: asked for an adjustment", lambda one: one["adjustment"]),
        ("device: writes on a telephone", lambda one: one["phone"]),
    ],
)
def test_the_true_difference_of_a_group_lies_in_its_interval(truth: dict[str, Any], group: str, of: Any) -> None:
    wrote, did = {mail["person"] for mail in theirs(truth)}, flagged(truth)
    inside = {one["address"] for one in truth["people"] if of(one)} & wrote
    outside = {one["address"] for one in truth["people"] if not of(one)} & wrote
    gap = len(inside & did) / len(inside) - len(outside & did) / len(outside)
    assert within(gap, ran("07").figures["gaps"][f"{group}, flagged"])


def test_nobody_is_flagged_for_persistence_that_we_caused() -> None:
    assert ran("07").figures["persistence_in_silence"] == 0


# 08


def test_the_chronology_is_that_of_one_person(truth: dict[str, Any]) -> None:
    figures = ran("08").figures
    wrote: dict[str, list[datetime]] = defaultdict(list)
    for mail in theirs(truth):
        wrote[mail["person"]].append(datetime.fromisoformat(mail["at"]))
    shown = sorted(datetime.fromisoformat(at) for at in figures["mails_at"])
    (person,) = [name for name, times in wrote.items() if sorted(times) == shown]
    of = [one for one in truth["matters"] if one["person"] == person]
    assert figures["until"] == [one["until"] for one in of if one.get("until")]
    assert figures["outcomes"] == [one.get("appeal", "none") for one in of if one.get("until")]
    assert figures["ours"] == sum(mail["by_staff"] and mail["person"] == person for mail in truth["mails"])
    assert figures["incidents"] == sum(one["person"] == person for one in truth["incidents"])


def test_the_chronology_shows_no_name_without_a_reason() -> None:
    said = ran("08").said
    assert "Our own part first" in said
    assert "@" not in said and "contact-" in said
