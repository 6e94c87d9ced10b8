"""The survey page and its thank-you. What an answer means is decided in journey; here it is shown and taken."""

import functools
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from journey import collect
from surveys import wording
from web import questionnaire, recent, route, site, visitor

Form = dict[str, str]


_VALUE = re.compile(r"\d{1,3}", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z]{2,4})?", re.ASCII)


def show(here: site.Site, request: Request, form: Form) -> Response:
    """``GET /s/TOKEN``: the question; the thank-you page once it is answered. HEAD and prefetch leave no trace."""
    token = request.path_params["token"]
    asked = collect.find(here.belt, token)
    if asked is None or _altered(request):
        return unknown(here, request)
    words = here.words(site.language(here, request.query_params, asked.language))
    tapped = questionnaire.on_scale(asked.survey, request.query_params.get("v", ""))
    visit = visitor.of(here.belt, request, words.language)
    if request.method != "HEAD":
        collect.opened(here.belt, asked, tapped, visit)
    if asked.standing is collect.Standing.CLOSED:
        return _closed(here, words, token)
    changing = request.query_params.get("change") == "1" and _changeable(here, asked)
    if asked.standing is collect.Standing.ANSWERED and not changing:
        return _thanks(here, words, asked)
    if changing:
        filled = questionnaire.Filled(change=True, chosen=asked.value, comment=asked.comment, extras=asked.extras)
        return _form(here, words, asked, filled, visit.at)
    return _form(here, words, asked, questionnaire.Filled(chosen=tapped, tapped=tapped is not None), visit.at)


def answer(here: site.Site, request: Request, form: Form) -> Response:
    """``POST /s/TOKEN``: the answer is durable before the browser is sent on to the thank-you page."""
    token = request.path_params["token"]
    asked = collect.find(here.belt, token)
    if asked is None:
        return unknown(here, request)
    words = here.words(site.language(here, request.query_params, asked.language))
    if asked.standing is collect.Standing.CLOSED:
        return _closed(here, words, token)
    sent = questionnaire.read(asked.survey, form)
    if len(sent.comment) > collect.LONGEST_COMMENT:
        problem = words.text("comment_too_long", most=collect.LONGEST_COMMENT, n=len(sent.comment))
        return _form(here, words, asked, replace(sent, problem=problem, comment_at_fault=True))
    visit = visitor.of(here.belt, request, words.language)
    outcome = collect.submit(here.belt, token, questionnaire.post(form, sent, visit))
    if outcome is collect.Collected.CLOSED:
        return _closed(here, words, token)
    if outcome is collect.Collected.OUT_OF_RANGE:
        return _form(here, words, asked, replace(sent, problem=words.say("nothing_chosen", asked.survey)))
    if outcome in _AGAIN:
        return _form(here, words, asked, replace(sent, problem=words.text(_AGAIN[outcome])))
    return _thanked(here, token, _carried(words.language, asked.language, **_CHECKED.get(outcome, {})))


async def answer_at_once(here: site.Site, request: Request, form: Form) -> Response | None:
    """``POST /s/TOKEN`` where this process showed the form and all is well, without a look into the database before the answer
    is stored. Whatever needs a page is None, and goes through ``answer``: the same post again is the same answer."""
    token = request.path_params["token"]
    link = here.shown.get(token)
    if link is None or link.survey not in here.belt.surveys:
        return None
    sent = questionnaire.read(here.belt.surveys[link.survey], form)
    if len(sent.comment) > collect.LONGEST_COMMENT:
        return None
    language = site.language(here, request.query_params, link.language) if request.scope["query_string"] else link.language
    visit = visitor.of(here.belt, request, language)
    outcome = await collect.submitted(here.belt, token, questionnaire.post(form, sent, visit))
    if outcome not in _TAKEN:
        return None
    return _thanked(here, token, _carried(language, link.language, **_CHECKED.get(outcome, {})))


_TAKEN = frozenset((collect.Collected.SAVED, collect.Collected.SAME, collect.Collected.CHANGED, collect.Collected.CHECKED))
_AGAIN = {collect.Collected.STALE_NONCE: "stale", collect.Collected.ONCE_MORE: "once_more"}
_CHECKED = {collect.Collected.CHECKED: {"checked": "1"}}


def _thanked(here: site.Site, token: str, query: str) -> Response:
    return Response(status_code=303, headers={"Location": f"{quote(here.root)}/s/{token}/thanks{query}"})


def thanks(here: site.Site, request: Request, form: Form) -> Response:
    """``GET /s/TOKEN/thanks``: what was saved, who sees it, until when it can be changed; or that it is being checked."""
    token = request.path_params["token"]
    asked = collect.find(here.belt, token)
    if asked is None:
        return unknown(here, request)
    words = here.words(site.language(here, request.query_params, asked.language))
    checked = asked.standing is collect.Standing.CHECKED or request.query_params.get("checked") == "1"
    given = collect.doubted(here.belt, asked) if checked else None
    if given is not None and asked.standing is not collect.Standing.CLOSED:
        return _checked(here, words, asked, given)
    if asked.standing is collect.Standing.ANSWERED:
        return _thanks(here, words, asked)
    if asked.standing is collect.Standing.CLOSED:
        return _closed(here, words, token)
    return RedirectResponse(f"{here.root}/s/{token}{_carried(words.language, asked.language)}", 303)


def unknown(here: site.Site, request: Request) -> Response:
    """The page for a made-up, altered or mistyped link."""
    return here.note(here.words(site.browser_language(here, request)), "unknown_link", 404)


def _altered(request: Request) -> bool:
    """Whether somebody or something changed the link on its way: such a fetch is answered like a made-up link."""
    query = request.query_params
    for name, shape in (("v", _VALUE), ("lang", _LANGUAGE)):
        said = query.getlist(name)
        if len(said) > 1 or not all(shape.fullmatch(one) for one in said):
            return True
    return False


def _changeable(here: site.Site, asked: collect.Question) -> bool:
    return asked.changeable_until is not None and here.belt.now() < asked.changeable_until


def _carried(language: str, own: str, **more: str) -> str:
    """The language, when another than the invitation's own was chosen, as a query to be carried to the next page."""
    query = more if language == own else more | {"lang": language}
    return "?" + urlencode(query) if query else ""


def _closed(here: site.Site, words: wording.Wording, token: str) -> Response:
    lines = [words.text("expired.more")]
    return here.render("note.html", words, 410, heading=words.text("expired"), lines=lines, links=here.footer(words, token))


def _thanks(here: site.Site, words: wording.Wording, asked: collect.Question) -> Response:
    if asked.survey.anonymous:
        lines = [words.privacy(asked.survey), words.text("close_page")]
        return here.render("note.html", words, heading=words.text("thanks"), lines=lines, links=here.footer(words, asked.token))
    value = asked.survey.definition.first if asked.value is None else asked.value
    until = words.day(asked.changeable_until) if asked.changeable_until and _changeable(here, asked) else ""
    change = urlencode({"change": "1"} if words.language == asked.language else {"change": "1", "lang": words.language})
    return here.render(
        "thanks.html",
        words,
        heading=words.text("thanks"),
        lead=words.thanks(asked.survey, asked.survey.definition.band(value).tone, asked.kind),
        score=words.score(asked.survey, value),
        comment=asked.comment,
        further=questionnaire.said(words, asked.survey, asked.extras),
        until=until,
        change_href=f"{here.root}/s/{asked.token}?{change}",
        links=here.footer(words, asked.token),
    )


def _checked(here: site.Site, words: wording.Wording, asked: collect.Question, given: collect.Given) -> Response:
    """An answer that a sign speaks against: the person behind it, if there is one, says so with a second press.

    Where another answer counts, this one was meant to change it, and only the form for that does.
    """
    changes = asked.standing is collect.Standing.ANSWERED
    change = urlencode({"change": "1"} if words.language == asked.language else {"change": "1", "lang": words.language})
    return here.render(
        "checked.html",
        words,
        heading=words.text("checked"),
        lead=words.text("checked.more"),
        score=words.score(asked.survey, given.value),
        comment=given.comment,
        further=questionnaire.said(words, asked.survey, given.extras),
        change_href=f"{here.root}/s/{asked.token}?{change}" if changes else "",
        hidden=questionnaire.posted(asked.survey, given.value, given.comment, given.extras),
        nonce=collect.nonce(here.belt, asked.token, collect.Purpose.CONFIRM),
        action=f"{here.root}/s/{asked.token}{_carried(words.language, asked.language)}",
        links=here.footer(words, asked.token),
    )


def _form(
    here: site.Site, words: wording.Wording, asked: collect.Question, filled: questionnaire.Filled, at: datetime | None = None
) -> Response:
    """The form. ``at``: when it was asked for; None: now."""
    here.shown.remember(asked.token, recent.Link(asked.survey.key, asked.language))
    own = {
        "about": words.about(asked.kind, asked.subject, asked.happened_at),
        "nonce": collect.nonce(here.belt, asked.token, collect.Purpose.CHANGE if filled.change else collect.Purpose.ANSWER, at),
        "token": asked.token,
    }
    if not filled.is_blank:
        return HTMLResponse(_form_text(here, words, asked, filled, own), 422 if filled.problem else 200)
    put = tuple(sorted(asked.survey.question.items()))
    key = (asked.survey.key, put, asked.kind, asked.language, words.language, filled.chosen, filled.tapped)
    return HTMLResponse(here.blanks.page(key, own, functools.partial(_form_text, here, words, asked, filled)))


def _form_text(
    here: site.Site, words: wording.Wording, asked: collect.Question, filled: questionnaire.Filled, own: Mapping[str, str]
) -> str:
    return here.text(
        "survey.html",
        words,
        **questionnaire.values(words, asked.survey, asked.kind, filled),
        about=own["about"],
        nonce=own["nonce"],
        keep=True,
        action=f"{here.root}/s/{own['token']}{_carried(words.language, asked.language)}",
        query=_kept_by_language(filled),
        links=here.footer(words, own["token"]),
    )


def _kept_by_language(filled: questionnaire.Filled) -> dict[str, str]:
    """What a link to the same page in another language carries along."""
    if filled.change:
        return {"change": "1"}
    return {} if filled.chosen is None else {"v": str(filled.chosen)}


ROUTES = (
    route.Path(path="/s/{token}", get=show, post=answer, quick_post=answer_at_once, one_person=True),
    route.Path(path="/s/{token}/thanks", get=thanks, one_person=True),
)
