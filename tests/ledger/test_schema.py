"""The migrations and the tables say the same, and no step is ever half taken."""

from __future__ import annotations

import io
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, text

from triage.errors import Permanent
from triage.ledger import Ledger, Location, tables
from triage.ledger.engine import make_engine
from triage.ledger.schema import configuration, migrate, newest


def test_the_migrations_make_exactly_the_tables_of_the_program(ledger: Ledger) -> None:
    with ledger._reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, tables.metadata) == []


@pytest.mark.usefixtures("path")  # SQLite alone
def test_the_migrations_set_the_same_primary_and_foreign_keys(ledger: Ledger) -> None:
    """alembic does not compare these."""
    with ledger._reading() as connection:
        for table in tables.metadata.tables.values():
            columns = connection.exec_driver_sql(f"PRAGMA table_info({table.name})").mappings().all()
            keyed = sorted((column["pk"], column["name"]) for column in columns if column["pk"])
            assert [name for _, name in keyed] == [column.name for column in table.primary_key], table.name
            foreign = connection.exec_driver_sql(f"PRAGMA foreign_key_list({table.name})").mappings().all()
            expected = [(one.parent.name, one.column.table.name, one.ondelete) for one in table.foreign_keys]
            assert [(row["from"], row["table"], row["on_delete"]) for row in foreign] == expected, table.name


def test_there_is_one_line_of_steps() -> None:
    scripts = ScriptDirectory.from_config(configuration())
    assert len(scripts.get_heads()) == 1
    assert all(re.fullmatch(r"\d{4}", script.revision) for script in scripts.walk_revisions())
    assert newest() == scripts.get_current_head()


def test_a_start_that_finds_the_newest_form_does_not_load_alembic(url: str) -> None:
    Ledger.open(url).close()
    script = f"import sys; from triage.ledger import Ledger; Ledger.open({url!r}).close(); assert 'alembic' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_steps_can_be_written_out_for_postgresql() -> None:
    config = configuration()
    config.output_buffer = io.StringIO()
    config.set_main_option("dialect", "postgresql")
    command.upgrade(config, "head", sql=True)
    said = config.output_buffer.getvalue()
    for table in tables.metadata.tables:
        assert f"CREATE TABLE {table} (" in said
    assert "BEFORE UPDATE OR DELETE OR TRUNCATE ON journal" in said
    assert "TIMESTAMP WITH TIME ZONE" in said


def test_a_ledger_of_a_newer_program_is_left_alone(url: str, path: Path) -> None:
    Ledger.open(url).close()
    with sqlite3.connect(path) as other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
    other.close()
    with pytest.raises(Permanent, match="written by a newer version of triage") as caught:
        Ledger.open(url)
    assert "9999" in str(caught.value)
    assert "Install that version" in str(caught.value)
    with sqlite3.connect(path) as other:
        assert other.execute("SELECT version_num FROM alembic_version").fetchone() == ("9999",)
    other.close()


def test_labels_that_an_earlier_version_wanted_are_wanted_still(url: str) -> None:
    engine, row = make_engine(url), {"key": "k1", "contact": "c-1", "no": False}
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "0003")
        for key, labels in (("k1", '["triage-urgent", "triage-repeat"]'), ("k2", "[]")):
            connection.execute(
                text("INSERT INTO wanted (message_key, contact, held, payload) VALUES (:key, :contact, :no, :payload)"),
                row | {"key": key, "payload": f'{{"message_key": "{key}", "labels": {labels}, "held": false}}'},
            )
    engine.dispose()
    with Ledger.open(url) as ledger:
        ledger.place("k1", Location("main", "INBOX", 7, 1))
        assert ledger.mislabelled("main", ("triage-repeat", "triage-urgent")) == {"k1"}
        assert ledger.mislabelled("main", ("triage-overdue",)) == set()


def test_opening_again_changes_nothing(url: str, path: Path) -> None:
    with Ledger.open(url) as ledger:
        ledger.set_meta("name", "value")
    before = path.read_bytes()
    with Ledger.open(url) as ledger:
        assert ledger.meta("name") == "value"
    assert path.read_bytes() == before


def test_a_step_that_breaks_half_way_leaves_the_ledger_as_it_was(url: str, path: Path) -> None:
    engine = make_engine(url)

    def break_off(_c: object, _k: object, statement: str, *_: object) -> None:
        if "TRIGGER journal_no_delete" in statement:
            raise RuntimeError("power cut")

    event.listen(engine, "before_cursor_execute", break_off)
    with pytest.raises(RuntimeError):
        migrate(engine, str(path))
    engine.dispose()
    with sqlite3.connect(path) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == []
    other.close()
    Ledger.open(url).close()
