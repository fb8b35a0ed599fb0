"""Bringing a database to the form this program knows, step by step (alembic).

Alembic is only loaded where a step is missing: most starts find the newest form, and loading it takes as long as all the rest.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from triage.errors import Permanent

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).with_name("migrations")


def configuration(connection: Connection | None = None) -> Config:
    """What alembic has to know; it works on `connection`, within its transaction."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def newest() -> str:
    """The form this program knows: the first word in the name of the last step."""
    return max(path.name.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def _is_newest(connection: Connection) -> bool:
    if not inspect(connection).has_table("alembic_version"):
        return False
    return list(connection.execute(text("select version_num from alembic_version")).scalars()) == [newest()]


def must_be_newest(engine: Engine, place: str) -> None:
    """Raises Permanent when a step is missing that whoever only looks cannot take."""
    with engine.execution_options(reading=True).connect() as connection:
        if not _is_newest(connection):
            raise Permanent(
                f"The ledger {place} is not in the form this version reads. A pass of this version (triage once) brings it there."
            )


def migrate(engine: Engine, place: str) -> None:
    """Take the missing steps, all in one transaction, or none.

    Raises Permanent when the database was written by a newer program, whose form this one does not know.
    """
    with engine.execution_options(reading=True).connect() as connection:
        if _is_newest(connection):
            return

    from alembic import command
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(configuration())
    head = scripts.get_current_head()
    with engine.begin() as connection:
        current = MigrationContext.configure(connection).get_current_revision()  # now that nobody else can be at it
        known = {script.revision for script in scripts.walk_revisions()}
        if current is not None and current not in known:
            raise Permanent(
                f"The ledger {place} was written by a newer version of triage (its form is {current}, this version knows forms "
                f"up to {head}). Install that version again, or restore the copy of the ledger made before."
            )
        command.upgrade(configuration(connection), "head")
