"""A connection that may not dawdle: uvicorn's own, with bounds on the head of a request and on who holds how many lines.

Called by server.py. uvicorn waits for ever for the first request of a line and for the rest of a head, and takes heads of any
size; a few hundred lines that send a byte now and then would keep everybody else out (slowloris). Bodies are bounded in form.py.
"""

import asyncio

from uvicorn.protocols.http import httptools_impl

from web import limits, settings

HEAD_SECONDS = 10.0
"""Until the head of a request must be there, from when the line was opened or its last answer was sent."""
LARGEST_HEAD = 32 * 1024
"""Bytes. Twice what browsers and proxies let through."""
_FLUSH_SECONDS = 5.0
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Line(httptools_impl.HttpToolsProtocol):
    """One connection. The subclass that ``in_crowd`` makes knows who else is there."""

    crowd: limits.Crowd
    _late: asyncio.TimerHandle | None = None
    _head = 0
    """Bytes of a head that is not complete."""
    _address: str | None = None
    """Where it comes from, once it was let in."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Let it in, or close it at once."""
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        if not self.crowd.enter(address):
            transport.abort()
            return
        self._address = address
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Make room."""
        super().connection_lost(exc)
        self._hurry_no_more()
        if self._address is not None:
            self.crowd.leave(self._address)
            self._address = None

    def data_received(self, data: bytes) -> None:
        """Bytes of a request."""
        if self.parser is None or self.transport.is_closing():
            return
        self._head += len(data)
        super().data_received(data)
        if self._between_requests():
            if self._head > LARGEST_HEAD:
                self.transport.write(_TOO_LARGE)
                self._end()
            elif self._late is None:
                self._wait()

    def on_headers_complete(self) -> None:
        """Of the parser: the head is there."""
        self._hurry_no_more()
        self._head = 0
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """The answer is sent; what belonged to its request no longer counts."""
        self._head = 0
        super().on_response_complete()

    def timeout_keep_alive_handler(self) -> None:
        """Nothing came for a while."""
        self._end()

    def _between_requests(self) -> bool:
        return not self.transport.is_closing() and (self.cycle is None or self.cycle.response_complete)

    def _wait(self) -> None:
        self._late = self.loop.call_later(HEAD_SECONDS, self._end)

    def _hurry_no_more(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _end(self) -> None:
        """Close; a far end that does not even take what was written is cut off."""
        self._hurry_no_more()
        if not self.transport.is_closing():
            self.transport.close()
            self.loop.call_later(_FLUSH_SECONDS, self.transport.abort)


def in_crowd(web: settings.WebSettings) -> type[asyncio.Protocol]:
    """The protocol of lines of which one address may hold as many as the settings say."""
    return type("CrowdedLine", (Line,), {"crowd": limits.Crowd(web.limits.connections, web.trusted)})
