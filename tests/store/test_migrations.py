"""Migrations give the tables of tables/, once, whoever runs them at the same time."""

import multiprocessing

import sqlalchemy as sa
from alembic import autogenerate, script
from alembic.runtime import migration
from sqlmodel import SQLModel

from store import database, tables


def newest() -> str | None:
    """The revision that migrating leads to."""
    return script.ScriptDirectory(str(database.MIGRATIONS)).get_current_head()


assert tables.Event.metadata is SQLModel.metadata


def test_migrating_an_empty_database_gives_exactly_the_tables_that_tables_names(store: database.Store) -> None:
    with store.engine.connect() as connection:
        context = migration.MigrationContext.configure(connection, opts={"compare_type": True})
        assert autogenerate.compare_metadata(context, SQLModel.metadata) == []


def test_partial_indexes_are_made_as_tables_says(store: database.Store) -> None:
    wanted = {index.name for table in SQLModel.metadata.tables.values() for index in table.indexes}
    inspector = sa.inspect(store.engine)
    made = {index["name"] for table in inspector.get_table_names() for index in inspector.get_indexes(table)}
    assert wanted <= made
    confirmed = next(one for one in inspector.get_indexes("answer") if one["name"] == "answer_confirmed_once")
    condition = confirmed["dialect_options"][f"{store.engine.dialect.name}_where"]
    assert confirmed["unique"]
    assert "confirmed" in str(condition)


def test_migrating_twice_changes_nothing(store: database.Store) -> None:
    before = sa.inspect(store.engine).get_table_names()
    store.migrate()
    assert sa.inspect(store.engine).get_table_names() == before


def migrate(url: str) -> None:
    """What every process does at its start."""
    opened = database.Store(url)
    opened.migrate()
    opened.close()


def test_processes_that_migrate_at_once_all_succeed(empty_url: str) -> None:
    fork = multiprocessing.get_context("fork")
    started = [fork.Process(target=migrate, args=(empty_url,)) for _ in range(3)]
    for process in started:
        process.start()
    for process in started:
        process.join(60)
    assert [process.exitcode for process in started] == [0, 0, 0]
    opened = database.Store(empty_url)
    with opened.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all() == [newest()]
    opened.close()
