"""A small CONNECT proxy, so that programs with the vendors' host names built in reach the stand-ins instead.

To a vendor's host it ends TLS itself, with a certificate by an authority of its own, and speaks TLS again to the stand-in.
Loopback addresses of the stand-ins are tunnelled untouched. Everything else is refused and remembered: no stranger calls home.
"""

import asyncio
import contextlib
import fnmatch
import ssl
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import trustme

_CHUNK = 65_536
_REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_TUNNEL = b"HTTP/1.1 200 Connection established\r\n\r\n"

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Proxy:
    """``with Proxy({"login.salesforce.com": "https://127.0.0.1:1234"}, ca) as proxy: …``

    ``hosts`` maps patterns of host names to the stand-ins' addresses; ``ca`` is the authority of the stand-ins' certificates.
    """

    def __init__(self, hosts: Mapping[str, str], ca: Path) -> None:
        self.hosts = {pattern: _place(address) for pattern, address in hosts.items()}
        self.authority = trustme.CA(organization_name="Palaute interop proxy")
        self.url = ""
        """What belongs into HTTPS_PROXY."""
        self.used: list[str] = []
        """Hosts that were asked for and reached, in order."""
        self.refused: list[str] = []
        """Hosts that were asked for and are not ours."""
        self._upstream = ssl.create_default_context(cafile=str(ca))
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._tasks: set[asyncio.Task[None]] = set()

    def bundle(self, path: Path, *others: Path) -> Path:
        """Write our authority's certificate and those of the files given into one file, for REQUESTS_CA_BUNDLE."""
        certificates = [self.authority.cert_pem.bytes().decode(), *(other.read_text() for other in others)]
        path.write_text("\n".join(certificates))
        return path

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._accept, "127.0.0.1", 0)

    async def _stop(self) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with contextlib.suppress(OSError, EOFError, asyncio.CancelledError, asyncio.LimitOverrunError):
                await self._serve(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        method, target, *_ = head.split(" ")
        host, _, port = target.rpartition(":")
        place, ours = self._find(host, port) if method == "CONNECT" else (None, False)
        if place is None:
            self.refused.append(target)
            writer.write(_REFUSED)
            await writer.drain()
            return
        self.used.append(host)
        far = await asyncio.open_connection(*place, ssl=self._upstream if ours else None)
        writer.write(_TUNNEL)
        await writer.drain()
        if ours:
            await writer.start_tls(self._context(host))
        await _join((reader, writer), far)

    def _find(self, host: str, port: str) -> tuple[tuple[str, int] | None, bool]:
        """Where a host is to be reached, and whether we end its TLS."""
        if host == "127.0.0.1" and (host, int(port)) in self.hosts.values():
            return (host, int(port)), False
        for pattern, place in self.hosts.items():
            if port == "443" and fnmatch.fnmatch(host.lower(), pattern):
                return place, True
        return None, False

    def _context(self, host: str) -> ssl.SSLContext:
        if host not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.authority.issue_cert(host).configure_cert(context)
            self._contexts[host] = context
        return self._contexts[host]


def _place(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


async def _join(near: Ends, far: Ends) -> None:
    """Copy bytes both ways until one side has had enough."""
    copying = [asyncio.create_task(_copy(near[0], far[1])), asyncio.create_task(_copy(far[0], near[1]))]
    try:
        await asyncio.wait(copying, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in copying:
            task.cancel()
        await asyncio.gather(*copying, return_exceptions=True)
        far[1].close()


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while chunk := await source.read(_CHUNK):
        sink.write(chunk)
        await sink.drain()
