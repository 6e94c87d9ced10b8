"""The kiosk: a tablet at a place, where one tap is an answer. Works without the network (kiosk.js, kiosk-worker.js) and, with it,
without scripts.
"""

import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pydantic
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from journey import collect
from journey.visiting import kiosk, places
from surveys import wording
from web import form, pages_places, questionnaire, route, site, visitor

Form = dict[str, str]
_STATIC = Path(__file__).parent / "static"
_STYLE = (_STATIC / "kiosk.css").read_bytes()
_SCRIPT = (_STATIC / "kiosk.js").read_bytes()
_WORKER = (_STATIC / "kiosk-worker.js").read_text(encoding="utf-8")
_MARKS = {"style": hashlib.sha256(_STYLE).hexdigest()[:12], "script": hashlib.sha256(_SCRIPT).hexdigest()[:12]}
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; worker-src 'self'; manifest-src 'self'; connect-src 'self'; "
    "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_UNKNOWN_AGAIN, _MANY_AGAIN = 300, 15
"""Seconds after which a tablet looks again whether its place is known, and after too many answers."""
_FACES = 5
"""Points of a scale that faces can be told apart for."""


def show(here: site.Site, request: Request, form: Form) -> Response:
    """``GET /k/CODE``: the question, full screen."""
    page = pages_places.at_place(
        here, request, lambda found: _shown(here, request, found), lambda found: _over(here, request, found)
    )
    return _again(page, "", _UNKNOWN_AGAIN) if page.status_code == 404 else page


def _shown(here: site.Site, request: Request, found: places.Place) -> Response:
    """At the address that the tablet keeps: a code typed in small letters leads there."""
    if request.path_params["token"] != found.code:
        return RedirectResponse(_home(here, found), 307)
    return _ask(here, request, found)


def _again(page: Response, address: str, seconds: int) -> Response:
    """A page that a tablet leaves by itself, for nobody is there to do it; to the same address where none is given."""
    page.headers["Refresh"] = f"{seconds};url={address}" if address else str(seconds)
    return page


def _ask(here: site.Site, request: Request, found: places.Place, status: int = 200) -> Response:
    words = _words(here, request, found)
    asked = questionnaire.values(words, found.survey, places.asked_as(found.way), questionnaire.Filled())
    shown = here.render(
        "kiosk.html",
        words,
        status,
        **asked,
        faces=asked["shape"] == "named" and len(asked["points"]) == _FACES,
        code=found.code,
        name=found.name,
        home=_home(here, found),
        waiting=words.text("kiosk.waiting", n="{n}"),
        longest=kiosk.LONGEST_COMMENT,
        marks=_MARKS,
        nonce=places.nonce(here.belt, found),
        action=f"{_home(here, found)}?{urlencode({'lang': words.language})}",
    )
    shown.headers["Content-Security-Policy"] = _POLICY
    return shown


def _over(here: site.Site, request: Request, found: places.Place) -> Response:
    """The place takes no more answers. What waits on the tablet, and was given before, is still sent from here."""
    words = _words(here, request, found)
    return here.render(
        "kiosk_closed.html",
        words,
        410,
        heading=words.text("place.closed"),
        code=found.code,
        name=found.name,
        home=_home(here, found),
        waiting=words.text("kiosk.waiting", n="{n}"),
        marks=_MARKS,
        query=None,
    )


def _words(here: site.Site, request: Request, found: places.Place) -> wording.Wording:
    """A tablet asks in the place's language, or in our own: its browser's is nobody's."""
    return here.words(site.language(here, request.query_params, found.language or here.brand.default_language))


def _home(here: site.Site, found: places.Place) -> str:
    return f"{here.root}/k/{found.code}"


def tap(here: site.Site, request: Request, posted: Form) -> Response:
    """``POST /k/CODE``: a tap where scripts do not run."""
    return pages_places.at_place(here, request, lambda found: _tap(here, request, found, posted))


def _tap(here: site.Site, request: Request, found: places.Place, posted: Form) -> Response:
    words = _words(here, request, found)
    if pages_places.too_many(here, request):
        return _again(here.note(words, "place.many", 429), _home(here, found), _MANY_AGAIN)
    visit = visitor.of(here.belt, request, words.language, "kiosk")
    sent = questionnaire.read(found.survey, posted)
    chosen = here.belt.settings.places
    about = places.About(least=chosen.taps, within=chosen.within)
    outcome = places.submit(here.belt, found, questionnaire.post(posted, sent, visit), about)
    if outcome in (collect.Collected.OUT_OF_RANGE, collect.Collected.STALE_NONCE):
        return _ask(here, request, found, 422)
    return RedirectResponse(f"{_home(here, found)}/thanks?{urlencode({'lang': words.language})}", 303)


def thanks(here: site.Site, request: Request, form: Form) -> Response:
    """``GET /k/CODE/thanks``: leads back to the question by itself."""

    def shown(found: places.Place) -> Response:
        words = _words(here, request, found)
        home = _home(here, found)
        return here.render("kiosk_thanks.html", words, heading=words.text("kiosk.thanks"), home=home, marks=_MARKS, query=None)

    return pages_places.at_place(here, request, shown)


def collected(here: site.Site, request: Request, body: bytes) -> Response:
    """``POST /k/CODE/answers``: what the tablet kept, as JSON; for each answer what became of it."""
    found = places.find(here.belt, request.path_params["token"])
    if found is None:
        return JSONResponse({"problem": "there is no such place"}, 404)
    if pages_places.too_many(here, request):
        return JSONResponse({"problem": "too many posts from this address"}, 429, headers={"Retry-After": "60"})
    try:
        batch = kiosk.Batch.model_validate_json(body)
    except pydantic.ValidationError:
        return JSONResponse({"problem": "this is no batch of answers"}, 400)
    outcomes = kiosk.take(here.belt, found, batch, visitor.of(here.belt, request))
    return JSONResponse({"outcomes": outcomes})


def worker(here: site.Site, request: Request, form: Form) -> Response:
    """``GET /k/worker.js?code=CODE``: the service worker, with what it keeps. It changes with any of that."""
    found = places.find(here.belt, request.query_params.get("code", ""))
    if found is None:
        return Response("// no such place\n", 404, media_type="text/javascript")
    kept = _kept(here, found)
    name = f"kiosk-{found.code}-{hashlib.sha256((json.dumps(kept) + _WORKER).encode()).hexdigest()[:12]}"
    head = f"const CACHE = {json.dumps(name)}, PAGES = {json.dumps(kept['pages'])}, FILES = {json.dumps(kept['files'])};\n"
    return Response(head + _WORKER, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


def _kept(here: site.Site, found: places.Place) -> dict[str, list[str]]:
    """Paths that the tablet keeps: the page in every language, the place's own first, and what it is made of."""
    home = _home(here, found)
    return {
        "pages": [home, *(f"{home}?lang={language}" for language in here.brand.languages)],
        "files": [
            f"{here.root}/static/page.css?{here.style_mark}",
            f"{here.root}/static/icon.svg?{here.style_mark}",
            f"{here.root}/static/kiosk.css?{_MARKS['style']}",
            f"{here.root}/static/kiosk.js?{_MARKS['script']}",
            f"{home}/app.webmanifest",
        ],
    }


def manifest(here: site.Site, request: Request, form: Form) -> Response:
    """``GET /k/CODE/app.webmanifest``: lets the tablet put the page on its home screen, full screen."""

    def shown(found: places.Place) -> Response:
        told: dict[str, Any] = {
            "name": f"{here.brand.name} – {found.name}",
            "short_name": here.brand.name,
            "start_url": _home(here, found),
            "scope": f"{here.root}/k/",
            "display": "fullscreen",
            "icons": [{"src": f"{here.root}/static/icon.svg?{here.style_mark}", "sizes": "any", "type": "image/svg+xml"}],
        }
        return JSONResponse(told, media_type="application/manifest+json")

    return pages_places.at_place(here, request, shown)


def style(here: site.Site, request: Request, form: Form) -> Response:
    """``GET /static/kiosk.css``"""
    return site.static(_STYLE, "text/css")


def script(here: site.Site, request: Request, form: Form) -> Response:
    """``GET /static/kiosk.js``"""
    return site.static(_SCRIPT, "text/javascript")


ROUTES = (
    route.Path(path="/k/worker.js", get=worker),
    route.Path(path="/k/{token}", get=show, post=tap),
    route.Path(path="/k/{token}/thanks", get=thanks),
    route.Path(path="/k/{token}/answers", post=collected, read=form.read_bytes),
    route.Path(path="/k/{token}/app.webmanifest", get=manifest),
    route.Path(path="/static/kiosk.css", get=style),
    route.Path(path="/static/kiosk.js", get=script),
)
