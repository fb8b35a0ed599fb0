"""A small part of the demo's year, concluded once for all tests that look at tables."""

from __future__ import annotations

import json

import pytest
from yearmade import Year

from triage.demo import year


@pytest.fixture(scope="session")
def small_year(tmp_path_factory: pytest.TempPathFactory) -> Year:
    made = year.make(tmp_path_factory.mktemp("year") / "year", share=0.05)
    return Year(made.settings, json.loads(made.truth.read_text()))
