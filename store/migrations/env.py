"""How alembic runs here: on the connection that store/database.py hands over, inside its transaction."""

import sqlalchemy as sa
from alembic import context
from sqlmodel import SQLModel

from store import tables

_MIGRATION_LOCK = 7_203_771
"""Any number that is ours alone: PostgreSQL lets one migrating process in at a time."""


def run() -> None:
    """Upgrade or compare on the connection in the config's attributes."""
    connection: sa.Connection = context.config.attributes["connection"]
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
    context.configure(
        connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True, transaction_per_migration=False
    )
    with context.begin_transaction():
        context.run_migrations()


assert tables.Event.metadata is SQLModel.metadata  # noqa: S101 - importing the tables is what fills the metadata
run()
