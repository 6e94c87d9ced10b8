"""What machines ask about the process."""

import re
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.journey import conftest as journey_conftest
from tests.web import conftest
from web import app, server, settings


def test_a_living_process_says_so(place: conftest.Place) -> None:
    assert (place.get("/healthz").status_code, place.get("/healthz").text) == (200, "alive\n")


def test_ready_once_every_connector_has_begun(place: conftest.Place) -> None:
    answer = place.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "reasons": []})


def test_not_ready_before_the_first_round_with_the_reason(tmp_path: Path) -> None:
    world = journey_conftest.World(tmp_path, f"sqlite:///{tmp_path / 'palaute.db'}")
    web = settings.WebSettings(listen="127.0.0.1:0", public_url="http://survey.example")
    pages = server.Pages(app.build(world.belt, web), web)
    pages.start()
    try:
        answer = requests.get(f"{pages.address}/readyz", timeout=10)
        outside = requests.get(f"{pages.address}/readyz", timeout=10, headers={"X-Forwarded-For": "192.0.2.1"})
    finally:
        pages.stop()
        world.belt.writer.close()
        world.belt.store.close()
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "reasons": ["connectors.crm has not been read yet"]})
    assert outside.json() == {"ready": False, "reasons": []}


def test_counts_are_prometheus_text(place: conftest.Place) -> None:
    token = place.ask()
    place.answer(token, "9")
    families = {family.name: family for family in text_string_to_metric_families(place.get("/metrics").text)}
    answers = {sample.labels["state"]: sample.value for sample in families["palaute_answers"].samples}
    assert answers["confirmed"] == 1
    parties = families["palaute_connector_state"].samples
    assert [(sample.labels, sample.value) for sample in parties] == [({"connector": "crm"}, 1.0)]
    assert families["palaute_dead_letters"].samples[0].value == 0


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via"])
def test_counts_are_not_for_those_who_come_through_a_proxy(place: conftest.Place, header: str) -> None:
    assert place.get("/metrics", headers={header: "192.0.2.1"}).status_code == 404


def test_counts_hold_nothing_personal(place: conftest.Place) -> None:
    place.answer(place.ask(contact__email="aino@posti.example"), "9", comment="Kiitos Ainolle")
    assert not re.search("aino|router", place.get("/metrics").text, re.IGNORECASE)
