"""The database as this version of the program wants it: brought up to date before it is used.

Opened by daemon and commands; whoever only works with it takes ``opened.Opened``, which does without alembic.
"""

from pathlib import Path

import alembic.command
import alembic.config

from store import opened

MIGRATIONS = Path(__file__).parent / "migrations"


class Store(opened.Opened):
    """The database, opened to be migrated."""

    def migrate(self) -> None:
        """Bring the tables to this version of the program; does nothing when they are."""
        config = alembic.config.Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self.write() as connection:
            config.attributes["connection"] = connection
            alembic.command.upgrade(config, "head")
