"""Own processor time of a touchpoint on its whole way: ``python -m bench.journey [--touchpoints N] [--postgresql]``.

Cases are closed in a CRM in memory; every step runs until nothing is due, on a real database; messages stay in memory;
everybody opens the page and answers, in batches as the pages hand them in. Printed is the processor's time of this process, for
each step by itself: no CRM, no mail server and no HTTP is in it, nor are PostgreSQL's own processes. Exit status 1 above the aim.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path

from bench import postgresql
from journey import collect, steps
from store import rows
from tests.journey import conftest

AIM = 1.0
"""Milliseconds a touchpoint, all steps together."""
_TOGETHER = 50
"""Posts that one commit takes."""


class Meter:
    """Processor time by the name of what used it."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """What is done meanwhile counts as this."""
        began = time.process_time()
        yield
        self.seconds[name] += time.process_time() - began


def run(world: conftest.World, meter: Meter) -> None:
    """Every step until nothing is due."""
    moved = True
    while moved:
        moved = False
        for step in steps.STEPS:
            with meter.of(step.name):
                moved |= step.run(world.belt, "crm" if step.per_connector else "") > 0 and step.name != "notice"


def answer(world: conftest.World, meter: Meter, begun: int) -> None:
    """Everybody opens the page, reads, and sends the form."""
    tokens = [message.page_url.rsplit("/", 1)[1] for message in world.channel.messages[begun:]]
    belt = world.belt
    with meter.of("collect: pages"):
        for token in tokens:
            asked = collect.find(belt, token)
            if asked is not None:
                collect.opened(belt, asked, None)
        belt.writer.submit(lambda tx: None)
    nonces = [collect.nonce(belt, token) for token in tokens]
    world.clock.advance(timedelta(minutes=2))
    with meter.of("collect: answers"):
        for chunk in rows.chunks(enumerate(tokens), _TOGETHER):
            posts = [collect.Post(nonce=nonces[n], value=str(1 + n % 5), comment="" if n % 3 else "Kiitos!") for n, _ in chunk]
            prepared = [collect.prepare(belt, token, post) for (_, token), post in zip(chunk, posts, strict=True)]
            with belt.store.write() as tx:
                collect.store_all(belt, tx, [one for one in prepared if isinstance(one, collect.Submission)])


def measure(folder: Path, url: str, count: int) -> dict[str, float]:
    """Milliseconds of processor time a touchpoint, by step."""
    world = conftest.World(folder, url)
    world.crm.put("case", "", {"closed": False, "score": None, "comment": None})
    for warm_up in (count // 20, count):
        meter, begun = Meter(), len(world.channel.messages)
        for _ in range(warm_up):
            world.close_case()
        run(world, meter)
        answer(world, meter, begun)
        run(world, meter)
        world.clock.advance(timedelta(days=1))
    written = sum(record.values.get("score") is not None for record in world.crm.records("case"))
    world.belt.writer.close()
    world.belt.store.close()
    if written != count + count // 20:
        raise RuntimeError(f"only {written} of {count + count // 20} scores are in the CRM")
    return {name: round(seconds / count * 1000, 3) for name, seconds in meter.seconds.items()}


def main() -> int:
    """Measure once and print one JSON object."""
    chosen = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    chosen.add_argument("--touchpoints", type=int, default=20_000)
    chosen.add_argument("--postgresql", action="store_true", help="on a PostgreSQL that is started for it, instead of SQLite")
    arguments = chosen.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sqlite = nullcontext(f"sqlite:///{Path(folder) / 'palaute.db'}")
        with postgresql.started() if arguments.postgresql else sqlite as url:
            told = measure(Path(folder), url, arguments.touchpoints)
    total = round(sum(told.values()), 3)
    sys.stdout.write(json.dumps({"touchpoints": arguments.touchpoints, "milliseconds": told, "together": total}, indent=1) + "\n")
    return 0 if total <= AIM else 1


if __name__ == "__main__":
    sys.exit(main())
