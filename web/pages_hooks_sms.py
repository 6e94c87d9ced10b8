"""Where SMS gateways call us: ``/hooks/sms/status`` for delivery reports, ``/hooks/sms/inbound`` for what people write.

Whoever does not prove to be the gateway is answered 401. What is posted is never shown and never logged.
"""

from collections.abc import Callable

import structlog
from starlette.requests import Request
from starlette.responses import Response

from channels.sms import channel as sms
from channels.sms import hooks
from journey.reaching import replies
from web import form, route, site

log = structlog.get_logger("web.hooks")
_AGAIN_AFTER = "5"


def status(here: site.Site, request: Request, body: bytes) -> Response:
    """``POST /hooks/sms/status``: what became of a text."""
    return _heard(here, request, body, lambda channel, call: replies.report(here.belt, channel.report(call)))


def inbound(here: site.Site, request: Request, body: bytes) -> Response:
    """``POST /hooks/sms/inbound``: somebody wrote to us. Answering them is the gateway's business."""

    def hear(channel: sms.SmsChannel, call: hooks.Call) -> replies.Heard:
        told = channel.inbound(call)
        return replies.Heard.OTHER if told is None else replies.inbound(here.belt, told)

    return _heard(here, request, body, hear)


def _heard(
    here: site.Site, request: Request, body: bytes, hear: Callable[[sms.SmsChannel, hooks.Call], replies.Heard]
) -> Response:
    channel = here.belt.channels.get(sms.SmsChannel.name)
    if not isinstance(channel, sms.SmsChannel):
        return Response(status_code=404)
    try:
        heard = hear(channel, _call(here, request, body))
    except hooks.NotTheirs:
        log.warning("somebody who is not the gateway called", path=request.scope["path"])
        return Response(status_code=401)
    if heard is replies.Heard.AGAIN:
        return Response(status_code=503, headers={"Retry-After": _AGAIN_AFTER})
    return Response(status_code=204)


def _call(here: site.Site, request: Request, body: bytes) -> hooks.Call:
    """The address as the gateway wrote it: our public one, whatever proxy stands between."""
    query = request.scope.get("query_string", b"").decode("latin-1")
    path = request.scope["path"].removeprefix(here.root)
    url = f"{here.belt.public_url.rstrip('/')}{path}" + (f"?{query}" if query else "")
    return hooks.Call(url=url, headers={name.lower(): value for name, value in request.headers.items()}, body=body)


ROUTES = (
    route.Path(path="/hooks/sms/status", post=status, read=form.read_bytes),
    route.Path(path="/hooks/sms/inbound", post=inbound, read=form.read_bytes),
)
