"""The application: all pages behind one door, and what is said when something is odd.

To add pages: ``ROUTES`` in a file of pages_*.py (route.py tells what may stand there), and that file in ``PAGES`` below.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio.to_thread
import structlog
from starlette import types
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from journey import belt as belts
from store import opened
from web import (
    guard,
    limits,
    pages_embed,
    pages_health,
    pages_hooks_mail,
    pages_hooks_sms,
    pages_kiosk,
    pages_places,
    pages_rights,
    pages_static,
    pages_survey,
    route,
    settings,
    site,
)

log = structlog.get_logger("web")
PAGES = (
    pages_survey,
    pages_places,
    pages_kiosk,
    pages_embed,
    pages_rights,
    pages_health,
    pages_static,
    pages_hooks_sms,
    pages_hooks_mail,
)
"""The files of pages; the first route that fits an address answers it."""
ROUTES: tuple[route.Path, ...] = tuple(path for pages in PAGES for path in pages.ROUTES)
Endpoint = Callable[[Request], Awaitable[Response]]
Odd = Callable[[Request, Exception], Awaitable[Response]]
_LONGEST_QUERY = 4096
_TRY_AGAIN = "5"
"""Seconds after which a page that the database was too busy for may be asked for again."""
_SHORT = frozenset(("GET", "POST"))
_TOKEN = re.compile(r"[A-Za-z0-9_.~-]{4,100}", re.ASCII)
_ODD = {
    400: "unreadable",
    408: "unreadable",
    413: "too_large",
    414: "unreadable",
    415: "unreadable",
    405: "not_that_way",
    429: "too_often",
}


def build(belt: belts.Belt, settings: settings.WebSettings) -> types.ASGIApp:
    """The pages of this belt, as an ASGI application without a life cycle of its own."""
    secret = settings.embed.secret
    here = site.open_site(belt, settings.root, secret.get_secret_value().encode() if secret else b"")

    bounds = limits.Limits(settings.limits)

    async def odd(request: Request, error: Exception) -> Response:
        return _odd(here, request, error)

    application = Starlette(
        routes=[Route(path.path, _endpoint(here, bounds, path), methods=path.methods) for path in ROUTES],
        middleware=[Middleware(guard.Guard)],
        exception_handlers={HTTPException: odd},
    )
    application.state.proxies = settings.trusted
    quick = {path.path.removesuffix("/{token}"): _endpoint(here, bounds, path) for path in ROUTES if path.quick_post}
    return _Lane(application, quick, odd)


class _Lane:
    """The short way to the pages that most visitors come for: past Starlette's routing and its layers of error handling, which
    together cost as much as taking an answer. Whatever is not of that kind goes on to Starlette."""

    def __init__(self, application: Starlette, quick: Mapping[str, Endpoint], odd: Odd) -> None:
        self._application, self._quick, self._odd = application, quick, odd

    async def __call__(self, scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        """As ASGI has it."""
        path, _, token = scope.get("path", "").rpartition("/")
        endpoint = self._quick.get(path)
        if endpoint is None or scope["type"] != "http" or scope["method"] not in _SHORT or not _TOKEN.fullmatch(token):
            await self._application(scope, receive, send)
            return
        scope.update(app=self._application, path_params={"token": token})
        request = Request(scope, receive)
        try:
            answer = await endpoint(request)
        except HTTPException as error:
            answer = await self._odd(request, error)
        await answer(scope, receive, guard.guarded(send))


def _endpoint(here: site.Site, bounds: limits.Limits, path: route.Path) -> Endpoint:
    """The pages run in a few threads, for the store is not asynchronous."""

    async def run(request: Request) -> Response:
        if len(request.scope.get("query_string", b"")) > _LONGEST_QUERY:
            raise HTTPException(414)
        if not _TOKEN.fullmatch(request.path_params.get("token", "none")):
            return pages_survey.unknown(here, request)
        wait = bounds.wait(request, path)
        if wait:
            raise HTTPException(429, headers={"Retry-After": str(wait)})
        if request.method != "POST" and _is_prefetch(request):
            return Response(status_code=503)
        try:
            posted = await path.read(request) if request.method == "POST" else {}
        except ClientDisconnect:
            return Response(status_code=400)
        if path.quick_post is not None and request.method == "POST":
            answer = await _safely_quick(here, path.quick_post, request, posted)
            if answer is not None:
                return answer
        page = path.post if request.method == "POST" else path.get
        if page is None:
            raise HTTPException(405)
        return await anyio.to_thread.run_sync(_safely, here, page, request, posted, limiter=here.limiter)

    return run


def _safely(here: site.Site, page: route.Page, request: Request, posted: Any) -> Response:
    """A fault of ours becomes a page that says so; the log gets where it was, never what a visitor sent."""
    try:
        return page(here, request, posted)
    except Exception as error:  # noqa: BLE001 - the edge of the process: whatever it is, the visitor gets an answer
        return _failed(here, page.__name__, request, error)


async def _safely_quick(here: site.Site, page: route.Quick, request: Request, posted: Any) -> Response | None:
    try:
        return await page(here, request, posted)
    except Exception as error:  # noqa: BLE001 - as above
        return _failed(here, page.__name__, request, error)


def _failed(here: site.Site, page: str, request: Request, error: Exception) -> Response:
    log.error("page failed", page=page, error=type(error).__name__, at=_where(error))
    passes = opened.passes(error)
    answer = here.note(here.words(site.browser_language(here, request)), "out_of_order", 503 if passes else 500)
    if passes:
        answer.headers["Retry-After"] = _TRY_AGAIN
    return answer


def _where(error: Exception) -> str:
    """File and line of the innermost frame."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""


def _is_prefetch(request: Request) -> bool:
    """Whether a browser fetches ahead of the person; refused, so that it asks again when the person really comes.

    https://html.spec.whatwg.org/multipage/speculative-loading.html; older browsers say ``Purpose`` or ``X-Moz``.
    """
    headers = request.headers
    said = " ".join(headers.get(name, "") for name in ("sec-purpose", "purpose", "x-purpose", "x-moz")).casefold()
    return "prefetch" in said or "preview" in said


def _odd(here: site.Site, request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    words = here.words(site.browser_language(here, request))
    answer = here.note(words, _ODD.get(status, "unknown_link"), status, **({"query": None} if status != 404 else {}))
    answer.headers.update(headers)
    if status in (408, 413, 415, 429):
        answer.headers["Connection"] = "close"
    return answer
