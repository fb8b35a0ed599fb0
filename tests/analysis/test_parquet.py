"""The tables as files."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest
from office import run
from yearmade import Year

from triage import analysis


def test_without_pyarrow_it_says_what_to_install_and_writes_nothing(
    small_year: Year, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)  # as the import system sees a package that is not there
    said = run("export", "--settings", str(small_year.settings), "--parquet", str(tmp_path / "tables"))
    assert said.status != 0
    assert "requirements-notebooks.txt" in said.errors
    assert not (tmp_path / "tables").exists()


def test_each_table_is_read_back_as_it_was(small_year: Year, tmp_path: Path) -> None:
    said = run("export", "--settings", str(small_year.settings), "--parquet", str(tmp_path / "tables"))
    assert said.status == 0, said.errors
    for name, frame in analysis.read(small_year.settings):
        pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "tables" / f"{name}.parquet"), frame)
        assert (tmp_path / "tables" / f"{name}.parquet").stat().st_mode & 0o777 == 0o600


def test_names_go_with_parquet_only(small_year: Year) -> None:
    said = run("export", "--settings", str(small_year.settings), "--names", "because")
    assert said.status != 0
    assert "--parquet" in said.errors
