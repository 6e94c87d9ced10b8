"""Visitors who know no pause: HTTP requests over kept connections, each answered before the next is sent on the same line.

Called by bench.answers as a process of its own: ``python -m bench.load HOST PORT CONNECTIONS`` reads requests from standard
input (one JSON text a line) and prints one JSON object: seconds, own processor time, and for each request its status and how long
it took.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import httptools
import uvloop


@dataclass
class Told:
    """What became of each request, by its number."""

    statuses: list[int]
    seconds: list[float]
    bodies: list[bytes]
    open_lines: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    def of(cls, count: int) -> Self:
        """For so many requests; status 0 where no answer came."""
        return cls([0] * count, [0.0] * count, [b""] * count)


class Line(asyncio.Protocol):
    """One kept connection: sends the next request when the last one is answered."""

    def __init__(self, requests: Sequence[bytes], numbers: Iterator[int], told: Told) -> None:
        self._requests, self._numbers, self._told = requests, numbers, told
        self._number = -1
        self._began = 0.0
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport: Any = transport
        self._told.open_lines += 1
        self._next()

    def _next(self) -> None:
        number = next(self._numbers, None)
        if number is None:
            self._transport.close()
            return
        self._number, self._body = number, b""
        self._parser = httptools.HttpResponseParser(self)
        self._began = time.perf_counter()
        self._transport.write(self._requests[number])

    def data_received(self, data: bytes) -> None:
        """Bytes of an answer."""
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """Of the parser."""
        self._body += body

    def on_message_complete(self) -> None:
        """Of the parser: the answer is whole."""
        self._told.seconds[self._number] = time.perf_counter() - self._began
        self._told.statuses[self._number] = self._parser.get_status_code()
        self._told.bodies[self._number] = self._body
        self._number = -1
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        """All is sent, or the far end is gone; then what was under way keeps the status 0."""
        self._told.open_lines -= 1
        if self._told.open_lines == 0:
            self._told.done.set()


async def send(host: str, port: int, connections: int, requests: Sequence[bytes], told: Told) -> None:
    """Send all of them; returns when each has its answer or every line has broken."""
    numbers = iter(range(len(requests)))
    loop = asyncio.get_running_loop()
    lines = [loop.create_connection(lambda: Line(requests, numbers, told), host, port) for _ in range(connections)]
    await asyncio.gather(*lines)
    await told.done.wait()


def main() -> None:
    """Read, send, tell."""
    host, port, connections = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    requests = [json.loads(line).encode("latin-1") for line in sys.stdin]
    began, used = time.perf_counter(), time.process_time()
    told = Told.of(len(requests))
    uvloop.run(send(host, port, connections, requests, told))
    result = {
        "took": time.perf_counter() - began,
        "processor": time.process_time() - used,
        "statuses": told.statuses,
        "seconds": told.seconds,
        "bodies": [body.decode("utf-8", "replace") for body in told.bodies],
    }
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
