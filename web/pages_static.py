"""Style sheet, script and icon: files whose addresses change with their content, so that browsers keep them."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from web import route, site


def style(here: site.Site, request: Request, posted: Any) -> Response:
    """``GET /static/page.css``"""
    return site.static(here.style, "text/css")


def script(here: site.Site, request: Request, posted: Any) -> Response:
    """``GET /static/page.js``"""
    return site.static(here.script, "text/javascript")


def icon(here: site.Site, request: Request, posted: Any) -> Response:
    """``GET /static/icon.svg``"""
    return site.static(site.icon(here.brand), "image/svg+xml")


ROUTES = (
    route.Path(path="/static/page.css", get=style),
    route.Path(path="/static/page.js", get=script),
    route.Path(path="/static/icon.svg", get=icon),
)
