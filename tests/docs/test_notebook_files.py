"""What can be seen of the notebooks without running them; `make notebooks` runs them."""

from __future__ import annotations

import ast
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from triage import analysis

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "notebooks").glob("*.ipynb"))
EXTRA = {"IPython", "matplotlib"}
"""What only the extra "notebooks" brings."""


def notebook(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def code(path: Path) -> str:
    return "\n".join("".join(cell["source"]) for cell in notebook(path)["cells"] if cell["cell_type"] == "code")


def test_there_are_eight() -> None:
    assert [path.name[:2] for path in FILES] == [f"{number:02}" for number in range(1, 9)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_holds_no_output(path: Path) -> None:
    for cell in notebook(path)["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_its_code_is_folded_so_that_the_first_screen_holds_the_answer(path: Path) -> None:
    cells = notebook(path)["cells"]
    assert all(cell["metadata"]["jupyter"]["source_hidden"] for cell in cells if cell["cell_type"] == "code")
    first = next(place for place, cell in enumerate(cells) if "figures =" in "".join(cell["source"]))
    before = "".join("".join(cell["source"]) for cell in cells[:first] if cell["cell_type"] == "markdown")
    assert len(before) < 900  # letters before the answer: a dozen lines


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_its_title_is_one_question(path: Path) -> None:
    title = "".join(notebook(path)["cells"][0]["source"]).splitlines()[0]
    assert title.startswith("# ") and title.endswith("?") and title.count("?") == 1


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_after_each_picture_stands_what_it_shows(path: Path) -> None:
    cells = notebook(path)["cells"]
    for cell, following in zip(cells, [*cells[1:], None], strict=True):
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and "charts." in source.replace("charts.style", "") and "figures[" not in source:
            assert following is not None


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_its_code_is_python_and_what_it_imports_is_there(path: Path) -> None:
    for node in ast.walk(ast.parse(code(path))):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            assert name.partition(".")[0] in EXTRA or find_spec(name) is not None, name


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_tables_columns_and_charts_it_uses_exist(path: Path) -> None:
    charts = {
        node.name
        for node in ast.parse((ROOT / "triage/analysis/charts.py").read_text()).body
        if isinstance(node, ast.FunctionDef)
    }
    for node in ast.walk(ast.parse(code(path))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == "tables":
                assert node.attr in analysis.TABLES
            if node.value.id == "charts":
                assert node.attr in charts | {"COLOURS", "QUIET", "INK"}
            if node.value.id == "analysis":
                assert hasattr(analysis, node.attr)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_defines_no_function(path: Path) -> None:
    assert not [node for node in ast.walk(ast.parse(code(path))) if isinstance(node, ast.FunctionDef | ast.ClassDef)]


def test_each_is_named_on_the_page_for_analysts() -> None:
    page = (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8")
    assert not [path.name for path in FILES if path.name not in page]
