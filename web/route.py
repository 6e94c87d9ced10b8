"""What stands at an address. Each file of pages lists its own as ``ROUTES``; app.py serves all of them the same way."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from web import form, site

Page = Callable[[site.Site, Request, Any], Response]
"""A page: the site, the request, and what was posted (an empty dict for GET). Runs in a thread; it may wait for the store."""
Quick = Callable[[site.Site, Request, Any], Awaitable[Response | None]]
"""A page for the event loop: it never blocks. None where it is not for it to answer; then the page in the thread does."""
Reader = Callable[[Request], Awaitable[Any]]


@dataclass(frozen=True, kw_only=True)
class Path:
    """An address and who answers there. HEAD is answered wherever GET is."""

    path: str
    """As Starlette writes it: ``/s/{token}``. What stands for ``{token}`` has been looked at: it has the shape of a token."""
    get: Page | None = None
    post: Page | None = None
    quick_post: Quick | None = None
    """Tried before ``post``, without a thread."""
    read: Reader = form.read
    """Reads what is posted, bounded in size and time; what it returns is the page's third argument. ``form.read`` takes forms
    only, ``form.read_bytes`` anything, for those who check a signature over it."""

    one_person: bool = False
    """Whether one person alone comes here by one token: such addresses bear a stricter limit than those that many share."""

    @property
    def methods(self) -> list[str]:
        """What may be asked for at this address."""
        return [*(["GET", "HEAD"] if self.get else []), *(["POST"] if self.post else [])]
