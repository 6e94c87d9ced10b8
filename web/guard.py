"""The headers that every answer carries, whatever went wrong before it."""

from collections.abc import Sequence

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""What a page of ours may load and who may frame it."""


def framed(response: Response, origins: Sequence[str]) -> Response:
    """The response as one that pages of these origins, and no others, may show within them."""
    if origins:
        allowed = f"frame-ancestors {' '.join(origins)}"
        response.headers["Content-Security-Policy"] = POLICY.replace("frame-ancestors 'none'", allowed)
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


_ALL = tuple((name.lower().encode(), value.encode()) for name, value in _HEADERS.items())


class Guard:
    """ASGI middleware that adds the headers an answer does not bring along itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; touch only the head of the answer."""
        await self.app(scope, receive, guarded(send) if scope["type"] == "http" else send)


def guarded(send: Send) -> Send:
    """``send`` that adds the headers an answer does not bring along itself. A page that others may frame goes without the one
    that knows no exceptions."""

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            own: dict[bytes, bytes] = dict(message["headers"])
            embeddable = b"frame-ancestors 'none'" not in own.get(b"content-security-policy", b"frame-ancestors 'none'")
            more = [one for one in _ALL if one[0] not in own and not (embeddable and one[0] == b"x-frame-options")]
            message["headers"] = [*message["headers"], *more]
        await send(message)

    return with_headers
