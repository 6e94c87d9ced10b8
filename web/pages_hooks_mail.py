"""Where mail providers call us: ``POST /hooks/mail``, for bounces, complaints and deliveries.

Without ``hook_secret`` or ``sns_topics`` in the settings the address does not exist; whoever does not show the secret is answered
401, and 403 what is said in Amazon's name and is not Amazon's. What is posted is never shown and never logged.
"""

import contextlib
import functools

import structlog
from starlette.requests import Request
from starlette.responses import Response

from channels.email import channel as email
from channels.email import hooks, sns
from journey.reaching import bounces
from web import form, route, site
from wire import errors

log = structlog.get_logger("web.hooks")
_AGAIN_AFTER = "5"
_AMAZON = "channels.email.amazon"
"""Under this name ``palaute status`` tells that Amazon SNS cannot be asked."""
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
    asks_amazon = here.belt.outside.dealing_with(_AMAZON) if sns.HEADER in headers else contextlib.nullcontext()
    try:
        with asks_amazon:
            reports, news = channel.hear(headers, body)
    except hooks.NotTheirs:
        log.warning("somebody who is not the mail provider called", path=request.scope["path"])
        return Response(status_code=401, headers=_ASK)
    except sns.Forged as error:
        log.warning("a message in the name of Amazon SNS is refused", why=str(error))
        return Response(f"{error}\n", status_code=403, media_type="text/plain")
    except hooks.Unreadable as error:
        return Response(f"{error}\n", status_code=400, media_type="text/plain")
    except (errors.Later, errors.NeedsPerson):  # noted by outside
        return _once_more()
    if news:
        log.warning("mail provider", news=news)
    return Response(status_code=204) if bounces.settle(here.belt, reports) else _once_more()


def _once_more() -> Response:
    return Response(status_code=503, headers={"Retry-After": _AGAIN_AFTER})


ROUTES = (route.Path(path="/hooks/mail", post=mail, read=functools.partial(form.read_bytes, largest=_LARGEST)),)
