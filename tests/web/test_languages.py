"""Three languages, every metric, and a site that stands under a path."""

from collections.abc import Callable

import pytest

from tests.web import conftest
from web import app, server, settings

ASKED = [
    ("nps", "fi", "Kuinka todennäköisesti suosittelisit Havua ystävälle tai kollegalle?"),
    ("nps", "sv", "Hur troligt är det att du skulle rekommendera Havu till en vän eller kollega?"),
    ("csat", "fi", "Kuinka tyytyväinen olit siihen, miten hoidimme asiasi?"),
    ("csat", "sv", "Hur nöjd är du med hur vi skötte ditt ärende?"),
    ("ces", "en", "To what extent do you agree? Havu made it easy for me to handle my issue."),
    ("csat_yes_no", "sv", "Blev ditt problem löst?"),
    ("ces_effort", "fi", "Kuinka helppoa tai vaikeaa asiasi hoitaminen oli?"),
]


@pytest.mark.parametrize(("metric", "language", "question"), ASKED)
def test_the_question_comes_in_the_customers_language(
    make_place: Callable[..., conftest.Place], metric: str, language: str, question: str
) -> None:
    place = make_place(metric, language)
    page = place.get(f"/s/{place.ask()}").text
    assert f'<html lang="{language}" dir="ltr">' in page
    assert f"<h1>{question}</h1>" in page


@pytest.mark.parametrize("metric", ["nps", "nps_1_10", "csat", "csat_7", "csat_yes_no", "ces", "ces_effort", "ces_5", "fcr"])
def test_every_value_of_a_metric_can_be_chosen_and_sent(make_place: Callable[..., conftest.Place], metric: str) -> None:
    place = make_place(metric)
    token = place.ask()
    definition = place.asked(token).survey.definition
    page = place.get(f"/s/{token}").text
    for value in definition.values:
        assert f'type="radio" name="value" value="{value}"' in page
    assert page.count('type="radio"') == len(definition.values)
    assert place.answer(token, str(definition.last)).status_code == 200
    assert place.asked(token).value == definition.last


def test_another_language_can_be_chosen_and_stays(place: conftest.Place) -> None:
    token = place.ask()
    page = place.get(f"/s/{token}?v=3&lang=sv").text
    assert '<a href="?v=3&amp;lang=fi" lang="fi" dir="ltr" hreflang="fi">Suomi</a>' in page
    assert f'action="/s/{token}?lang=sv"' in page
    sent = place.post(f"/s/{token}?lang=sv", {"nonce": conftest.nonce_in(page), "value": "3"})
    assert "Tack, ditt svar är sparat" in sent.text
    assert f'href="/s/{token}?change=1&amp;lang=sv"' in sent.text


def test_a_language_that_we_do_not_speak_changes_nothing(place: conftest.Place) -> None:
    assert '<html lang="en"' in place.get(f"/s/{place.ask()}?lang=ja").text


def test_only_the_ends_of_nps_have_names_and_every_point_of_csat(make_place: Callable[..., conftest.Place]) -> None:
    nps, csat = make_place("nps", "en"), make_place("csat", "fi")
    page = nps.get(f"/s/{nps.ask()}").text
    assert 'value="0" required aria-label="0, not at all likely"' in page
    assert 'value="10" required aria-label="10, extremely likely"' in page
    assert 'value="5" required aria-label="5"' in page
    page = csat.get(f"/s/{csat.ask()}").text
    assert 'value="3" required aria-label="3, en tyytyväinen enkä tyytymätön"' in page


def test_bands_are_never_shown(place: conftest.Place) -> None:
    page = place.get(f"/s/{place.ask()}").text.casefold()
    for word in ("detractor", "passive", "promoter"):
        assert word not in page


def test_links_stay_under_the_path_of_the_public_address(place: conftest.Place) -> None:
    web = settings.WebSettings(listen="127.0.0.1:0", public_url="https://example.com/feedback/")
    pages = server.Pages(app.build(place.world.belt, web), web)
    pages.start()
    try:
        token = place.ask()
        page = place.visitor.get(f"{pages.address}/s/{token}", timeout=10).text
        fields = {"nonce": conftest.nonce_in(page), "value": "3"}
        sent = place.visitor.post(f"{pages.address}/s/{token}", fields, allow_redirects=False, timeout=10)
    finally:
        pages.stop()
    assert f'action="/feedback/s/{token}"' in page
    assert 'href="/feedback/static/page.css?' in page
    assert sent.headers["Location"] == f"/feedback/s/{token}/thanks"
