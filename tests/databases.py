"""Databases with their tables in them, copied from one that was migrated once: migrating takes longer than most tests.

Called by the fixtures ``database_url`` and ``store`` and by the worlds of tests/journey.
"""

import functools
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from store import database

_TEMPLATE = "prepared"


def sqlite(path: Path) -> str:
    """The URL of a database in this file, which is made unless it is there."""
    if not path.exists():
        shutil.copyfile(Path(_prepared().name) / "palaute.db", path)
    return f"sqlite:///{path}"


@functools.cache
def _prepared() -> "tempfile.TemporaryDirectory[str]":
    """A folder with a migrated file, removed when this process ends."""
    folder = tempfile.TemporaryDirectory(prefix="palaute-prepared-")
    _migrate(f"sqlite:///{folder.name}/palaute.db")
    return folder


def prepare_postgresql(server: str) -> None:
    """Make what ``postgresql`` copies."""
    with _administrator(server) as admin:
        admin.exec_driver_sql(f"CREATE DATABASE {_TEMPLATE}")
    _migrate(_within(server, _TEMPLATE))


@contextmanager
def postgresql(server: str, *, empty: bool = False) -> Iterator[str]:
    """The URL of a database of its own on this server, dropped afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    with _administrator(server) as admin:
        admin.exec_driver_sql(f"CREATE DATABASE {name}" + ("" if empty else f" TEMPLATE {_TEMPLATE}"))
        yield _within(server, name)
        admin.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def _migrate(url: str) -> None:
    store = database.Store(url)
    store.migrate()
    store.close()


def _within(server: str, name: str) -> str:
    url = sa.make_url(server).set(drivername="postgresql+psycopg", database=name)
    return url.render_as_string(hide_password=False)


@contextmanager
def _administrator(server: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(sa.make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()
