"""Lets the simulated customers answer by themselves over time, as in the demo."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator

from sandbox import people

SHARE = 0.6
"""Of the messages that are answered at all."""
HESITATION = (2.0, 20.0)
"""Seconds from the message to opening it, at least and at most."""
READING = (2.0, 8.0)
"""Seconds on the page, at least and at most."""
LOOK_EVERY = 1.0
"""Seconds between looks into the mailboxes."""


@contextlib.asynccontextmanager
async def answering(customers: people.Customers) -> AsyncIterator[None]:
    """As long as this lasts, about six of ten new messages are answered after a while."""
    task = asyncio.create_task(_watch(customers))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _watch(customers: people.Customers) -> None:
    """Give each new message a moment of its own at which it will be answered, or none."""
    chance = random.Random(customers.population.seed)
    due: dict[str, float | None] = {}
    loop = asyncio.get_running_loop()
    while True:
        unread = await asyncio.to_thread(customers.unread)
        for letter in unread:
            if letter.key not in due:
                due[letter.key] = loop.time() + chance.uniform(*HESITATION) if chance.random() < SHARE else None
        ready = [letter for letter in unread if (moment := due[letter.key]) is not None and moment <= loop.time()]
        if ready:
            errand = people.Errand(do="answer", pace=chance.uniform(*READING))
            await asyncio.to_thread(customers.do, errand, ready)
        await asyncio.sleep(LOOK_EVERY)
