"""Sockets under the stand-ins: bound before anybody is told of them, served by uvicorn, and cut when a fault wants it."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping
from typing import Any

import uvicorn

Scope = MutableMapping[str, Any]
App = Callable[[Any, Any, Any], Awaitable[None]]
"""An ASGI application, called with scope, receive and send."""

HOST = "127.0.0.1"
GOODBYE = 0.3
"""Seconds that clients have to hang up when the sandbox stops."""
_HANG_UP = "sandbox.hang_up"


class AddressTaken(Exception):
    """A port that was asked for is in use or not ours to have."""


def bind(port: int, what: str) -> socket.socket:
    """A bound socket on loopback; port 0 takes any free one. Raises ``AddressTaken`` naming ``what`` the port is for."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((HOST, port))
        bound.listen(1024)
    except (OSError, OverflowError) as error:
        bound.close()
        reason = getattr(error, "strerror", None) or "ports go up to 65535"
        raise AddressTaken(f"Port {port} for {what} cannot be had ({reason}): give another one or 0") from None
    bound.setblocking(False)
    return bound


def port(bound: socket.socket) -> int:
    """The port that a socket is bound to."""
    return int(bound.getsockname()[1])


def free_port(wanted: int) -> int:
    """A port that is free now, for somebody else to bind later; ``wanted`` itself unless that is 0."""
    if wanted:
        return wanted
    with bind(0, "the pages") as bound:
        return port(bound)


def hang_up(scope: Scope) -> None:
    """Cut the connection of this request without a reply."""
    cut = scope.get("extensions", {}).get(_HANG_UP)
    if cut is None:
        raise RuntimeError("hang_up works for requests that came through lines.Web only")
    cut()


class Web:
    """One ASGI application on one bound socket, with TLS when there is a context.

    Those with TLS are the CRMs: they send a Date header of their own, from the sandbox's clock.
    """

    def __init__(self, app: App, bound: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        self._app = app
        self._socket = bound
        config = uvicorn.Config(
            self._with_hang_up,
            lifespan="off",
            interface="asgi3",
            ws="none",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=tls is None,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
            ssl_context_factory=None if tls is None else lambda _config, _default: tls,
        )
        self._server = uvicorn.Server(config)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Returns when requests are answered."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        while not self._server.started:
            if self._task.done():
                self._task.result()
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Returns when nothing is served any more; whoever is still connected after a moment is cut off.

        Without that an idle TLS connection whose client does not answer the goodbye keeps uvicorn waiting.
        """
        self._server.should_exit = True
        if self._task is None:
            return
        done, _ = await asyncio.wait({self._task}, timeout=GOODBYE)
        for connection in () if done else list(self._server.server_state.connections):
            connection.transport.abort()
        await self._task

    async def _with_hang_up(self, scope: Scope, receive: Any, send: Any) -> None:
        """Hand the transport's ``abort`` on, for faults that cut the line: ASGI itself has no word for that."""
        transport = getattr(getattr(send, "__self__", None), "transport", None)
        if transport is not None:
            scope.setdefault("extensions", {})[_HANG_UP] = transport.abort
        await self._app(scope, receive, send)


class Sockets:
    """All listening sockets by the name of their port, bound at once so that a taken port is found before anything runs."""

    def __init__(
        self,
        stack: contextlib.AsyncExitStack,
        ports: Mapping[str, int],
        secure: Collection[str],
        context: ssl.SSLContext,
    ) -> None:
        self._webs: list[Web] = []
        self._tls = dict.fromkeys(secure, context)
        self.bound: dict[str, socket.socket] = {}
        for name, number in ports.items():
            self.bound[name] = bind(number, name.replace("_", " "))
            stack.callback(self.bound[name].close)
        stack.push_async_callback(self._stop)

    def url(self, name: str) -> str:
        """The address without a path, and without a slash at the end."""
        return f"{'https' if name in self._tls else 'http'}://{HOST}:{port(self.bound[name])}"

    async def serve(self, name: str, app: App) -> None:
        """Answer requests with this application until the stack is closed."""
        web = Web(app, self.bound[name], self._tls.get(name))
        await web.start()
        self._webs.append(web)

    async def _stop(self) -> None:
        await asyncio.gather(*(web.stop() for web in self._webs))
