"""The survey page and its thank-you. What an answer means is decided in journey; here it is shown and taken."""

import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from journey import collect
from surveys import survey, wording
from web import route, site

Form = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Filled:
    """What stands in the form when it is shown."""

    chosen: int | None = None
    tapped: bool = False
    """Whether the choice was made in the mail, which the page then says."""
    comment: str = ""
    change: bool = False
    problem: str = ""
    """What is wrong with what was sent; the page is answered 422 and its title says so first."""
    comment_at_fault: bool = False
    """Whether the focus belongs to the comment; else it is the group of values."""


_VALUE = re.compile(r"\d{1,3}", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z]{2,4})?", re.ASCII)


def show(here: site.Site, request: Request, form: Form) -> Response:
    """``GET /s/TOKEN``: the question; the thank-you page once it is answered. HEAD and prefetch leave no trace."""
    token = request.path_params["token"]
    asked = collect.find(here.belt, token)
    if asked is None or _altered(request):
        return unknown(here, request)
    words = here.words(site.language(here, request.query_params, asked.language))
    tapped = _on_scale(asked, request.query_params.get("v", ""))
    if request.method != "HEAD":
        collect.opened(here.belt, token, tapped)
    if asked.standing is collect.Standing.CLOSED:
        return _closed(here, words, token)
    changing = request.query_params.get("change") == "1" and _changeable(here, asked)
    if asked.standing is collect.Standing.ANSWERED and not changing:
        return _thanks(here, words, asked)
    if changing:
        return _form(here, words, asked, Filled(change=True, chosen=asked.value, comment=asked.comment))
    return _form(here, words, asked, Filled(chosen=tapped, tapped=tapped is not None))


def answer(here: site.Site, request: Request, form: Form) -> Response:
    """``POST /s/TOKEN``: the answer is durable before the browser is sent on to the thank-you page."""
    token = request.path_params["token"]
    asked = collect.find(here.belt, token)
    if asked is None:
        return unknown(here, request)
    words = here.words(site.language(here, request.query_params, asked.language))
    if asked.standing is collect.Standing.CLOSED:
        return _closed(here, words, token)
    sent = Filled(
        chosen=_on_scale(asked, form.get("value", "")),
        comment=readable(form.get("comment", "")),
        change=form.get("change") == "1",
    )
    if len(sent.comment) > collect.LONGEST_COMMENT:
        problem = words.text("comment_too_long", most=collect.LONGEST_COMMENT, n=len(sent.comment))
        return _form(here, words, asked, replace(sent, problem=problem, comment_at_fault=True))
    outcome = collect.submit(
        here.belt,
        token,
        nonce=form.get("nonce", ""),
        value=form.get("value", ""),
        comment=sent.comment,
        change=sent.change,
        decoy=form.get("more", ""),
    )
    if outcome is collect.Collected.CLOSED:
        return _closed(here, words, token)
    if outcome is collect.Collected.OUT_OF_RANGE:
        return _form(here, words, asked, replace(sent, problem=words.say("nothing_chosen", asked.survey)))
    if outcome is collect.Collected.STALE_NONCE:
        return _form(here, words, asked, replace(sent, problem=words.text("stale")))
    return RedirectResponse(f"{here.root}/s/{token}/thanks{_carried(words, asked)}", 303)


def thanks(here: site.Site, request: Request, form: Form) -> Response:
    """``GET /s/TOKEN/thanks``: what was saved, who sees it, until when it can be changed."""
    token = request.path_params["token"]
    asked = collect.find(here.belt, token)
    if asked is None:
        return unknown(here, request)
    words = here.words(site.language(here, request.query_params, asked.language))
    if asked.standing is collect.Standing.ANSWERED:
        return _thanks(here, words, asked)
    if asked.standing is collect.Standing.CLOSED:
        return _closed(here, words, token)
    return RedirectResponse(f"{here.root}/s/{token}{_carried(words, asked)}", 303)


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


def _on_scale(asked: collect.Question, said: str) -> int | None:
    """The value that is meant; None for none, and for one of another scale (the survey's metric may have changed meanwhile)."""
    found = _VALUE.fullmatch(said.strip())
    return int(said) if found and int(said) in asked.survey.definition.values else None


def readable(comment: str) -> str:
    """Line ends as one kind, without the control characters that no database or CRM wants."""
    text = comment.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(mark for mark in text if mark in "\n\t" or mark >= " ").strip()


def _changeable(here: site.Site, asked: collect.Question) -> bool:
    return asked.changeable_until is not None and here.belt.now() < asked.changeable_until


def _carried(words: wording.Wording, asked: collect.Question) -> str:
    """The language, when it was chosen, as a query to be carried to the next page."""
    return "" if words.language == asked.language else "?" + urlencode({"lang": words.language})


def _closed(here: site.Site, words: wording.Wording, token: str) -> Response:
    lines = [words.text("expired.more")]
    return here.render("note.html", words, 410, heading=words.text("expired"), lines=lines, links=here.footer(words, token))


def _thanks(here: site.Site, words: wording.Wording, asked: collect.Question) -> Response:
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
        until=until,
        change_href=f"{here.root}/s/{asked.token}?{change}",
        links=here.footer(words, asked.token),
    )


def _form(here: site.Site, words: wording.Wording, asked: collect.Question, filled: Filled) -> Response:
    return here.render(
        "survey.html",
        words,
        422 if filled.problem else 200,
        survey=asked.survey,
        question=words.question(asked.survey, asked.kind),
        about=words.about(asked.kind, asked.subject, asked.happened_at),
        shape=shape(words, asked.survey),
        points=points(words, asked.survey),
        filled=filled,
        tapped=_said(words, asked, filled.chosen) if filled.tapped else "",
        comment_limit=collect.LONGEST_COMMENT,
        nonce=collect.nonce(here.belt, asked.token),
        action=f"{here.root}/s/{asked.token}{_carried(words, asked)}",
        query=_kept_by_language(filled),
        links=here.footer(words, asked.token),
    )


def points(words: wording.Wording, asked: survey.Survey) -> list[dict[str, Any]]:
    """The tiles: value, label, name as read aloud, and the tone that decides which open question goes with it."""
    return [
        {
            "value": point.value,
            "label": point.label,
            "name": words.point(asked, point),
            "tone": asked.definition.band(point.value).tone,
        }
        for point in words.scale(asked)
    ]


def _kept_by_language(filled: Filled) -> dict[str, str]:
    """What a link to the same page in another language carries along."""
    if filled.change:
        return {"change": "1"}
    return {} if filled.chosen is None else {"v": str(filled.chosen)}


def _said(words: wording.Wording, asked: collect.Question, value: int | None) -> str:
    """The value that was tapped, as the page repeats it."""
    if value is None:
        return ""
    return words.score(asked.survey, value) if asked.survey.definition.in_words else str(value)


def shape(words: wording.Wording, asked: survey.Survey) -> str:
    """How the tiles are laid out: long scales split in two rows on a phone, words in the tiles where every point has them."""
    points = words.scale(asked)
    if asked.definition.in_words:
        return "words"
    if len(points) > 7:
        return "split"
    return "named" if len(points) <= 5 and all(point.label for point in points) else "numbers"


ROUTES = (
    route.Path(path="/s/{token}", get=show, post=answer),
    route.Path(path="/s/{token}/thanks", get=thanks),
)
