"""The database, opened: its transactions.

SQLite by default: WAL, ``synchronous=FULL`` (a committed answer survives a power cut) and ``BEGIN IMMEDIATE`` for writers:
with SQLAlchemy's own mode two threads lose updates (measured: 174 of 400). Writers of one process queue on a lock of our own,
because SQLite's busy waiting is unfair. PostgreSQL takes the same tables and queries.
"""

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

_FREE_WITHIN = 10
"""Seconds that work waits for a connection while all are in use."""


class Opened:
    """The database, opened. ``read()`` and ``write()`` give a connection inside a transaction."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self._writers = threading.RLock() if self.engine.dialect.name == "sqlite" else None
        self._reading = self.engine.execution_options(**_READING[self.engine.dialect.name])

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that may write; committed at the end of the block, rolled back when it raises."""
        if self._writers is None:
            with self.engine.begin() as connection:
                yield connection
            return
        with self._writers, self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A consistent view that never waits for writers."""
        with self._reading.begin() as connection:
            yield connection

    def close(self) -> None:
        """Give back all connections; may be called twice."""
        self.engine.dispose()


def passes(error: Exception) -> bool:
    """Whether the same may work in a moment: no connection is free, the database is busy or away, or another process came first
    (PostgreSQL then ends one of two that wait for each other)."""
    if isinstance(error, sa.exc.OperationalError):
        code = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_BUSY)
        return code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return isinstance(error, sa.exc.TimeoutError)


_READING: Mapping[str, Mapping[str, Any]] = {
    "sqlite": {"palaute_reads": True},
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}
"""What makes a transaction one view of one moment that holds nobody up."""


def _engine(url: str) -> sa.Engine:
    # hide_parameters: an error would otherwise print every row, with names and comments, into the log.
    if not url.startswith("sqlite"):
        engine = sa.create_engine(url, hide_parameters=True, pool_pre_ping=True, pool_size=12, pool_timeout=_FREE_WITHIN)
        event.listen(engine, "connect", _set_up_postgresql)
        event.listen(engine, "handle_error", _without_values)
        return engine
    engine = sa.create_engine(url, hide_parameters=True, pool_size=12, max_overflow=20, pool_timeout=_FREE_WITHIN)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_postgresql(connection: Any, _record: Any) -> None:
    # Instants come in the session's zone; at both ends of the calendar any other zone leaves what Python can hold.
    connection.autocommit = True
    connection.execute("SET TIME ZONE 'UTC'")
    connection.autocommit = False


def _without_values(context: sa.ExceptionContext) -> None:
    """PostgreSQL repeats values on the lines below its message (``DETAIL: Key (key)=(…)``): only the first line is kept."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None:
            error.args = tuple(part.split("\n", 1)[0] if isinstance(part, str) else part for part in error.args)


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver starts no transactions of its own: _begin_sqlite does
    for pragma in ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    reads = connection.get_execution_options().get("palaute_reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
