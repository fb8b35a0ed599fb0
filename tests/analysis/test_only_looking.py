"""Whoever reads the tables needs no right to write, and the database itself sees to it that nothing is; on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import psycopg
import pytest
from databases import new_database, postgresql
from yearmade import Year

from triage import analysis
from triage.analysis.tables import NAMES_SHOWN
from triage.demo import year
from triage.errors import Permanent
from triage.ledger import Ledger

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgresql(tmp_path_factory.mktemp("postgresql")) as server:
        yield new_database(server)


@pytest.fixture(scope="module")
def on_postgresql(database: str, tmp_path_factory: pytest.TempPathFactory) -> year.Made:
    return year.make(tmp_path_factory.mktemp("there") / "year", share=0.02, store=database)


@pytest.fixture(scope="module")
def as_reader(database: str, on_postgresql: year.Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The settings of somebody whose user of the database may read and no more."""
    with psycopg.connect(database.replace("postgresql+psycopg://", "postgresql://", 1), autocommit=True) as connection:
        connection.execute("CREATE ROLE analyst LOGIN")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO analyst")
    settings = tmp_path_factory.mktemp("reader") / "settings.ini"
    owner = database.partition("//")[2].partition("@")[0]
    settings.write_text(on_postgresql.settings.read_text().replace(f"//{owner}@", "//analyst@"))
    copy_key(on_postgresql.settings.with_name("triage.pseudonyms"), settings.with_name("triage.pseudonyms"))
    return settings


def copy_key(key: Path, to: Path) -> None:
    to.touch(mode=0o600)
    to.write_bytes(key.read_bytes())


def test_the_tables_are_the_same_from_postgresql_and_from_sqlite(on_postgresql: year.Made, tmp_path: Path) -> None:
    made = year.make(tmp_path / "year", share=0.02)
    there = analysis.read(on_postgresql.settings)
    copy_key(on_postgresql.settings.with_name("triage.pseudonyms"), made.settings.with_name("triage.db.pseudonyms"))
    here = analysis.read(made.settings)
    for name, frame in there:
        pd.testing.assert_frame_equal(_sorted(frame), _sorted(getattr(here, name)), obj=name)
        assert len(frame), name


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    """Without the number of a paper, which is drawn by lot."""
    kept = frame.drop(columns="incident", errors="ignore")
    return kept.sort_values(list(kept.columns), ignore_index=True)


def test_an_analyst_who_may_only_read_the_database_reads_the_tables(as_reader: Path, on_postgresql: year.Made) -> None:
    whole = analysis.read(on_postgresql.settings)
    for name, frame in analysis.read(as_reader):
        pd.testing.assert_frame_equal(frame, getattr(whole, name))


def test_and_gets_no_names_without_the_right_to_write_why(as_reader: Path) -> None:
    with pytest.raises(Permanent, match="may not do that"):
        analysis.read(as_reader, names="I would like to know")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_database_refuses_to_be_written_by_whoever_looks(kind: str, small_year: Year, request: pytest.FixtureRequest) -> None:
    url = f"sqlite:///{small_year.settings.with_name('triage.db')}" if kind == "sqlite" else request.getfixturevalue("database")
    Ledger.open(url).close()
    with Ledger.look(url) as ledger, pytest.raises(Permanent):
        ledger.journal(NAMES_SHOWN, at=NOW, actor="nobody", subject={})


def test_a_ledger_of_another_form_is_not_changed_but_told_of(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'triage.db'}"
    os.close(os.open(tmp_path / "triage.db", os.O_CREAT | os.O_WRONLY, 0o600))
    with pytest.raises(Permanent, match="triage once"):
        Ledger.look(url)
