"""Behaviour that must not count: fetches by scanners, previews and browsers that run ahead."""

import pytest

from journey import pulse
from tests.web import conftest


def traces(place: conftest.Place) -> dict[str, int]:
    counted: dict[str, int] = pulse.counts(place.world.belt)["answers"]
    return counted


def test_head_leaves_no_trace(place: conftest.Place) -> None:
    token = place.ask()
    for path in (f"/s/{token}?v=9", f"/u/{token}", f"/s/{token}/thanks"):
        answer = place.visitor.head(place.pages.address + path, timeout=10, allow_redirects=False)
        assert answer.status_code in (200, 303)
        assert answer.content == b""
    assert sum(traces(place).values()) == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("Sec-Purpose", "prefetch"), ("Sec-Purpose", "prefetch;prerender"), ("Purpose", "prefetch"), ("X-Moz", "prefetch")],
)
def test_fetching_ahead_is_refused_without_a_trace(place: conftest.Place, name: str, value: str) -> None:
    answer = place.get(f"/s/{place.ask()}?v=9", headers={name: value})
    assert answer.status_code == 503
    assert sum(traces(place).values()) == 0


def test_fetching_every_link_of_the_mail_confirms_nothing(place: conftest.Place) -> None:
    token = place.ask()
    for value in range(11):
        assert place.get(f"/s/{token}?v={value}").status_code == 200
    assert place.asked(token).value is None
    assert traces(place)["confirmed"] == 0


@pytest.mark.parametrize(
    "altered", ["?v=7'", "?v=x", "?v=-1", "?v=7&v=8", "?v=", "?v=٧", "?lang=fi'", "?lang=%22", "'", "x", "%00", "%22"]
)
def test_an_altered_link_is_not_found_and_leaves_no_trace(place: conftest.Place, altered: str) -> None:
    page = place.get(f"/s/{place.ask()}{altered}")
    assert page.status_code == 404
    assert "This link does not work" in page.text
    assert sum(traces(place).values()) == 0


def test_a_value_of_another_scale_opens_the_page_with_nothing_chosen(place: conftest.Place) -> None:
    page = place.get(f"/s/{place.ask()}?v=11")
    assert page.status_code == 200
    assert " checked" not in page.text
    assert sum(traces(place).values()) == 0


def test_parameters_that_mail_gateways_add_do_no_harm(place: conftest.Place) -> None:
    page = place.get(f"/s/{place.ask()}?v=7&utm_source=mail&e=1")
    assert page.status_code == 200
    assert 'value="7" required checked' in page.text


def test_getting_the_unsubscribe_address_unsubscribes_nobody(place: conftest.Place) -> None:
    token = place.ask(contact__email="aino@posti.example")
    place.get(f"/u/{token}")
    place.ask(contact__email="toinen@posti.example")
    place.later(days=60)
    before = len(place.world.channel.messages)
    place.ask(contact__email="aino@posti.example")
    assert len(place.world.channel.messages) == before + 1
