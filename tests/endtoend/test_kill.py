"""The daemon is killed in the middle of posts: whoever was thanked has his answer in the store, once, and the CRM will get it.

``PALAUTE_KILLS=30`` kills it that often, with as many answers as that needs.
"""

import asyncio
import os
import random
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from bench import answers as bench
from bench import filled, load, pages
from store import answers, database, messages, updates
from tests.endtoend import stage

KILLS = int(os.environ.get("PALAUTE_KILLS", "2"))
EACH = 120
LINES = 24


@contextmanager
def daemon(settings: Path) -> Iterator[tuple[subprocess.Popen[str], str, int]]:
    """``palaute run``: its process, and where its pages listen. It is killed at the end, if it still lives."""
    log = settings.with_name("daemon.log").open("a")
    command = [*stage.PALAUTE, "run", "--settings", str(settings)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process:
        assert process.stdout is not None
        where = urlsplit(process.stdout.readline().strip().rsplit(" ", 1)[1])
        try:
            yield process, str(where.hostname), int(where.port or 0)
        finally:
            process.kill()


async def post_and_kill(running: tuple[subprocess.Popen[str], str, int], posts: Sequence[bytes], after: int | None) -> list[int]:
    """The status of each post, 0 where none came; the daemon is killed after so many were thanked."""
    process, host, port = running
    told = load.Told.of(len(posts))

    async def kill(after: int) -> None:
        while sum(status == 303 for status in told.statuses) < after:
            await asyncio.sleep(0.0005)
        process.send_signal(signal.SIGKILL)

    killing = asyncio.create_task(kill(after)) if after is not None else None
    await load.send(host, port, LINES, posts, told)
    if killing is not None:
        await killing
    return told.statuses


def stored(url: str) -> dict[str, tuple[int, int, int]]:
    """Token → how many answers, how many of them confirmed, how many field updates."""
    store = database.Store(url)
    confirmed = sa.case((answers.ANSWER.c.state == "confirmed", answers.ANSWER.c.id))
    counts = [
        sa.func.count(answers.ANSWER.c.id.distinct()),
        sa.func.count(confirmed.distinct()),
        sa.func.count(updates.UPDATE.c.id),
    ]
    query = (
        sa.select(messages.INVITATION.c.token, *counts)
        .join(answers.ANSWER, answers.ANSWER.c.invitation_id == messages.INVITATION.c.id)
        .outerjoin(updates.UPDATE, updates.UPDATE.c.answer_id == answers.ANSWER.c.id)
        .group_by(messages.INVITATION.c.token)
    )
    with store.read() as tx:
        found = {token: (count, counted, queued) for token, count, counted, queued in tx.execute(query)}
    store.close()
    return found


@pytest.mark.timeout(900)
def test_whoever_was_thanked_is_in_the_store_once_however_often_the_daemon_is_killed(tmp_path: Path) -> None:
    url, chance = f"sqlite:///{tmp_path / 'palaute.db'}", random.Random()
    settings, tokens = filled.prepare(tmp_path, url, KILLS * EACH)
    with daemon(settings) as (_, host, port):
        told = load.Told.of(len(tokens))
        asyncio.run(load.send(host, port, LINES, [pages.get(token) for token in tokens], told))
    posts = bench.posts(tokens, [body.decode() for body in told.bodies])
    left, thanked = list(range(len(tokens))), set[int]()
    for kill in range(KILLS + 1):
        after = chance.randrange(1, EACH - LINES) if kill < KILLS else None
        with daemon(settings) as running:
            before = stored(url)
            assert {tokens[n] for n in thanked} <= set(before)
            statuses = asyncio.run(post_and_kill(running, [posts[n] for n in left], after))
        assert set(statuses) <= {0, 303}, "the daemon died: no other fault may be seen"
        thanked |= {n for n, status in zip(left, statuses, strict=True) if status == 303}
        left = [n for n in left if n not in thanked]
    assert not left
    assert bench.missing(url, {tokens[n]: (n % 11, pages.comment(n)) for n in thanked}) == []
    assert stored(url) == dict.fromkeys(tokens, (1, 1, 1)), "sent again after a restart, an answer is still one"
