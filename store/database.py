"""Opening the database and its transactions.

SQLite by default: WAL, ``synchronous=FULL`` (a committed answer survives a power cut) and ``BEGIN IMMEDIATE`` for writers:
with SQLAlchemy's own mode two threads lose updates (measured: 174 of 400). Writers of one process queue on a lock of our own,
because SQLite's busy waiting is unfair. PostgreSQL takes the same tables and queries.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import alembic.command
import alembic.config
import sqlalchemy as sa
from sqlalchemy import event

MIGRATIONS = Path(__file__).parent / "migrations"


class Store:
    """The database, opened. ``read()`` and ``write()`` give a connection inside a transaction."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self._writers = threading.RLock() if self.engine.dialect.name == "sqlite" else None
        self._reading = self.engine.execution_options(palaute_reads=True)

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

    def migrate(self) -> None:
        """Bring the tables to this version of the program; does nothing when they are."""
        config = alembic.config.Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self.write() as connection:
            config.attributes["connection"] = connection
            alembic.command.upgrade(config, "head")

    def close(self) -> None:
        """Give back all connections; may be called twice."""
        self.engine.dispose()


def _engine(url: str) -> sa.Engine:
    # hide_parameters: an error would otherwise print every row, with names and comments, into the log.
    if not url.startswith("sqlite"):
        return sa.create_engine(url, hide_parameters=True, pool_pre_ping=True, pool_size=12)
    engine = sa.create_engine(url, hide_parameters=True, pool_size=12, max_overflow=20)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver starts no transactions of its own: _begin_sqlite does
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    reads = connection.get_execution_options().get("palaute_reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
