"""The survey page of a place: the same questions without a person behind them, for whoever scans a code or follows a shared link.

A GET stores nothing, whoever asks: previews, scanners and people who only look leave no trace.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from journey import collect
from journey.visiting import place, places
from surveys import wording
from web import questionnaire, route, site, visitor

Form = dict[str, str]


def show(here: site.Site, request: Request, form: Form) -> Response:
    """``GET /p/CODE``: the question."""
    return at_place(here, request, lambda found: _form(here, request, found, questionnaire.Filled(), request.query_params))


Shown = Callable[[places.Place], Response]


def at_place(here: site.Site, request: Request, shown: Shown, closed: Shown | None = None) -> Response:
    """What is shown at the place of this request; a page that says so where there is none, or none any more.

    ``closed``: what is shown where it takes no more answers, instead of a note.
    """
    found = places.find(here.belt, request.path_params["token"])
    if found is None:
        return here.note(here.words(site.browser_language(here, request)), "place.unknown", 404)
    if found.closed_at is not None and closed is not None:
        return closed(found)
    if found.closed_at is not None:
        return here.note(words_of(here, request, found), "place.closed", 410)
    return shown(found)


def words_of(here: site.Site, request: Request, found: places.Place) -> wording.Wording:
    """In the language that was chosen, else that of the place, else the browser's."""
    return here.words(site.language(here, request.query_params, found.language or site.browser_language(here, request)))


def answer(here: site.Site, request: Request, form: Form) -> Response:
    """``POST /p/CODE``: the answer is durable before the browser is sent on to the thank-you page."""
    return at_place(here, request, lambda found: _answer(here, request, found, form))


def _answer(here: site.Site, request: Request, found: places.Place, form: Form) -> Response:
    words = words_of(here, request, found)
    if too_many(here, request):
        return here.note(words, "place.many", 429)
    sent = questionnaire.read(found.survey, form)
    if len(sent.comment) > collect.LONGEST_COMMENT:
        problem = words.text("comment_too_long", most=collect.LONGEST_COMMENT, n=len(sent.comment))
        return _form(here, request, found, replace(sent, problem=problem, comment_at_fault=True), form)
    visit = visitor.of(here.belt, request, words.language, found.way)
    outcome = places.submit(here.belt, found, questionnaire.post(form, sent, visit), places.About(tags=place.tags(form)))
    if outcome is collect.Collected.OUT_OF_RANGE:
        return _form(here, request, found, replace(sent, problem=words.say("nothing_chosen", found.survey)), form)
    if outcome is collect.Collected.STALE_NONCE:
        return _form(here, request, found, replace(sent, problem=words.text("stale")), form)
    return RedirectResponse(f"{here.root}/p/{found.code}/thanks?{urlencode({'lang': words.language})}", 303)


def too_many(here: site.Site, request: Request) -> bool:
    """Whether this address has posted as much as it may; counts this post. An address that many share is not limited."""
    address = visitor.address(request)
    most = here.belt.settings.places.per_address
    return not visitor.is_shared(address) and not here.posts.allows(visitor.normal(address), most, here.belt.now())


def thanks(here: site.Site, request: Request, form: Form) -> Response:
    """``GET /p/CODE/thanks``: nothing about the answer, for nobody is known by whom it could be shown again."""
    found = places.find(here.belt, request.path_params["token"])
    if found is None:
        return here.note(here.words(site.browser_language(here, request)), "place.unknown", 404)
    words = words_of(here, request, found)
    lines = [words.text("close_page")]
    return here.render("note.html", words, heading=words.text("thanks"), lines=lines, links=_links(here, words, found))


def privacy(here: site.Site, request: Request, form: Form) -> Response:
    """``GET /p/CODE/privacy``: what is stored of a visit, and how long."""
    found = places.find(here.belt, request.path_params["token"])
    if found is None:
        return here.note(here.words(site.browser_language(here, request)), "place.unknown", 404)
    words = words_of(here, request, found)
    sections = [
        (words.text("privacy.who"), words.brand.address or words.brand.name),
        (words.text("privacy.for"), words.text("privacy.for.more")),
        (words.text("privacy.what"), words.text("privacy.anonymous")),
        (words.text("privacy.long"), words.text("privacy.place", months=words.brand.keep_months)),
    ]
    return here.render("privacy.html", words, heading=words.text("privacy"), sections=sections)


def _links(here: site.Site, words: wording.Wording, found: places.Place) -> list[site.Link]:
    return [site.Link(words.text("privacy"), f"{here.root}/p/{found.code}/privacy?lang={words.language}")]


def _form(
    here: site.Site, request: Request, found: places.Place, filled: questionnaire.Filled, told: Mapping[str, str]
) -> Response:
    """The form; ``told`` may hold the campaign of a shared link, which goes along."""
    words, tags = words_of(here, request, found), place.tags(told)
    chosen = {} if words.language == found.language else {"lang": words.language}
    return here.render(
        "place.html",
        words,
        422 if filled.problem else 200,
        **questionnaire.values(words, found.survey, places.asked_as(found.way), filled),
        about="",
        nonce=places.nonce(here.belt, found),
        action=f"{here.root}/p/{found.code}" + (f"?{urlencode(chosen)}" if chosen else ""),
        query=tags,
        tags=tags,
        links=_links(here, words, found),
    )


ROUTES = (
    route.Path(path="/p/{token}", get=show, post=answer),
    route.Path(path="/P/{token}", get=show, post=answer),
    route.Path(path="/p/{token}/thanks", get=thanks),
    route.Path(path="/p/{token}/privacy", get=privacy),
)
"""QR codes hold the link in capitals."""
