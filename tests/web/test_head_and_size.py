"""What every answer carries, and how little of it there is."""

import re
from collections.abc import Callable

import pytest
import requests

from surveys import survey
from tests.browser import states
from tests.web import conftest, embedding

PATHS = ["/s/TOKEN", "/s/TOKEN?v=3", "/u/TOKEN", "/why/TOKEN", "/privacy", "/nothing", "/healthz", "/readyz", "/metrics"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_is_strict_and_unkept(place: conftest.Place, path: str) -> None:
    headers = place.get(path.replace("TOKEN", place.ask())).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'; script-src 'self'")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert "noindex" in headers["X-Robots-Tag"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Server" not in headers
    assert "Set-Cookie" not in headers


def test_no_page_needs_what_the_policy_forbids(place: conftest.Place) -> None:
    token = place.ask()
    pages = [place.get(path.replace("TOKEN", token)).text for path in PATHS[:6]] + [place.answer(token, "3").text]
    for page in pages:
        assert " style=" not in page
        assert "<style" not in page
        assert " on" not in re.sub(r">[^<]*<", "><", page)
        assert re.findall(r"<script(?![^>]* src=)", page) == []


@pytest.mark.parametrize("path", PATHS[:6])
def test_a_page_with_all_it_loads_is_under_20_kilobytes(place: conftest.Place, path: str) -> None:
    assert _all(place, place.get(path.replace("TOKEN", place.ask()))) < 20_000


METRICS = ["nps", "nps_1_10", "csat", "csat_7", "csat_yes_no", "ces", "ces_5"]


@pytest.mark.parametrize("metric", METRICS)
def test_so_it_is_with_every_metric_and_with_further_questions(make_place: Callable[..., conftest.Place], metric: str) -> None:
    asked = survey.Survey(key="asked", metric=metric, questions=states.FURTHER)
    place = make_place("nps", "fi", surveys={"asked": asked})
    token = place.ask(subject="Reititin käynnistyy uudelleen")
    for path in (f"/s/{token}", f"/s/{token}?v=1"):
        page = place.get(path)
        assert "x-topics-web" in page.text
        assert _all(place, page) < 20_000
    assert _all(place, place.answer(token, "1", **{"x-idea": "ä" * 1000})) < 20_000


def test_so_it_is_in_a_frame_of_others_with_the_loader(place: conftest.Place) -> None:
    here = embedding.make(place, "https://shop.example")
    page = place.get(f"/e/{here.code}?origin=https://shop.example")
    assert _all(place, page) < 20_000
    assert len(place.get("/embed.js").content) < 5_000


def _all(place: conftest.Place, page: requests.Response) -> int:
    """Bytes of the page and all that it loads, uncompressed."""
    parts = [place.get(found) for found in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)]
    assert all(part.status_code == 200 for part in parts)
    return len(page.content) + sum(len(part.content) for part in parts)


def test_what_never_changes_may_be_kept(place: conftest.Place) -> None:
    page = place.get(f"/s/{place.ask()}").text
    for found in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
        assert "immutable" in place.get(found).headers["Cache-Control"]
