"""The page for analysts must not lie: its lines run on a ledger."""

import re
from pathlib import Path

from triage import analysis
from triage.demo import year

PAGE = Path(__file__).parents[2] / "notebooks" / "README.md"


def test_the_lines_of_the_page_for_analysts_run_on_a_ledger(tmp_path, monkeypatch):
    made = year.make(tmp_path / "year", share=0.01)
    monkeypatch.chdir(made.settings.parent)
    code = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)[1]
    names = {}
    exec(code, names)
    assert names["tables"].messages["part"].eq("opens").sum() == len(names["tables"].matters) > 0
    assert names["analysis"] is analysis
