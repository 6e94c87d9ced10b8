"""The pages' own server: a socket bound before anything else starts, and uvicorn in a thread that leaves signals alone."""

import errno
import resource
import socket
import threading

import uvicorn
from starlette import types

from web import line, settings

_START_SECONDS = 10
_MOST_LINES = 4000
_OTHER_FILES = 200
"""Files that the process needs besides the pages' connections."""
_STOP_SECONDS = 10


class CannotListen(OSError):
    """The pages cannot listen on the address that the settings give."""


class Pages:
    """The pages, served until stopped."""

    def __init__(self, application: types.ASGIApp, web: settings.WebSettings) -> None:
        self._settings = web
        self._server = uvicorn.Server(
            uvicorn.Config(
                application,
                lifespan="off",
                interface="asgi3",
                http=line.in_crowd(web),
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=10,
                timeout_graceful_shutdown=5,
                limit_concurrency=_most_lines(),
            )
        )
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        """``http://HOST:PORT`` as bound. Raises RuntimeError before ``start``."""
        if self._socket is None:
            raise RuntimeError("the pages have no address before they are started")
        host, port = self._socket.getsockname()[:2]
        reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
        return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"

    def start(self) -> None:
        """Bind, then serve in a thread; returns when the first request can come. Raises CannotListen."""
        self._socket = _bound(self._settings)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="pages", daemon=True)
        self._thread.start()
        waited = threading.Event()
        for _ in range(_START_SECONDS * 100):
            if self._server.started or not self._thread.is_alive():
                break
            waited.wait(0.01)
        if not self._server.started:
            self.stop()
            raise CannotListen(f"the pages did not start on {self._settings.listen} within {_START_SECONDS} seconds")

    def stop(self) -> None:
        """Finish what is being answered, then close; may be called twice."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)
        if self._socket is not None:
            self._socket.close()


def _most_lines() -> int:
    """How many connections there may be: beyond, requests are answered 503. As many as the system gives files for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_LINES + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return _MOST_LINES if soft == resource.RLIM_INFINITY else max(min(_MOST_LINES, soft - _OTHER_FILES), 50)


def _bound(web: settings.WebSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in web.host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((web.host, web.port))
        bound.listen(2048)
    except OSError as error:
        bound.close()
        raise CannotListen(f"the pages cannot listen on {web.listen}: {_reason(error)}") from None
    return bound


def _reason(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "another program listens there; set web.listen to a free port, or stop that program"
    if error.errno == errno.EACCES:
        return "ports under 1024 need a right that this user lacks; choose a higher one behind a proxy"
    if error.errno == errno.EADDRNOTAVAIL:
        return "this machine has no such address"
    return error.strerror or type(error).__name__
