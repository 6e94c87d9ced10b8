"""Style sheet, script, icon and logo: files whose addresses change with their content, so that browsers keep them."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from web import pages_survey, route, site


def style(here: site.Site, request: Request, posted: Any) -> Response:
    """``GET /static/page.css``"""
    return site.static(here.style, "text/css")


def script(here: site.Site, request: Request, posted: Any) -> Response:
    """``GET /static/page.js``"""
    return site.static(here.script, "text/javascript")


def light_style(here: site.Site, request: Request, posted: Any) -> Response:
    """``GET /static/light.css``: for pages that stay light."""
    return site.static(here.light_style, "text/css")


def frame(here: site.Site, request: Request, posted: Any) -> Response:
    """``GET /static/frame.js``: for pages within those of others."""
    return site.static(here.frame, "text/javascript")


def icon(here: site.Site, request: Request, posted: Any) -> Response:
    """``GET /static/icon.svg``"""
    return site.static(site.icon(here.brand), "image/svg+xml")


def logo(here: site.Site, request: Request, posted: Any) -> Response:
    """``GET /static/logo``: the brand's picture, looked at when the settings were read."""
    if here.brand.logo is None:
        return pages_survey.unknown(here, request)
    return site.static(here.brand.logo.content, here.brand.logo.kind)


ROUTES = (
    route.Path(path="/static/page.css", get=style),
    route.Path(path="/static/light.css", get=light_style),
    route.Path(path="/static/page.js", get=script),
    route.Path(path="/static/frame.js", get=frame),
    route.Path(path="/static/icon.svg", get=icon),
    route.Path(path="/static/logo", get=logo),
)
