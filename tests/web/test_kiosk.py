"""The kiosk's addresses: the page, taps without scripts, batches, the service worker and the manifest."""

import json
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from journey import settings
from surveys import survey
from tests.web import conftest
from tests.web import places as made


def batch(*answers: dict[str, Any], sent: float = 1000, device: str = "") -> str:
    return json.dumps({"device": device or str(uuid.UUID(int=1)), "sent": sent, "answers": list(answers)})


def tap(value: int = 3, **more: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "revision": 0, "value": value, "comment": "", "language": "en", "answered": 1000, **more}


@pytest.mark.parametrize(
    ("metric", "names"),
    [
        ("csat", ["1, very dissatisfied", "5, very satisfied"]),
        ("nps", ["0, not at all likely", "5", "10, extremely likely"]),
        ("csat_yes_no", ["No", "Yes"]),
    ],
)
def test_every_value_is_one_key_with_a_name(make_place: Callable[..., conftest.Place], metric: str, names: list[str]) -> None:
    pages = make_place(metric)
    page = pages.get(f"/k/{made.make(pages).code}").text
    for name in names:
        assert f'aria-label="{name}"' in page
    assert page.count('name="value"') == len(survey.Survey(key="x", metric=metric).definition.values)
    assert page.count("<svg") == (5 if metric == "csat" else 0)
    assert "<a " not in re.sub(r"<nav.*?</nav>", "", page, flags=re.DOTALL)


def test_a_tap_without_scripts_thanks_and_leads_back(place: conftest.Place) -> None:
    here = made.make(place)
    page = place.get(f"/k/{here.code}").text
    thanked = place.post(f"/k/{here.code}?lang=fi", {**made.hidden_in(page), "value": "7"})
    assert thanked.url.endswith(f"/k/{here.code}/thanks?lang=fi")
    assert f'<meta http-equiv="refresh" content="8;url=/k/{here.code}">' in thanked.text
    assert made.stored(place, "value", "channel", "language") == [(7, "kiosk", "fi")]


def test_a_batch_is_taken_once(place: conftest.Place) -> None:
    here = made.make(place)
    told = batch(tap(3), tap(9), {"id": "odd"})
    answers = [place.post(f"/k/{here.code}/answers", told, headers={"Content-Type": "application/json"}) for _ in range(2)]
    assert [[one["outcome"] for one in answer.json()["outcomes"]] for answer in answers] == [
        ["saved", "saved", "refused"],
        ["same", "same", "refused"],
    ]
    assert made.stored(place, "value", "device", "channel") == [(3, "kiosk", "kiosk"), (9, "kiosk", "kiosk")]


@pytest.mark.parametrize("body", ["", "[]", "{}", "\x00", batch(device="x"), batch(*[tap()] * 51), '{"sent": 1e999}'])
def test_what_is_no_batch_is_refused_whole(place: conftest.Place, body: str) -> None:
    assert place.post(f"/k/{made.make(place).code}/answers", body).status_code == 400
    assert made.stored(place, "id") == []


def test_a_batch_for_no_place_waits_on_the_tablet(place: conftest.Place) -> None:
    assert place.post("/k/AAAAAA/answers", batch(tap())).status_code == 404
    assert place.post("/k/AAAAAA/answers", "x" * 70_000).status_code == 413


def test_a_tablet_that_sends_too_much_is_told_to_wait(make_place: Callable[..., conftest.Place]) -> None:
    pages = make_place(settings=settings.JourneySettings(places=settings.Places(per_address=1)))
    made.from_outside(pages)
    here = made.make(pages)
    answers = [pages.post(f"/k/{here.code}/answers", batch(tap())) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert answers[1].headers["Retry-After"] == "60"


def test_the_worker_keeps_every_language_and_file_that_the_page_needs(place: conftest.Place) -> None:
    here = made.make(place)
    worker = place.get(f"/k/worker.js?code={here.code}")
    assert worker.headers["Content-Type"].startswith("text/javascript")
    pages, files = (json.loads(found) for found in re.findall(r"(?:PAGES|FILES) = (\[[^\]]*\])", worker.text))
    assert pages == [f"/k/{here.code}", *(f"/k/{here.code}?lang={language}" for language in ("fi", "sv", "en"))]
    for path in (*pages, *files):
        assert place.get(path).status_code == 200
    page = place.get(f"/k/{here.code}").text
    needed = re.findall(r'(?:href|src)="(/[^"]+)"', re.sub(r"<nav.*?</nav>", "", page, flags=re.DOTALL))
    assert sorted(set(needed)) == sorted(files)
    assert place.get("/k/worker.js?code=AAAAAA").status_code == 404


def test_a_code_in_small_letters_leads_to_the_address_that_works_without_the_network(place: conftest.Place) -> None:
    code = made.make(place).code
    assert place.get(f"/k/{code.lower()}").url == f"{place.pages.address}/k/{code}"


def test_the_page_names_every_file_by_which_its_worker_knows_it_as_whole(place: conftest.Place) -> None:
    """A page that names others is of a newer version, whose files the tablet does not have yet: it is not kept."""
    code = made.make(place).code
    (files,) = re.findall(r"FILES = (\[[^\]]*\])", place.get(f"/k/worker.js?code={code}").text)
    for language in ("en", "fi", "sv"):
        page = place.get(f"/k/{code}?lang={language}").text
        assert [one for one in json.loads(files) if one not in page] == []


def test_the_policy_lets_the_worker_in_and_nothing_else(place: conftest.Place) -> None:
    policy = place.get(f"/k/{made.make(place).code}").headers["Content-Security-Policy"]
    assert "worker-src 'self'; manifest-src 'self'" in policy
    assert "default-src 'none'" in policy


def test_a_closed_place_says_so_on_its_tablet(place: conftest.Place) -> None:
    here = made.make(place)
    made.close(place, here)
    assert place.get(f"/k/{here.code}").status_code == 410
    assert place.post(f"/k/{here.code}/answers", batch(tap())).json()["outcomes"][0]["outcome"] == "closed"


def test_looking_at_a_kiosk_stores_nothing(place: conftest.Place) -> None:
    code = made.make(place).code
    for path in (f"/k/{code}", f"/k/{code}/thanks", f"/k/{code}/app.webmanifest", f"/k/worker.js?code={code}"):
        place.get(path)
    assert made.stored(place, "id") == []
