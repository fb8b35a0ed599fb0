"""Transactions, and the few statements that SQLite and PostgreSQL do not spell alike in SQLAlchemy."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, PendingRollbackError

from triage.errors import Temporary
from triage.ledger.fault import in_words

T = TypeVar("T")

_CHUNK = 500


def chunks(values: Iterable[T], size: int = _CHUNK) -> Iterator[list[T]]:
    """The different values, in order, a few hundred at a time: a statement takes only so many."""
    distinct = list(dict.fromkeys(values))
    for start in range(0, len(distinct), size):
        yield distinct[start : start + size]


def _insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def insert_new(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the rows whose primary key is not there yet; leave the others as they are."""
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), rows)


def upsert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the rows; where the primary key is there already, the new values win."""
    if not rows:
        return
    statement = _insert(connection, table)
    identity = [column.name for column in table.primary_key]
    changed = {name: statement.excluded[name] for name in rows[0] if name not in identity}
    if changed:
        connection.execute(statement.on_conflict_do_update(index_elements=identity, set_=changed), rows)
    else:
        connection.execute(statement.on_conflict_do_nothing(), rows)


def _undone(connection: Connection) -> bool:
    """Whether the database has already taken back the whole transaction: SQLite does so by itself on a full disk or a failing
    one, savepoints and all."""
    if connection.invalidated:
        return True
    handle = connection.connection.driver_connection
    return connection.dialect.name == "sqlite" and not getattr(handle, "in_transaction", True)


class Store:
    """One database and the transaction this thread is in, if any."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reader = engine.execution_options(reading=True)
        self._own = threading.local()
        self._fence: Callable[[], None] = lambda: None

    def fenced_by(self, check: Callable[[], None]) -> None:
        """Asks `check` before anything is committed; what it raises undoes the transaction."""
        self._fence = check

    @property
    def _place(self) -> str:
        return self._engine.url.database or "in memory"

    @property
    def _in_transaction(self) -> bool:
        return getattr(self._own, "connection", None) is not None

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except PendingRollbackError as error:
            raise Temporary(f"An earlier error has undone what was being written to the ledger {self._place}.") from error
        except DBAPIError as error:
            words = in_words(error, self._place)
            if words is None:
                raise
            raise words from error

    @contextmanager
    def _joined(self, outer: Connection) -> Iterator[None]:
        with self._errors():
            try:
                yield
            except DBAPIError:
                if _undone(outer) and not outer.invalidated:
                    outer.invalidate()  # or what the caller writes next would be kept without what it wrote before
                raise

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """The transaction this thread is in, or one of its own. What fails leaves nothing of itself, inside a greater one too."""
        outer: Connection | None = getattr(self._own, "connection", None)
        if outer is None:
            with self._errors(), self._engine.begin() as connection:
                self._own.connection = connection
                try:
                    yield connection
                    self._fence()
                finally:
                    self._own.connection = None
            return
        with self._joined(outer):
            savepoint = outer.begin_nested()
            try:
                yield outer
            except BaseException:
                if not _undone(outer):
                    savepoint.rollback()
                raise
            savepoint.commit()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """Sees what the transaction this thread is in has written, or else what was last committed."""
        outer: Connection | None = getattr(self._own, "connection", None)
        if outer is None:
            with self._errors(), self._reader.connect() as connection:
                yield connection
            return
        with self._joined(outer):
            yield outer

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that happens inside is kept together or not at all. An inner one joins: it is kept only if the outer one is,
        and one that fails inside an outer one takes back its own part only.

        Raises Temporary when the database is locked or away, Permanent when it cannot be used.
        """
        with self._writing():
            yield
