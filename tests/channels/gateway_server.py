"""The sandbox's SMS gateway on a free port, in a thread, with moods."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox import base, lines, sms
from tests.channels import contract

FAULTS = {
    contract.Mood.DEFER: "defer",
    contract.Mood.REFUSE: "reject",
    contract.Mood.WANT_PERSON: "unauthorized",
    contract.Mood.FALL_SILENT: "drop_after_data",
}


class Server:
    """A gateway that answers, and what it has taken."""

    def __init__(self) -> None:
        self.gateway = sms.Gateway(base.Clock())
        self._bound = lines.bind(0, "the gateway")
        self.url = f"http://{lines.HOST}:{lines.port(self._bound)}"
        self._enough: asyncio.Event | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    @property
    def numbers(self) -> list[str]:
        """Whom the texts taken so far went to."""
        return [message.to for message in self.gateway.messages]

    def next_is(self, mood: contract.Mood) -> None:
        """The gateway meets the next text in this mood."""
        self.gateway.faults.add(FAULTS[mood], count=1)

    def stop(self) -> None:
        """No more; may be called twice."""
        if self._enough is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._enough.set)
            self._thread.join(10)
        self.gateway.reports.close()

    async def _serve(self) -> None:
        self._loop, self._enough = asyncio.get_running_loop(), asyncio.Event()
        web = lines.Web(self.gateway.app, self._bound)
        await web.start()
        self._ready.set()
        await self._enough.wait()
        await web.stop()


@contextmanager
def running() -> Iterator[Server]:
    """A gateway, as long as this lasts."""
    server = Server()
    try:
        yield server
    finally:
        server.stop()
