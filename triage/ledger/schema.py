"""Bringing a database to the form this program knows, step by step (alembic)."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from triage.errors import Permanent

_MIGRATIONS = Path(__file__).with_name("migrations")


def configuration(connection: Connection | None = None) -> Config:
    """What alembic has to know; it works on `connection`, within its transaction."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def migrate(engine: Engine, place: str) -> None:
    """Take the missing steps, all in one transaction, or none.

    Raises Permanent when the database was written by a newer program, whose form this one does not know.
    """
    scripts = ScriptDirectory.from_config(configuration())
    head = scripts.get_current_head()
    with engine.execution_options(reading=True).connect() as connection:
        if _current(connection) == head:
            return
    with engine.begin() as connection:
        current = _current(connection)  # again, now that nobody else can be at it
        known = {script.revision for script in scripts.walk_revisions()}
        if current is not None and current not in known:
            raise Permanent(
                f"The ledger {place} was written by a newer version of triage (its form is {current}, this version knows forms "
                f"up to {head}). Install that version again, or restore the copy of the ledger made before."
            )
        command.upgrade(configuration(connection), "head")
