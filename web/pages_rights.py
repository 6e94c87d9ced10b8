"""Saying no, learning why one was asked, and what becomes of the answer."""

from starlette.requests import Request
from starlette.responses import Response

from journey import collect
from surveys import wording
from web import pages_survey, route, site, visitor

Form = dict[str, str]


def ask_to_stop(here: site.Site, request: Request, form: Form) -> Response:
    """``GET /u/TOKEN``: a page with a button. It never unsubscribes, for software fetches such addresses (RFC 8058)."""
    token = request.path_params["token"]
    asked = collect.find(here.belt, token)
    if asked is None:
        return pages_survey.unknown(here, request)
    words = here.words(site.language(here, request.query_params, asked.language))
    _note(here, request, asked, "stop")
    return here.render(
        "note.html",
        words,
        heading=words.text("stop"),
        lines=[words.text("stop.more")],
        button=words.text("stop"),
        action=f"{here.root}/u/{token}?lang={words.language}",
        links=here.footer(words, token)[:2],
    )


def stop(here: site.Site, request: Request, form: Form) -> Response:
    """``POST /u/TOKEN``: one-click unsubscribe (RFC 8058 section 3.2), and the button of our own page. Never a redirect."""
    token = request.path_params["token"]
    if form.get("List-Unsubscribe", "").strip().casefold() != "one-click":
        return here.note(here.words(site.browser_language(here, request)), "unreadable", 400)
    asked = collect.find(here.belt, token)
    if not collect.unsubscribe(here.belt, token) or asked is None:
        return pages_survey.unknown(here, request)
    words = here.words(site.language(here, request.query_params, asked.language))
    return here.note(words, "stop.done", query=None)


def why(here: site.Site, request: Request, form: Form) -> Response:
    """``GET /why/TOKEN``: what led to the question, how often we ask, and what becomes of the answer."""
    token = request.path_params["token"]
    asked = collect.find(here.belt, token)
    if asked is None:
        return pages_survey.unknown(here, request)
    words = here.words(site.language(here, request.query_params, asked.language))
    _note(here, request, asked, "why")
    about = words.about(asked.kind, asked.subject, asked.happened_at)
    lines = [words.because(asked.kind), about, words.privacy(asked.survey)]
    return here.render("note.html", words, heading=words.text("why"), lines=lines, links=here.footer(words, token)[1:])


def _note(here: site.Site, request: Request, asked: collect.Question, link: str) -> None:
    """That the link was fetched, for the signs; HEAD leaves no trace."""
    if request.method != "HEAD":
        collect.fetched(here.belt, asked.invitation_id, visitor.of(here.belt, request), link, apart=asked.survey.anonymous)


def privacy(here: site.Site, request: Request, form: Form) -> Response:
    """``GET /privacy``: who, what for, which data, how long, rights, contact."""
    words = here.words(site.browser_language(here, request))
    return here.render("privacy.html", words, heading=words.text("privacy"), sections=_sections(words))


def privacy_of(here: site.Site, request: Request, form: Form) -> Response:
    """``GET /privacy/TOKEN``: the same of the survey behind this link; in general where the link is long forgotten."""
    asked = collect.find(here.belt, request.path_params["token"])
    if asked is None:
        return privacy(here, request, form)
    words = here.words(site.language(here, request.query_params, asked.language))
    sections = _sections(words, anonymous=asked.survey.anonymous)
    return here.render("privacy.html", words, heading=words.text("privacy"), sections=sections)


def _sections(words: wording.Wording, *, anonymous: bool = False) -> list[tuple[str, str]]:
    brand = words.brand
    how = "detached" if anonymous else "more"
    contact = words.text("privacy.contact.more", address=brand.address) if brand.address else words.text("privacy.contact.reply")
    return [
        (words.text("privacy.who"), brand.address or brand.name),
        (words.text("privacy.for"), words.text("privacy.for.more")),
        (words.text("privacy.what"), words.text(f"privacy.what.{how}")),
        (words.text("privacy.long"), words.text("privacy.place", months=brand.keep_months) if anonymous else words.privacy()),
        (words.text("privacy.rights"), words.text(f"privacy.rights.{how}")),
        (words.text("privacy.contact"), contact),
    ]


ROUTES = (
    route.Path(path="/u/{token}", get=ask_to_stop, post=stop, one_person=True),
    route.Path(path="/why/{token}", get=why, one_person=True),
    route.Path(path="/privacy", get=privacy),
    route.Path(path="/privacy/{token}", get=privacy_of, one_person=True),
)
