"""collect: answers of one batch, of several processes and across a restart."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from journey import collect
from tests.journey import conftest
from tests.journey.asking import asked, kept, score

__all__ = ["asked"]
Collected = collect.Collected


def test_an_answer_survives_a_restart(asked: conftest.World) -> None:
    assert asked.answer("4", "Hyvä") is Collected.SAVED
    asked.restart()
    assert score(asked) == 4


def test_two_processes_that_take_the_same_post_store_one_answer(asked: conftest.World) -> None:
    nonce = collect.nonce(asked.belt, asked.token())
    other = asked.open()
    first = asked.answer("4", nonce=nonce)
    second = collect.submit(other, asked.token(), collect.Post(nonce=nonce, value="4"))
    other.writer.close()
    other.store.close()
    assert [first, second] == [Collected.SAVED, Collected.SAME]
    assert kept(asked) == [(4, "confirmed")]


def submission(world: conftest.World, value: str, which: int = -1, **more: Any) -> collect.Submission:
    token = world.token(which)
    prepared = collect.prepare(world.belt, token, collect.Post(nonce=collect.nonce(world.belt, token), value=value, **more))
    assert isinstance(prepared, collect.Submission)
    return prepared


def test_the_posts_of_one_batch_see_each_other(asked: conftest.World) -> None:
    asked.close_case()
    asked.turn()
    first = submission(asked, "4")
    batch = [
        first,
        first,
        submission(asked, "9"),
        submission(asked, "2", 0),
        submission(asked, "1"),
        submission(asked, "3", decoy="x"),
    ]
    with asked.belt.store.write() as tx:
        outcomes = collect.store_all(asked.belt, tx, batch)
    saved, same = Collected.SAVED, Collected.SAME
    assert outcomes == [saved, same, Collected.OUT_OF_RANGE, saved, same, same]
    asked.turn()
    assert sorted(record.values["score"] or 0 for record in asked.crm.records("case")) == [0, 2, 4]
    with asked.belt.store.write() as tx:
        assert collect.store_all(asked.belt, tx, batch[:4]) == [same, same, Collected.OUT_OF_RANGE, same]


def test_processes_that_take_different_posts_at_once_store_all_of_them_and_count_one(asked: conftest.World) -> None:
    others = [asked.open() for _ in range(2)]
    token = asked.token()
    posts = [collect.Post(nonce=collect.nonce(asked.belt, token), value=str(1 + n % 5), comment=f"number {n}") for n in range(18)]
    with ThreadPoolExecutor(6) as people:
        outcomes = list(people.map(lambda n: collect.submit(others[n % 2], token, posts[n]), range(18)))
    for belt in others:
        belt.writer.close()
        belt.store.close()
    assert Counter(outcomes) == {Collected.SAVED: 1, Collected.SAME: 17}
    assert Counter(state for _, state in kept(asked)) == {"confirmed": 1, "doubtful": 17}
