"""A form that was rendered for somebody else says what one of its own would have said."""

import re
from collections.abc import Callable, Mapping

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.web import conftest
from web import app, blank, server, settings

OWN = ("about", "nonce", "token")
TEMPLATE = jinja2.Environment(autoescape=True).from_string(
    '<p title="{{ about }}">{{ about }}<a href="/s/{{ token }}?a=1&amp;b">{{ token }}{{ nonce }}</a>'
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    ["<b>&'\"", "about", "-", "{{ about }}", "\ue000"]
)


def render(own: Mapping[str, str]) -> str:
    return TEMPLATE.render(own)


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(OWN, TEXTS)), min_size=1, max_size=5))
def test_whatever_differs_is_put_in_as_the_template_would(persons: list[dict[str, str]]) -> None:
    blanks = blank.Blanks()
    for own in persons:
        assert blanks.page("form", own, render) == render(own)
    assert len(blanks) == 1


def test_a_template_is_filled_in_once_a_form_and_the_oldest_form_makes_room() -> None:
    blanks = blank.Blanks(most=2)
    rendered: list[str] = []
    for key in ("a", "a", "b", "a", "c", "a", "b"):

        def render_noted(own: Mapping[str, str], key: str = key) -> str:
            rendered.append(key)
            return render(own)

        blanks.page(key, dict.fromkeys(OWN, "x"), render_noted)
    assert rendered == ["a", "b", "c", "b"]
    assert len(blanks) == 2


def without_nonce(page: str) -> str:
    return re.sub(r'name="nonce" value="[^"]+"', "", page)


@pytest.mark.parametrize("metric", ["nps", "csat", "fcr"])
def test_a_second_person_gets_the_page_that_a_first_would_get(make_place: Callable[..., conftest.Place], metric: str) -> None:
    place = make_place(metric)
    first, second = place.ask(subject="A first one"), place.ask(subject="<b>\ue000 “Reititin” & 'verkko'\"")
    queries = ["", "?v=1", "?lang=fi", "?lang=sv&v=1", "?v=99"]
    for query in queries:
        place.get(f"/s/{first}{query}")
    web = settings.WebSettings(listen="127.0.0.1:0", public_url="http://survey.example")
    fresh = server.Pages(app.build(place.world.belt, web), web)
    fresh.start()
    try:
        for query in queries:
            again, new = place.get(f"/s/{second}{query}"), place.visitor.get(f"{fresh.address}/s/{second}{query}", timeout=10)
            assert without_nonce(again.text) == without_nonce(new.text)
            assert conftest.nonce_in(again.text) != conftest.nonce_in(new.text)
            assert "&lt;b&gt;" in again.text
            assert first not in again.text
            assert {**again.headers, "date": ""} == {**new.headers, "date": ""}
    finally:
        fresh.stop()
