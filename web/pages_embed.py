"""The survey within a page of others: the loader that such a page includes, and what stands in the frame that it makes.

A frame is served only for pages of the place's own origins (CSP frame-ancestors). Without a context whose signature holds, its
visitor is anonymous.
"""

from dataclasses import replace
from typing import NamedTuple
from urllib.parse import urlencode

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from journey import collect
from journey.visiting import places
from surveys import colour, wording
from triggers import touchpoint
from web import embed, guard, pages_places, questionnaire, route, site, visitor

log = structlog.get_logger("web")
Form = dict[str, str]
_KEPT = 3_600
"""Seconds for which browsers keep the loader: a new version is everywhere within an hour."""


class Frame(NamedTuple):
    """What the page in the frame is told about where it is."""

    host: str
    """Origin of the page around it, the only one that it talks to; empty where that is none of the place's."""
    auto: bool
    """Whether it goes dark where the person's device does; else it is light, as most pages around it are."""
    corner: bool = False
    """Whether it stands in a dialog, whose button to close it lies over its upper corner."""
    state: str = ""
    """``answered`` or ``closed``, for the page around it."""


def loader(here: site.Site, request: Request, form: Form) -> Response:
    """``GET /embed.js``"""
    accent = colour.light(here.brand.accent)
    script = here.loader.replace(b"#ACCENT", accent.accent.encode()).replace(b"#ON_ACCENT", accent.on_accent.encode())
    headers = {"Cache-Control": f"public, max-age={_KEPT}", "Cross-Origin-Resource-Policy": "cross-origin"}
    return Response(script, media_type="text/javascript", headers=headers)


def show(here: site.Site, request: Request, form: Form) -> Response:
    """``GET /e/CODE``: the question, in the frame."""
    found = _place(here, request)
    if found is None:
        return _nowhere(here, request)
    if found.closed_at is not None:
        return _note(here, request, found, "place.closed", "closed")
    return _form(here, request, found, questionnaire.Filled(), "")


def answer(here: site.Site, request: Request, form: Form) -> Response:
    """``POST /e/CODE``: the answer is durable before the frame goes on to the thank-you page."""
    found = _place(here, request)
    if found is None:
        return _nowhere(here, request)
    if pages_places.too_many(here, request):
        return _note(here, request, found, "place.many", "")
    sent = questionnaire.read(found.survey, form)
    context = form.get("context", "")
    words = pages_places.words_of(here, request, found)
    if len(sent.comment) > collect.LONGEST_COMMENT:
        problem = words.text("comment_too_long", most=collect.LONGEST_COMMENT, n=len(sent.comment))
        return _form(here, request, found, replace(sent, problem=problem, comment_at_fault=True), context)
    visit = visitor.of(here.belt, request, words.language, found.way)
    about = _about(here, found, context) if context and not found.survey.anonymous else places.About()
    outcome = places.submit(here.belt, found, questionnaire.post(form, sent, visit), about)
    if outcome is collect.Collected.CLOSED:
        return _note(here, request, found, "place.closed", "closed")
    if outcome is collect.Collected.OUT_OF_RANGE:
        return _form(here, request, found, replace(sent, problem=words.say("nothing_chosen", found.survey)), context)
    if outcome is collect.Collected.STALE_NONCE:
        return _form(here, request, found, replace(sent, problem=words.text("stale")), context)
    return guard.framed(RedirectResponse(f"{here.root}/e/{found.code}/thanks?{_query(request)}", 303), found.origins)


def thanks(here: site.Site, request: Request, form: Form) -> Response:
    """``GET /e/CODE/thanks``: nothing about the answer, which is nobody's to see again from here."""
    found = _place(here, request)
    return _nowhere(here, request) if found is None else _note(here, request, found, "thanks", "answered")


def _place(here: site.Site, request: Request) -> places.Place | None:
    found = places.find(here.belt, request.path_params["token"])
    return found if found is not None and found.way == "embed" else None


def _nowhere(here: site.Site, request: Request) -> Response:
    return here.note(here.words(site.browser_language(here, request)), "place.unknown", 404)


def _about(here: site.Site, found: places.Place, context: str) -> places.About:
    """What the page around vouches for; nothing, and counted, where its signature does not hold."""
    try:
        told = embed.read(here.embed_secret, context, here.belt.now(), found.code)
    except embed.Refused as refused:
        if here.contexts.add(str(refused)) == 1:
            log.warning("context not believed, the next ones are counted only", place=found.code, reason=str(refused))
        return places.About()
    here.contexts.add("believed")
    names_record = told.names_record and told.connector in here.belt.connectors
    if told.names_record and not names_record and here.contexts.add("no_such_connector") == 1:
        log.warning("context names a connector that is not configured", place=found.code)
    known = places.Known(
        connector=told.connector if names_record else "",
        object=told.object if names_record else "",
        record=told.record if names_record else found.code,
        label=told.label,
        account=told.account if names_record else "",
        person=_person(told),
    )
    return places.About(known=known, facts=told.facts)


def _person(told: embed.Context) -> touchpoint.Recipient | None:
    if not (told.email or told.phone):
        return None
    return touchpoint.Recipient(name=told.name, email=told.email, phone=told.phone, language=told.language)


def _frame(request: Request, found: places.Place, state: str = "") -> Frame:
    query = request.query_params
    host = query.get("origin", "")
    own = host if host in found.origins else ""
    return Frame(own, query.get("scheme") == "auto", query.get("mode") == "popup", state)


def _query(request: Request) -> str:
    """What the frame was told goes along from page to page."""
    query = request.query_params
    return urlencode({name: query[name] for name in ("origin", "lang", "scheme", "mode", "signed") if name in query})


def _note(here: site.Site, request: Request, found: places.Place, key: str, state: str) -> Response:
    words = pages_places.words_of(here, request, found)
    status = {"place.closed": 410, "place.many": 429}.get(key, 200)
    links = _links(here, words, found, _is_signed(request, found))
    page = here.note(words, key, status, query=None, framed=_frame(request, found, state), links=links)
    return guard.framed(page, found.origins)


def _is_signed(request: Request, found: places.Place) -> bool:
    """Whether the page around says that it vouches for its visitor, and that matters here; what it says is looked at later."""
    return request.query_params.get("signed") == "1" and not found.survey.anonymous


def _links(here: site.Site, words: wording.Wording, found: places.Place, signed: bool) -> list[site.Link]:
    path = "/privacy" if signed else f"/p/{found.code}/privacy"
    return [site.Link(words.text("privacy"), f"{here.root}{path}?lang={words.language}")]


def _form(here: site.Site, request: Request, found: places.Place, filled: questionnaire.Filled, context: str) -> Response:
    """The form; ``context`` is what it was sent with before, if it was."""
    words, signed = pages_places.words_of(here, request, found), _is_signed(request, found)
    page = here.render(
        "embed.html",
        words,
        422 if filled.problem else 200,
        **questionnaire.values(words, found.survey, places.asked_as(found.way), filled),
        about="",
        nonce=places.nonce(here.belt, found),
        action=f"{here.root}/e/{found.code}?{_query(request)}",
        query=None,
        framed=_frame(request, found),
        signed=signed,
        context=context[: embed.LONGEST],
        links=_links(here, words, found, signed),
    )
    return guard.framed(page, found.origins)


ROUTES = (
    route.Path(path="/embed.js", get=loader),
    route.Path(path="/e/{token}", get=show, post=answer),
    route.Path(path="/e/{token}/thanks", get=thanks),
)
