"""The ledger as the rest of the program sees it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import DBAPIError

from triage.ledger import tables
from triage.ledger.applied import Applied
from triage.ledger.conclusions import Conclusions
from triage.ledger.engine import KEY_FILE, PATIENCE, database_file, make_engine
from triage.ledger.fault import in_words
from triage.ledger.journal import Journal
from triage.ledger.likeness import Likeness
from triage.ledger.mail import Mails
from triage.ledger.notebook import Notebook
from triage.ledger.papers import Papers
from triage.ledger.places import Places
from triage.ledger.schema import migrate, must_be_newest

_PAGE = 1000


class Ledger(Mails, Places, Likeness, Conclusions, Applied, Journal, Papers, Notebook):
    """Everything the program knows, in one database. Outside a `transaction()` every call commits by itself.

    Every method raises Temporary when the database is locked or away, Permanent when it cannot be used.
    A thread sees its own transaction only; a ledger may be shared by threads, except a scratch copy.
    """

    @staticmethod
    def open(url: str, *, patience: float = PATIENCE) -> Ledger:
        """The ledger at an SQLAlchemy URL, made or brought up to date where necessary; `patience` in seconds is how long to
        wait for another program that is writing.

        Raises Temporary, Permanent (the database is newer than the program, or no database), Misconfigured.
        """
        return _checked(make_engine(url, patience), migrate)

    @staticmethod
    def look(url: str, *, patience: float = PATIENCE) -> Ledger:
        """The same for whoever only reads: the database refuses every write, and a user of it who may do no more will do.

        Raises Temporary, Permanent (it is not in the form that this program knows), Misconfigured.
        """
        return _checked(make_engine(url, patience, only_looking=True), must_be_newest)

    @staticmethod
    def file_of(url: str) -> Path | None:
        """The file that this url names; None for a database on a server, or in memory."""
        return database_file(url)

    @property
    def url(self) -> str | None:
        """Where other processes may open it too; None for a scratch copy, which is this one's alone, and within
        a transaction, of which nobody else sees anything yet."""
        if self._in_transaction:
            return None
        if self._engine.dialect.name == "sqlite" and not self._engine.url.database:
            return None
        key_file = self._engine.get_execution_options().get(KEY_FILE)
        url = self._engine.url.update_query_dict({KEY_FILE: key_file}) if key_file else self._engine.url
        return url.render_as_string(hide_password=False)

    def scratch_copy(self) -> Ledger:
        """A copy that can be written at will: nobody else sees it, and it is gone once closed (or the program is killed)."""
        encrypted = KEY_FILE in self._engine.get_execution_options()
        engine = make_engine("sqlite:///:memory:" if encrypted else "sqlite://")  # what is encrypted may not spill to the disk
        if self._engine.dialect.name == "sqlite" and not encrypted:
            with self._reading() as source, closing(engine.raw_connection()) as target:
                source.connection.driver_connection.backup(target.driver_connection)  # type: ignore[union-attr]
        else:
            migrate(engine, "in memory")
            self._copy_rows(engine)
        return Ledger(engine)

    def _copy_rows(self, engine: Engine) -> None:
        with self._reading() as source, engine.begin() as target:
            for table in tables.metadata.sorted_tables:
                for page in source.execute(select(table)).mappings().partitions(_PAGE):
                    target.execute(insert(table), [dict(row) for row in page])

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _checked(engine: Engine, check: Callable[[Engine, str], None]) -> Ledger:
    """The ledger that this engine reaches, once `check` has nothing against it; its errors in words."""
    place = engine.url.database or "in memory"
    try:
        check(engine, place)
    except DBAPIError as error:
        engine.dispose()
        words = in_words(error, place)
        if words is None:
            raise
        raise words from error
    except BaseException:
        engine.dispose()
        raise
    return Ledger(engine)
