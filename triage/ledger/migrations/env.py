"""Run by alembic for every command: works on the connection it is handed, inside the caller's transaction."""

from __future__ import annotations

from alembic import context

from triage.ledger.tables import metadata

_connection = context.config.attributes.get("connection")

if context.is_offline_mode():  # only prints the SQL, for a database administrator who wants to see it first
    context.configure(dialect_name=context.config.get_main_option("dialect", "postgresql"), target_metadata=metadata)
else:
    # the transaction is the caller's (see schema.py), so that all steps are taken or none; SQLite can take back table changes too
    context.configure(connection=_connection, target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
