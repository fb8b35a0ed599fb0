"""Every notebook runs to its end on a part of the demo's year and on a ledger that holds next to nothing, in the ordinary checks: its
code is run here, with pictures that are not drawn. `make notebooks` draws them, on the whole year, and compares the figures with the
truth."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

import pytest

from triage import settings
from triage.cycle import conclude
from triage.demo import year
from triage.demo.year import _record
from triage.demo.year_letter import Letter, Party
from triage.ledger import Ledger

FILES = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
SETTINGS = """[organisation]
name = Fern
domains = fern.example
staff = nell@fern.example
policy = jack-keller
[mailbox:help]
address = help@fern.example
host = 127.0.0.1
password_file = password
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return year.make(tmp_path_factory.mktemp("small") / "year", share=0.03).settings


@pytest.fixture(scope="module")
def one_mail(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of somebody who began today."""
    file = tmp_path_factory.mktemp("new") / "settings.ini"
    file.write_text(SETTINGS)
    chosen = settings.load(file, connecting=False)
    at = datetime(2026, 3, 2, 10, tzinfo=UTC)
    letter = Letter(
        id="m1", act="ask", at=at, sender=Party("Ida Vale", "ida@mail.example"), to=Party("", "help@fern.example"), team="help",
        by_staff=False, subject="Gate", body="The gate does not shut. Could you repair it, please?", person="ida@mail.example", matter="gate",
    )  # fmt: skip
    with Ledger.open(chosen.store.url) as ledger:
        _record(ledger, [letter], "fern.example")
        conclude(chosen, ledger, at)
    return file


def run(path: Path, store: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, Any], str]:
    """The names its code leaves behind, and what it says in words."""
    said: list[str] = []
    display = ModuleType("IPython.display")
    display.Markdown = said.append  # type: ignore[attr-defined]
    display.display = lambda *_: None  # type: ignore[attr-defined]
    pictures = MagicMock()
    for name, stub in {
        "IPython": ModuleType("IPython"), "IPython.display": display, "matplotlib": pictures, "matplotlib.pyplot": pictures.pyplot,
    }.items():  # fmt: skip
        monkeypatch.setitem(sys.modules, name, stub)
    monkeypatch.delitem(sys.modules, "triage.analysis.charts", raising=False)
    monkeypatch.setenv("TRIAGE_SETTINGS", str(store))
    names: dict[str, Any] = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    sys.modules.pop("triage.analysis.charts", None)
    return names, "\n".join(said)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_runs_on_a_part_of_the_year_and_says_its_figures(path: Path, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names, said = run(path, small, monkeypatch)
    assert json.loads(json.dumps(names["figures"], default=str))
    assert re.search(r"\*\*.*\d", said), said
    assert "nan" not in said.lower().split()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_runs_on_a_ledger_with_one_mail(path: Path, one_mail: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names, said = run(path, one_mail, monkeypatch)
    assert said.strip()
    assert "figures" in names
