"""Group commit: together in one transaction, answered after the commit, one bad piece alone."""

import asyncio
import itertools
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import database, people, writer
from tests.store import test_database


@pytest.fixture
def group(store: database.Store) -> Iterator[writer.Writer]:
    """A writer on an empty database."""
    opened = writer.Writer(store)
    yield opened
    opened.close()


def count(store: database.Store) -> int:
    with store.read() as tx:
        return tx.execute(sa.select(sa.func.count()).select_from(people.PERSON)).scalar_one()


class Held:
    """Work that keeps the writer busy until it is let go, so that what is submitted meanwhile becomes one batch."""

    def __init__(self, group: writer.Writer) -> None:
        self._begun, self._go = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=group.submit, args=(self._work,))
        self._thread.start()
        self._begun.wait()

    def _work(self, _tx: sa.Connection) -> None:
        self._begun.set()
        self._go.wait()

    def let_go(self) -> None:
        self._go.set()
        self._thread.join()


def submit_as_one_batch(group: writer.Writer, works: list[writer.Work]) -> list[object]:
    """What each piece returned or raised, all of them having queued up before the first ran."""

    def one(work: writer.Work) -> object:
        try:
            return group.submit(work)
        except Exception as error:  # noqa: BLE001 - it is what is looked at
            return error

    held = Held(group)
    with ThreadPoolExecutor(len(works)) as pool:
        waiting = [pool.submit(one, work) for work in works]
        while group._queue.qsize() < len(works):
            threading.Event().wait(0.001)
        held.let_go()
        return [each.result() for each in waiting]


def test_what_has_queued_up_is_committed_together(store: database.Store, group: writer.Writer) -> None:
    commits: list[object] = []
    sa.event.listen(store.engine, "commit", commits.append)
    works: list[writer.Work] = [lambda tx, n=n: people.ids(tx, [str(n)]) for n in range(20)]  # type: ignore[misc]
    submit_as_one_batch(group, works)
    assert len(commits) == 2, "one for the piece that was held, one for the twenty"
    assert count(store) == 20


def test_each_gets_what_its_own_piece_returned(group: writer.Writer) -> None:
    works: list[writer.Work] = [lambda _tx, n=n: n for n in range(10)]  # type: ignore[misc]
    assert submit_as_one_batch(group, works) == list(range(10))


def test_one_bad_piece_does_not_take_the_others_with_it(store: database.Store, group: writer.Writer) -> None:
    def bad(tx: sa.Connection) -> None:
        people.ids(tx, ["from the bad piece"])
        raise LookupError("bad")

    works: list[writer.Work] = [lambda tx, n=n: len(people.ids(tx, [str(n)])) for n in range(9)]  # type: ignore[misc]
    results = submit_as_one_batch(group, [*works[:4], bad, *works[4:]])
    assert [type(result) for result in results] == [*[int] * 4, LookupError, *[int] * 5]
    assert count(store) == 9


def test_a_piece_that_breaks_the_transaction_does_not_take_the_others_with_it(
    store: database.Store, group: writer.Writer
) -> None:
    def twice(tx: sa.Connection) -> None:
        for _ in range(2):
            tx.execute(sa.insert(people.PERSON).values(key="twice", opted_out_by=""))

    works: list[writer.Work] = [lambda tx, n=n: len(people.ids(tx, [str(n)])) for n in range(5)]  # type: ignore[misc]
    results = submit_as_one_batch(group, [twice, *works])
    assert isinstance(results[0], sa.exc.IntegrityError)
    assert count(store) == 5


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_work_that_another_process_stood_in_the_way_of_is_done_again(store: database.Store, group: writer.Writer) -> None:
    with store.write() as tx:
        (person_id,) = people.ids(tx, ["one"]).values()
    mine = people.PERSON.c.id == person_id
    tries: list[str] = []

    def change(tx: sa.Connection) -> None:
        tries.append("")
        tx.exec_driver_sql("SET LOCAL lock_timeout = '200ms'")
        if len(tries) == 2:
            other.rollback()
        tx.execute(sa.update(people.PERSON).where(mine).values(opted_out_by="page"))

    with store.engine.connect() as other:
        other.execute(sa.update(people.PERSON).where(mine).values(opted_out_by="crm"))
        group.submit(change)
    assert len(tries) == 2
    with store.read() as tx:
        assert tx.execute(sa.select(people.PERSON.c.opted_out_by)).scalar_one() == "page"


def test_closing_finishes_what_has_queued_up(store: database.Store, group: writer.Writer) -> None:
    held = Held(group)
    with ThreadPoolExecutor(6) as pool:
        waiting = [pool.submit(group.submit, lambda tx, n=n: people.ids(tx, [str(n)])) for n in range(5)]  # type: ignore[misc]
        while group._queue.qsize() < 5:
            threading.Event().wait(0.001)
        closing = pool.submit(group.close)
        held.let_go()
        closing.result(timeout=10)
        assert [len(each.result(timeout=10)) for each in waiting] == [1] * 5
    assert count(store) == 5


def test_a_closed_writer_takes_nothing_more(group: writer.Writer) -> None:
    group.close()
    group.close()
    with pytest.raises(RuntimeError):
        group.submit(lambda tx: None)


@test_database.sqlite_only
def test_whoever_submits_while_it_closes_is_either_served_or_refused(store: database.Store) -> None:
    for _ in range(30):
        group = writer.Writer(store)
        with ThreadPoolExecutor(9) as pool:
            outcomes = [pool.submit(group.submit, lambda tx: "served") for _ in range(8)]
            pool.submit(group.close).result(timeout=10)
            for outcome in outcomes:
                error = outcome.exception(timeout=10)
                assert error is None or isinstance(error, RuntimeError)


def test_when_the_database_is_gone_everybody_in_the_batch_is_told_after_one_try(
    store: database.Store, group: writer.Writer
) -> None:
    tries: list[object] = []

    def gone(connection: sa.Connection) -> None:
        tries.append(connection)
        raise sa.exc.OperationalError("BEGIN", {}, OSError("gone"))

    held = Held(group)
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(group.submit, lambda tx, n=n: people.ids(tx, [str(n)])) for n in range(4)]  # type: ignore[misc]
        while group._queue.qsize() < 4:
            threading.Event().wait(0.001)
        sa.event.listen(store.engine, "begin", gone)
        held.let_go()
        errors = [each.exception(timeout=30) for each in waiting]
    assert all(isinstance(error, sa.exc.OperationalError) for error in errors)
    assert len(tries) == 1


def test_a_piece_that_another_process_was_faster_with_gets_a_second_look(group: writer.Writer) -> None:
    looks: list[int] = []

    def insert_unless_there(tx: sa.Connection) -> int:
        looks.append(1)
        if len(looks) == 1:  # what another process stored is not to be seen yet
            people.ids(tx, ["same"])
        elif people.ids(tx, ["same"]):
            return len(looks)
        tx.execute(sa.insert(people.PERSON).values(key="same", opted_out_by=""))
        return 0

    assert group.submit(insert_unless_there) == 2


def answer_then_die(url: str, count: int) -> None:
    """A process that is killed right after it thanked the last of its visitors."""
    store = database.Store(url)
    group = writer.Writer(store)
    for number in range(count):
        group.submit(lambda tx, n=number: people.ids(tx, [str(n)]))  # type: ignore[misc]
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_submit_returned_from_is_there_after_the_process_was_killed(store: database.Store, database_url: str) -> None:
    killed = multiprocessing.get_context("fork").Process(target=answer_then_die, args=(database_url, 7))
    killed.start()
    killed.join(60)
    assert killed.exitcode == -signal.SIGKILL
    assert count(store) == 7


def store_keys(tx: sa.Connection, keys: Sequence[str]) -> list[int]:
    """All keys at once; refuses one that is bad, with all that came along."""
    if any(key.startswith("bad") for key in keys):
        raise LookupError("bad")
    people.ids(tx, list(keys))
    return [len(keys)] * len(keys)


def store_keys_otherwise(tx: sa.Connection, keys: Sequence[str]) -> list[int]:
    return store_keys(tx, keys)


def test_items_of_one_function_are_one_call(store: database.Store, group: writer.Writer) -> None:
    held = Held(group)
    firsts = [group.join(store_keys, f"first {n}") for n in range(6)]
    seconds = [group.join(store_keys_otherwise, f"second {n}") for n in range(4)]
    firsts.append(group.join(store_keys, "last"))
    held.let_go()
    assert [each.result(10) for each in firsts] == [7] * 7
    assert [each.result(10) for each in seconds] == [4] * 4
    assert count(store) == 11


def test_a_function_that_returns_too_little_is_told(group: writer.Writer) -> None:
    with pytest.raises(ValueError, match="argument"):
        group.join(lambda _tx, _items: [], 1).result(10)


@test_database.sqlite_only
def test_whatever_is_bad_the_good_are_stored_once_and_the_bad_are_told(store: database.Store, group: writer.Writer) -> None:
    runs = itertools.count()

    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.tuples(st.sampled_from([store_keys, store_keys_otherwise]), st.booleans()), min_size=1, max_size=40))
    def law(pieces: list[tuple[writer.Batch, bool]]) -> None:
        run, before = next(runs), count(store)
        held = Held(group)
        futures = [group.join(batch, f"{'bad' if bad else 'good'} {run} {n}") for n, (batch, bad) in enumerate(pieces)]
        held.let_go()
        assert [isinstance(each.exception(10), LookupError) for each in futures] == [bad for _, bad in pieces]
        assert count(store) - before == sum(not bad for _, bad in pieces)

    law()


def test_the_event_loop_waits_without_a_thread(store: database.Store, group: writer.Writer) -> None:
    async def many() -> list[Any]:
        before = threading.active_count()
        held = Held(group)
        waiting = [asyncio.ensure_future(group.joined(store_keys, f"{n}")) for n in range(50)]
        waiting.append(asyncio.ensure_future(group.joined(store_keys_otherwise, "bad")))
        await asyncio.sleep(0)
        assert threading.active_count() == before + 1, "the thread of what is held"
        await asyncio.get_running_loop().run_in_executor(None, held.let_go)
        return await asyncio.gather(*waiting, return_exceptions=True)

    *good, bad = asyncio.run(many())
    assert len(good) == 50
    assert isinstance(bad, LookupError)
    assert count(store) == 50


def test_a_visitor_who_left_takes_nobody_with_him(store: database.Store, group: writer.Writer) -> None:
    async def two() -> int:
        held = Held(group)
        leaving, staying = (asyncio.ensure_future(group.joined(store_keys, key)) for key in ("leaving", "staying"))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.get_running_loop().run_in_executor(None, held.let_go)
        return int(await staying)

    assert asyncio.run(two()) == 2
    assert count(store) == 2


def test_a_loop_that_ended_meanwhile_hinders_nobody(store: database.Store, group: writer.Writer) -> None:
    async def leave() -> None:
        asyncio.ensure_future(group.joined(store_keys, "left behind"))  # noqa: RUF006 - nobody waits, that is the point
        await asyncio.sleep(0)

    held = Held(group)
    asyncio.run(leave())
    held.let_go()
    assert group.join(store_keys, "next").result(10) == 1
    assert count(store) == 2
