"""Transactions: nothing lost between writers, readers that do not wait, errors that give nothing away."""

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from connectors import base
from store import bookmarks, database, people, rows, tables
from tests.store import conftest

sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
postgresql_only = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
HEALTH = rows.table(tables.Health)


def in_threads(count: int, work: Callable[[int], None]) -> None:
    """Run the work side by side; the first error of any is raised."""
    errors: list[BaseException] = []

    def run(number: int) -> None:
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001 - raised below
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


@sqlite_only
def test_threads_that_read_change_and_write_lose_no_update(store: database.Store) -> None:
    with store.write() as tx:
        tx.execute(sa.insert(HEALTH).values(subject="s", problem="", remedy="", calls=0))

    def count_up(_number: int) -> None:
        for _ in range(25):
            with store.write() as tx:
                calls = tx.execute(sa.select(HEALTH.c.calls)).scalar_one()
                tx.execute(sa.update(HEALTH).values(calls=calls + 1))

    in_threads(8, count_up)
    with store.read() as tx:
        assert tx.execute(sa.select(HEALTH.c.calls)).scalar_one() == 200


@sqlite_only
def test_two_stores_on_one_file_lose_no_update(store: database.Store, database_url: str) -> None:
    with store.write() as tx:
        tx.execute(sa.insert(HEALTH).values(subject="s", problem="", remedy="", calls=0))
    stores = [database.Store(database_url) for _ in range(3)]

    def count_up(number: int) -> None:
        for _ in range(10):
            with stores[number].write() as tx:
                calls = tx.execute(sa.select(HEALTH.c.calls)).scalar_one()
                tx.execute(sa.update(HEALTH).values(calls=calls + 1))

    in_threads(3, count_up)
    with store.read() as tx:
        assert tx.execute(sa.select(HEALTH.c.calls)).scalar_one() == 30
    for one in stores:
        one.close()


def test_a_block_that_raises_leaves_nothing_behind(store: database.Store) -> None:
    def break_off() -> None:
        with store.write() as tx:
            people.ids(tx, ["k"])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    with store.read() as tx:
        assert tx.execute(sa.select(people.PERSON)).all() == []


def test_readers_do_not_wait_for_a_writer(store: database.Store) -> None:
    with store.write() as tx:
        people.ids(tx, ["k"])
        with store.read() as other:
            assert other.execute(sa.select(people.PERSON)).all() == []


def test_asking_who_opted_out_does_not_wait_for_a_decider_that_holds_the_person(store: database.Store) -> None:
    with store.write() as tx:
        person = people.ids(tx, ["k"])["k"]
    with store.write() as tx:
        people.lock(tx, [person])
        with store.read() as other:
            other.execute(sa.text("SELECT 1"))
            if store.engine.dialect.name == "postgresql":
                other.exec_driver_sql("SET LOCAL lock_timeout = '2s'")
            assert people.opted_out(other, [person]) == {}


def test_a_reader_sees_one_moment_however_many_statements_it_makes(store: database.Store) -> None:
    with store.read() as reading:
        before = reading.execute(sa.select(sa.func.count()).select_from(people.PERSON)).scalar_one()
        with store.write() as tx:
            people.ids(tx, ["k"])
        assert reading.execute(sa.select(sa.func.count()).select_from(people.PERSON)).scalar_one() == before


def test_an_error_shows_no_values(store: database.Store) -> None:
    twice = [{"key": "aino@posti.example", "opted_out_by": ""}] * 2
    with pytest.raises(sa.exc.IntegrityError) as raised, store.write() as tx:
        rows.insert(tx, people.PERSON, twice)
    assert "INSERT" in str(raised.value)
    assert "posti" not in f"{raised.value} {raised.value.orig} {raised.value.__cause__}"


@sqlite_only
def test_what_is_committed_survives_a_power_cut(store: database.Store) -> None:
    with store.read() as tx:
        assert tx.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert tx.exec_driver_sql("PRAGMA synchronous").scalar() == 2, "FULL"
        assert tx.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


@sqlite_only
def test_a_writer_holds_the_file_from_its_first_statement(store: database.Store, database_url: str) -> None:
    other = sa.create_engine(database_url, connect_args={"timeout": 0.05})
    with store.write(), other.connect() as connection, pytest.raises(sa.exc.OperationalError, match="locked"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    other.dispose()


@postgresql_only
def test_instants_at_the_ends_of_the_calendar_come_back_whatever_zone_the_server_is_in(
    store: database.Store, database_url: str
) -> None:
    name = sa.make_url(database_url).database
    with store.write() as tx:
        tx.exec_driver_sql(f"ALTER DATABASE {name} SET timezone TO 'Asia/Tokyo'")
    far = database.Store(database_url)
    for record, year in (("first", 1), ("last", 9999)):
        moment = conftest.NOW.replace(
            year=year, month=1 if year == 1 else 12, day=1 if year == 1 else 31, hour=0 if year == 1 else 23
        )
        with far.write() as tx:
            bookmarks.save(tx, "crm", {record: base.Bookmark(stamp=moment, record="", started=moment)})
        with far.read() as tx:
            assert bookmarks.load(tx, "crm")[record].stamp == moment
    far.close()


def test_more_rows_than_one_statement_takes_go_in_and_come_back_with_their_ids(store: database.Store) -> None:
    keys = [f"{number:05}" for number in range(2_345)]
    with store.write() as tx:
        first = people.ids(tx, keys[:2_000])
        everybody = people.ids(tx, keys)
    assert len(set(everybody.values())) == len(keys)
    assert {key: everybody[key] for key in first} == first
