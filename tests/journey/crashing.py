"""A process that runs the belt and may be killed at any point, and the outside world that outlives it.

The CRM and the mail server stand in the test's process (``Outside``); the belt runs in a forked one (``work``) and reaches them
through a pipe. The test kills it after so many calls, before or after one of them is answered.
"""

import multiprocessing.connection
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from channels import base as channel_base
from channels import memory as memory_channel
from connectors import base
from connectors import memory as memory_connector
from connectors import settings as connector_settings
from journey import collect, steps, tidy
from journey.answering import visits
from tests.journey import conftest
from triggers import touchpoint
from wire import errors, finding

CHOSEN = connector_settings.MemorySettings(type="memory", lag=timedelta(0), look_back=timedelta(hours=6))
Pipe: TypeAlias = "multiprocessing.connection.Connection[Any, Any]"


class Remote:
    """Calls into the test's process."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    def call(self, party: str, method: str, *args: Any) -> Any:
        self._pipe.send((party, method, args))
        error, result = self._pipe.recv()
        if error is not None:
            raise error
        return result


class RemoteConnector(base.Connector):
    """The CRM in the test's process."""

    name = "crm"

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    def start(self, watches: Sequence[base.Watch], back: timedelta = timedelta()) -> Mapping[str, base.Bookmark]:
        return dict(self._remote.call("crm", "start", watches, back))

    def read(self, watches: Sequence[base.Watch], bookmarks: Mapping[str, base.Bookmark]) -> Iterator[base.Page]:
        yield from self._remote.call("crm", "read", watches, bookmarks)

    def look(self, looks: Sequence[base.Look]) -> Sequence[base.Change]:
        return list(self._remote.call("crm", "look", looks))

    def write(self, updates: Sequence[base.FieldUpdate]) -> Sequence[base.Settled]:
        return list(self._remote.call("crm", "write", updates))

    def describe(self, objects: Sequence[str]) -> Mapping[str, base.Description]:
        return dict(self._remote.call("crm", "describe", objects))

    def check(self) -> Sequence[finding.Finding]:
        return []

    def health(self) -> base.Health:
        return base.Health(calls=0)

    def close(self) -> None:
        """Nothing is held."""


class RemoteChannel(channel_base.Channel):
    """The mail server in the test's process."""

    name = "memory"

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self._local = memory_channel.MemoryChannel("memory")

    def address(self, person: touchpoint.Recipient) -> str | None:
        return self._local.address(person)

    def send(self, message: channel_base.Message) -> channel_base.Receipt:
        receipt: channel_base.Receipt = self._remote.call("channel", "send", message)
        return receipt

    def check(self) -> Sequence[finding.Finding]:
        return []

    def close(self) -> None:
        """Nothing is held."""


def work(folder: Path, ahead: timedelta, answers: Mapping[str, str], calls: Pipe, told: Pipe) -> None:
    """What the daemon does, until it is killed: recover, run what is due, take answers (token → value) meanwhile."""
    remote = Remote(calls)
    world = conftest.World(
        folder,
        f"sqlite:///{folder / 'palaute.db'}",
        connectors={"crm": RemoteConnector(remote)},
        channels={"memory": RemoteChannel(remote)},
        now=lambda: datetime.now(UTC) + ahead,
    )
    tidy.recover(world.belt, tidy.AT_ONCE)

    def visit() -> None:
        for token, value in answers.items():
            scan(world, token)
            nonce = collect.nonce(world.belt, token)
            saved = collect.submit(world.belt, token, collect.Post(nonce=nonce, value=value))
            told.send((token, value, str(saved)))

    threading.Thread(target=visit, daemon=True).start()
    while True:
        steps.until_nothing_is_due(world.belt)
        time.sleep(0.001)


def scan(world: conftest.World, token: str) -> None:
    """A mail scanner fetches every value and submits a form, before anybody reads the mail."""
    at = world.belt.now()
    known = visits.visitor(world.belt.secret, "203.0.113.9", False, ("Chrome",))
    visit = visits.Visit(visitor=known, robot="HeadlessChrome", at=at)
    for value in range(1, 6):
        conftest.opens(world.belt, token, value, visit)
    collect.submit(world.belt, token, collect.Post(nonce=collect.nonce(world.belt, token, at=at), value="1", visit=visit))


class Outside:
    """The world that outlives the process: a CRM, a mail server, and what its visitors were told."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.chance = random.Random(seed)
        self.ahead = timedelta()
        self.crm = memory_connector.Crm(now=self.now)
        self.channel = memory_channel.MemoryChannel("memory")
        self.closed: list[str] = []
        self.thanked: dict[str, str] = {}
        """Token → value, of everybody who was told that the answer is saved."""

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def close_cases(self, count: int) -> None:
        for _ in range(count):
            number = len(self.closed)
            person = {"contact.email": f"aino{number}@posti.example", "contact.opted_out": False}
            case = {"closed": True, "closed_at": self.now(), "number": f"{number:08}", "score": None, "comment": None}
            self.closed.append(self.crm.put("case", "", case | person))

    def live_until_killed(self, calls: int) -> None:
        """One life of the process: killed when it has made so many calls, before or after the last one is answered."""
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        hear, tell = context.Pipe()
        waiting = [self.token(message) for message in self.channel.messages if self.token(message) not in self.thanked]
        answers = {token: str(self.chance.randint(1, 5)) for token in waiting}
        process = context.Process(target=work, args=(self.folder, self.ahead, answers, theirs, tell), daemon=True)
        process.start()
        connector = memory_connector.MemoryConnector("crm", CHOSEN, self.crm)
        try:
            self._serve(ours, hear, connector, calls)
        finally:
            process.kill()
            process.join()
            while hear.poll():
                self._note(hear)
            for pipe in (ours, theirs, hear, tell):
                pipe.close()

    def _serve(self, calls: Pipe, hear: Pipe, connector: base.Connector, count: int) -> None:
        deadline = time.monotonic() + 10
        while count and time.monotonic() < deadline:
            for ready in multiprocessing.connection.wait([calls, hear], timeout=1):
                if ready is hear:
                    self._note(hear)
                    continue
                count -= 1
                answer = self._answered(connector, calls.recv())
                if count or self.chance.random() < 0.5:
                    calls.send(answer)
        time.sleep(self.chance.random() * 0.004)

    def _answered(self, connector: base.Connector, call: tuple[str, str, tuple[Any, ...]]) -> tuple[Exception | None, Any]:
        party, method, args = call
        if self.chance.random() < 0.05:
            self.close_cases(1)
        done: Callable[..., Any] = getattr(connector if party == "crm" else self.channel, method)
        try:
            result = done(*args)
            return None, list(result) if method == "read" else result
        except errors.OutsideError as error:
            return error, None

    def _note(self, hear: Pipe) -> None:
        try:
            token, value, saved = hear.recv()
        except EOFError:  # killed in the middle of a word: nobody was thanked
            return
        if saved == "saved":
            self.thanked[token] = value

    @staticmethod
    def token(message: channel_base.Message) -> str:
        return message.page_url.rsplit("/", 1)[1]
