"""The page for analysts must not lie: its lines run on an export of the demo's form."""

import re
from pathlib import Path

import pandas as pd

PAGE = Path(__file__).parents[2] / "notebooks" / "README.md"


def test_the_lines_of_the_page_for_analysts_run_on_an_export():
    code = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)[1]
    after_reading = code[code.index("contacts, matters") :]
    told = {
        "contacts": [{"id": "c-1", "addresses": ["ada@mail.example"], "stage": "watch"}],
        "matters": [{"id": "m-1", "contacts": ["c-1"], "state": "open"}, {"id": "m-2", "contacts": ["c-1"], "state": "answered"}],
        "findings": [{"kind": "repeat", "clause": "004/UD5", "severity": "ordinary"}],
    }
    names = {"pd": pd, "told": told}
    for line in after_reading.splitlines()[1:]:
        assert not line or line[0].isalpha(), line
    exec(after_reading, names)
    assert names["matters"]["state"].value_counts()["open"] == 1
    assert names["matters"].explode("contacts").groupby("contacts").size()["c-1"] == 2
