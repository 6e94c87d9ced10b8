"""The survey page and its thank-you. What an answer means is decided in journey; here it is shown and taken."""

import re
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from journey import collect
from surveys import wording
from web import site

Form = dict[str, str]
_VALUE = re.compile(r"\d{1,3}", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z]{2,4})?", re.ASCII)


def show(here: site.Site, request: Request, form: Form) -> Response:
    """``GET /s/TOKEN``: the question; the thank-you page once it is answered. HEAD and prefetch leave no trace."""
    token = request.path_params["token"]
    asked = collect.find(here.belt, token)
    if asked is None or _altered(request, asked):
        return unknown(here, request)
    words = here.words(site.language(here, request.query_params, asked.language))
    tapped = _tapped(request)
    if request.method != "HEAD":
        collect.opened(here.belt, token, tapped)
    if asked.standing is collect.Standing.CLOSED:
        return _closed(here, words, token)
    changing = request.query_params.get("change") == "1" and _changeable(here, asked)
    if asked.standing is collect.Standing.ANSWERED and not changing:
        return _thanks(here, words, asked)
    if changing:
        return _form(here, words, asked, change=True, chosen=asked.value, comment=asked.comment)
    return _form(here, words, asked, chosen=tapped, tapped=tapped)


def answer(here: site.Site, request: Request, form: Form) -> Response:
    """``POST /s/TOKEN``: the answer is durable before the browser is sent on to the thank-you page."""
    token = request.path_params["token"]
    asked = collect.find(here.belt, token)
    if asked is None:
        return unknown(here, request)
    words = here.words(site.language(here, request.query_params, asked.language))
    if asked.standing is collect.Standing.CLOSED:
        return _closed(here, words, token)
    comment = _readable(form.get("comment", ""))
    change = form.get("change") == "1"
    kept: dict[str, Any] = {"change": change, "chosen": _number(form.get("value", "")), "comment": comment}
    if len(comment) > collect.LONGEST_COMMENT:
        problem = words.text("comment_too_long", most=collect.LONGEST_COMMENT, n=len(comment))
        return _form(here, words, asked, problem=problem, focus="comment", **kept)
    outcome = collect.submit(
        here.belt,
        token,
        nonce=form.get("nonce", ""),
        value=form.get("value", ""),
        comment=comment,
        change=change,
        decoy=form.get("more", ""),
    )
    if outcome is collect.Collected.CLOSED:
        return _closed(here, words, token)
    if outcome is collect.Collected.OUT_OF_RANGE:
        return _form(here, words, asked, problem=words.say("nothing_chosen", asked.survey), focus="group", **kept)
    if outcome is collect.Collected.STALE_NONCE:
        return _form(here, words, asked, problem=words.text("stale"), focus="group", **kept)
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


def _altered(request: Request, asked: collect.Question) -> bool:
    """Whether somebody or something changed the link on its way: such a fetch is answered like a made-up link."""
    query = request.query_params
    values, languages = query.getlist("v"), query.getlist("lang")
    if len(values) > 1 or len(languages) > 1 or not all(_LANGUAGE.fullmatch(said) for said in languages):
        return True
    return any(_number(said) not in asked.survey.definition.values for said in values)


def _tapped(request: Request) -> int | None:
    return _number(request.query_params.get("v", ""))


def _number(said: str) -> int | None:
    return int(said) if _VALUE.fullmatch(said.strip()) else None


def _readable(comment: str) -> str:
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
        lead=words.thanks(asked.survey.definition.band(value).tone, asked.kind),
        score=words.score(asked.survey, value),
        comment=asked.comment,
        until=until,
        change_href=f"{here.root}/s/{asked.token}?{change}",
        links=here.footer(words, asked.token),
    )


def _form(here: site.Site, words: wording.Wording, asked: collect.Question, **shown: Any) -> Response:
    """The form; with a ``problem`` it is answered 422, says so first in its title and takes the focus to the ``focus``."""
    definition = asked.survey.definition
    shape = _shape(words, asked)
    points = [
        {
            "value": point.value,
            "label": point.label,
            "name": words.point(asked.survey, point),
            "tone": definition.band(point.value).tone,
        }
        for point in words.scale(asked.survey)
    ]
    tapped, problem, focus = shown.get("tapped"), shown.get("problem", ""), shown.get("focus", "")
    chosen = shown.get("chosen")
    query = {} if chosen is None or shown.get("change") else {"v": str(chosen)}
    if shown.get("change"):
        query = {"change": "1"}
    described = [*(["problem"] if focus == "group" else []), *(["ends"] if shape == "split" else [])]
    return here.render(
        "survey.html",
        words,
        422 if problem else 200,
        survey=asked.survey,
        question=words.question(asked.survey, asked.kind),
        about=words.about(asked.kind, asked.subject, asked.happened_at),
        shape=shape,
        points=points,
        chosen=chosen,
        tapped="" if tapped is None else _said(words, asked, tapped),
        comment=shown.get("comment", ""),
        comment_limit=collect.LONGEST_COMMENT,
        change=shown.get("change", False),
        problem=problem,
        focus=focus,
        described=" ".join(described),
        nonce=collect.nonce(here.belt, asked.token),
        action=f"{here.root}/s/{asked.token}{_carried(words, asked)}",
        query=query,
        links=here.footer(words, asked.token),
    )


def _said(words: wording.Wording, asked: collect.Question, value: int) -> str:
    """The value that was tapped, as the page repeats it."""
    return words.score(asked.survey, value) if asked.survey.definition.in_words else str(value)


def _shape(words: wording.Wording, asked: collect.Question) -> str:
    """How the tiles are laid out: long scales split in two rows on a phone, words in the tiles where every point has them."""
    points = words.scale(asked.survey)
    if asked.survey.definition.in_words:
        return "words"
    if len(points) > 7:
        return "split"
    return "named" if len(points) <= 5 and all(point.label for point in points) else "numbers"
