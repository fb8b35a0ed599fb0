"""Reaching the database: its url, its file, and how SQLite is told to lose nothing.

SQLite runs in WAL mode with synchronous=FULL and takes the write lock when a transaction begins, not in the midst of it, so
that two programs wait for each other instead of failing half way. A PostgreSQL url works as well.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, InvalidRequestError, NoSuchModuleError
from sqlalchemy.pool import Pool, QueuePool, StaticPool

from triage.errors import Misconfigured
from triage.ledger import cipher

PATIENCE = 10.0
"""Seconds to wait for another program's write lock."""
KEY_FILE = "key_file"
"""In an SQLite url's query: the file that holds the key of an encrypted ledger (`triage.ledger.cipher`)."""
_DIALECTS = ("sqlite", "postgresql")


def _checked(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise Misconfigured(["The ledger's url cannot be read. It looks like sqlite:////var/lib/triage/triage.db."]) from None
    if parsed.get_backend_name() not in _DIALECTS:
        kind = parsed.get_backend_name()
        raise Misconfigured([f'The ledger\'s url begins with "{kind}". It begins with "sqlite" or "postgresql+psycopg".'])
    if set(parsed.query) & {"mode", "uri"} or str(parsed.database or "").startswith("file:"):
        raise Misconfigured(["The ledger's url names its file in plain, without options: sqlite:////var/lib/triage/triage.db."])
    return parsed


def database_file(url: str) -> Path | None:
    """The file of an SQLite url; None for anything else. Raises Misconfigured for a url that is none."""
    parsed = _checked(url)
    on_disk = parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:")
    return Path(str(parsed.database)) if on_disk else None


def _prepared(path: Path) -> None:
    """Have the file there and closed to all other users before SQLite opens it (its -wal and -shm take over the mode)."""
    if not path.parent.is_dir():
        raise Misconfigured([f"The ledger's folder {path.parent} does not exist. Make it, or name another in the url."])
    if path.is_dir():
        raise Misconfigured([f"The ledger {path} is a folder. Name a file in the url."])
    try:
        if path.exists():  # not opened here: closing it again would take away the locks of whoever has it open in this process
            for each in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
                if each.exists() and stat.S_IMODE(each.stat().st_mode) & 0o177:
                    each.chmod(0o600)
        else:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        why = error.strerror
        raise Misconfigured([f"The ledger's file {path} cannot be used ({why}). It must be a file this user owns."]) from error


def _set_up(handle: sqlite3.Connection, patience: float, *, only_looking: bool) -> None:
    handle.isolation_level = None  # BEGIN is ours to say, see `_begin`
    for line in (
        f"PRAGMA busy_timeout = {int(patience * 1000)}",
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
        "PRAGMA foreign_keys = ON",
        "PRAGMA recursive_triggers = ON",  # or REPLACE would delete journal entries past their trigger
        "PRAGMA secure_delete = ON",  # what is forgotten is overwritten, not only unlinked
        "PRAGMA trusted_schema = OFF",
        f"PRAGMA query_only = {'ON' if only_looking else 'OFF'}",
    ):
        handle.execute(line).close()


def _begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def make_engine(url: str, patience: float = PATIENCE, *, pool: type[Pool] | None = None, only_looking: bool = False) -> Engine:
    """An engine for the database at `url`; `patience` in seconds. "sqlite://" is one of its own that nobody else can see,
    spills to an unnamed temporary file when it grows, and is gone when closed or killed ("sqlite:///:memory:" never spills). `pool`: how connections are kept.
    `only_looking`: the database itself refuses every write.

    Raises Misconfigured.
    """
    parsed = _checked(url)
    options: dict[str, Any] = {"hide_parameters": True} | (
        {"poolclass": pool} if pool else {}
    )  # parameters are people's mail: they stay out of error messages
    if parsed.get_backend_name() == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            name = parsed.database or ""  # "" is a file without a name; ":memory:" never touches the disk
            options |= {"poolclass": StaticPool, "creator": lambda: sqlite3.connect(name, check_same_thread=False)}
        else:
            file = Path(str(parsed.database))
            _prepared(file)
            if key_file := parsed.query.get(KEY_FILE):
                key = Path(str(key_file))
                parsed = parsed.difference_update_query([KEY_FILE])  # no driver knows it
                options |= {
                    "module": cipher.driver(),
                    "creator": lambda: cipher.connected(file, key),
                    "poolclass": pool or QueuePool,
                    "execution_options": {KEY_FILE: str(key)},
                }
    elif only_looking:
        options["connect_args"] = {"options": "-c default_transaction_read_only=on"}
    try:
        engine = create_engine(parsed, **options)
    except (ModuleNotFoundError, NoSuchModuleError, InvalidRequestError) as error:
        raise Misconfigured([f"The driver in the ledger's url is not installed ({error}). For PostgreSQL: psycopg."]) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda handle, _: _set_up(handle, patience, only_looking=only_looking))
        event.listen(engine, "begin", _begin)
    return engine
