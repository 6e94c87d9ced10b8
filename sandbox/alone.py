"""Lets the simulated customers answer by themselves over time, as in the demo."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator

from sandbox import errand, letters, people

SHARE = 0.6
"""Of the messages that are answered at all."""
HESITATION = (2.0, 20.0)
"""Seconds from the message to opening it, at least and at most."""
READING = (2.5, 8.0)
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
    """Each new message is answered by somebody who takes their time, or by nobody."""
    chance = random.Random(customers.population.seed)
    known: set[str] = set()
    async with asyncio.TaskGroup() as everybody:
        while True:
            for letter in customers.unread():
                if letter.key not in known and chance.random() < SHARE:
                    everybody.create_task(_answer(customers, letter, chance))
                known.add(letter.key)
            await asyncio.sleep(LOOK_EVERY)


async def _answer(customers: people.Customers, letter: letters.Letter, chance: random.Random) -> None:
    await asyncio.sleep(chance.uniform(*HESITATION))
    await customers.answer(letter, errand.Errand(do="answer", pace=chance.uniform(*READING)))
