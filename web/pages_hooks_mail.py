"""Where mail providers call us: ``POST /hooks/mail``, for bounces, complaints and deliveries.

Without ``hook_secret`` in the settings the address does not exist; whoever does not show it is answered 401. What is posted is
never shown and never logged.
"""

import functools

import structlog
from starlette.requests import Request
from starlette.responses import Response

from channels.email import channel as email
from channels.email import hooks
from journey.reaching import bounces
from web import form, route, site

log = structlog.get_logger("web.hooks")
_AGAIN_AFTER = "5"
_LARGEST = 1024 * 1024
"""Bytes: providers send events in batches."""
_ASK = {"WWW-Authenticate": 'Basic realm="palaute"'}
"""Amazon SNS shows its password only after it was asked for it."""


def mail(here: site.Site, request: Request, body: bytes) -> Response:
    """204 when it is settled, also what was settled before or names no mail of ours; 503 when it should come once more."""
    channel = here.belt.channels.get(email.EmailChannel.name)
    if not isinstance(channel, email.EmailChannel) or not channel.has_hook:
        return Response(status_code=404)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        reports = channel.hear(headers, body)
    except hooks.NotTheirs:
        log.warning("somebody who is not the mail provider called", path=request.scope["path"])
        return Response(status_code=401, headers=_ASK)
    except hooks.Unreadable as error:
        return Response(f"{error}\n", status_code=400, media_type="text/plain")
    except hooks.Confirm as asked:
        log.warning("Amazon SNS asks to confirm its subscription: open this address once", address=str(asked))
        return Response(status_code=204)
    if not bounces.settle(here.belt, reports):
        return Response(status_code=503, headers={"Retry-After": _AGAIN_AFTER})
    return Response(status_code=204)


ROUTES = (route.Path(path="/hooks/mail", post=mail, read=functools.partial(form.read_bytes, largest=_LARGEST)),)
