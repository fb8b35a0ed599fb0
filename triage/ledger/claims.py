"""Who works on what, among workers on many machines: PostgreSQL's own session locks (advisory locks).

A claim lasts as long as the connection it was made on. The server gives it back the moment a worker is killed, and within half a minute
when its whole machine is gone, so no claim outlives its worker, none has to be renewed, and no clock is compared with another. A queue
of jobs was looked at (procrastinate): there a killed worker's jobs stay "doing" until something else finds them, and a mailbox that is
looked at again and again is no job that is ever done.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, bindparam, func, select, text
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.pool import NullPool

from triage.errors import Misconfigured, Temporary
from triage.ledger.engine import make_engine

_SILENT = (("tcp_keepalives_idle", 10), ("tcp_keepalives_interval", 5), ("tcp_keepalives_count", 3))
"""Seconds, seconds and tries after which the server gives up a client whose machine has vanished: 25 seconds in all."""


class Claims:
    """The claims of one worker. Not to be shared by threads."""

    def __init__(self, url: str) -> None:
        """Raises Misconfigured where the ledger is no PostgreSQL, Temporary when that is away."""
        self._engine = make_engine(url, pool=NullPool).execution_options(isolation_level="AUTOCOMMIT")
        if self._engine.dialect.name != "postgresql":
            raise Misconfigured(["[store] url: several workers need PostgreSQL; write postgresql+psycopg://…, or use triage run"])
        with self._in_words():
            self._connection: Connection = self._engine.connect()
            for name, value in _SILENT:
                self._connection.execute(text(f"set {name} = {value}"))  # names and numbers of our own

    def take(self, what: str) -> bool:
        """Claims it, unless another worker has it: True when it is ours now. Raises Temporary when the database is away."""
        with self._in_words():
            return bool(self._connection.execute(select(func.pg_try_advisory_lock(_number(what)))).scalar_one())

    def give_back(self, what: str) -> None:
        """Lets others have it. Raises Temporary when the database is away; then they have it already."""
        with self._in_words():
            self._connection.execute(select(func.pg_advisory_unlock(_number(what))))

    @contextmanager
    def alone(self, what: str) -> Iterator[None]:
        """Waits until it is ours, and gives it back at the end. Raises Temporary when the database is away."""
        with self._in_words():
            self._connection.execute(select(func.pg_advisory_lock(_number(what))))
        try:
            yield
        finally:
            self.give_back(what)

    def check(self) -> None:
        """Raises Temporary when our claims are lost, because the connection they were made on is."""
        with self._in_words():
            self._connection.execute(select(bindparam("one", 1)))

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, PendingRollbackError) as error:  # the second from then on: it never connects anew behind our back
            raise Temporary(
                "The database has ended the connection on which this worker's claims stood; it begins anew."
            ) from error

    def close(self) -> None:
        """Gives everything back at once; the server would notice a little later that the connection is closed."""
        with suppress(DBAPIError, PendingRollbackError):
            self._connection.execute(select(func.pg_advisory_unlock_all()))
        self._connection.close()
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _number(what: str) -> int:
    """The 64-bit number by which PostgreSQL knows a claim."""
    return int.from_bytes(hashlib.sha256(f"triage {what}".encode()).digest()[:8], "big", signed=True)
