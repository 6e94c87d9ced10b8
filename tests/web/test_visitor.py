"""Who is at the door: which address is believed, which clients name themselves, and that nothing of it is stored in clear."""

import ipaddress
from collections.abc import Callable, Sequence
from datetime import timedelta
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from starlette.requests import Request

from store import answers, fetches
from tests.web import conftest
from web import settings, visitor

NEAR, FAR = ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("2001:db8:1::/48")
CHROME = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"


def request(client: str, *forwarded: str, proxies: Sequence[object] = ()) -> Request:
    headers = [(b"x-forwarded-for", one.encode()) for one in forwarded]
    app = SimpleNamespace(state=SimpleNamespace(proxies=proxies))
    return Request({"type": "http", "client": (client, 1), "headers": headers, "app": app})


@pytest.mark.parametrize(
    ("client", "forwarded", "proxies", "address"),
    [
        ("203.0.113.9", ["198.51.100.1"], [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], [NEAR], "203.0.113.9"),
        ("10.0.0.1", [], [NEAR], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], [NEAR], "198.51.100.1"),
        ("10.0.0.1", ["made.up, 198.51.100.1"], [NEAR], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.66, 198.51.100.1, 10.0.0.2"], [NEAR], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.66", "198.51.100.1"], [NEAR], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, nonsense"], [NEAR], "10.0.0.1"),
        ("10.0.0.1", [""], [NEAR], "10.0.0.1"),
        ("10.0.0.1", ["[2001:db8:7::1]:4711"], [NEAR], "2001:db8:7::1"),
        ("10.0.0.1", ["198.51.100.1:4711"], [NEAR], "198.51.100.1"),
        ("2001:db8:1::5", ["198.51.100.1"], [FAR], "198.51.100.1"),
        ("::ffff:10.0.0.1", ["198.51.100.1"], [NEAR], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], [NEAR], "10.0.0.3"),
    ],
)
def test_only_proxies_that_settings_name_are_believed(
    client: str, forwarded: list[str], proxies: Sequence[object], address: str
) -> None:
    assert visitor.address(request(client, *forwarded, proxies=proxies)) == address


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:7:1::1", "2001:db8:7:1:ffff::2", True),
        ("2001:db8:7:1::1", "2001:db8:7:2::1", False),
        ("::ffff:198.51.100.1", "198.51.100.1", True),
        ("198.51.100.1", "198.51.100.2", False),
    ],
)
def test_the_addresses_of_one_line_are_one(one: str, other: str, same: bool) -> None:
    assert (visitor.normal(one) == visitor.normal(other)) is same


@pytest.mark.parametrize(
    ("address", "shared"),
    [
        *[(one, True) for one in ("127.0.0.1", "10.1.2.3", "192.168.0.4", "100.64.0.1", "::1", "fd00::1", "fe80::1%eth0", "")],
        *[(one, False) for one in ("198.51.100.1", "2001:db8::1", "172.32.0.1")],
    ],
)
def test_addresses_inside_tell_no_visitor(address: str, shared: bool) -> None:
    assert visitor.is_shared(address) is shared


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (CHROME, ""),
        ("Mozilla/5.0 (Linux; Android 9; CUBOT_X18_Plus) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36", ""),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) [FBAN/FBIOS;FBAV/480.0]", ""),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", ""),
        ("python-requests/2.32", ""),
        ("", ""),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0 Safari/537.36",
            "HeadlessChrome",
        ),
        ("facebookexternalhit/1.1", "facebookexternalhit"),
        ("Mozilla/5.0 (compatible; somebot/1.0; +https://bot.example)", "+http"),
        ("slackbot 1.0", "Slackbot"),
        ("AcmeScan 3", "acmescan"),
    ],
)
def test_who_names_itself(agent: str, name: str) -> None:
    assert visitor.robot(agent, ("acmescan",)) == name


@pytest.mark.parametrize("proxies", [["10.0.0.300"], ["proxy.example"], ["10.0.0.1/8"], "10.0.0.1"])
def test_proxies_that_are_no_networks_are_refused(proxies: object) -> None:
    with pytest.raises(ValueError, match="proxies"):
        settings.WebSettings.model_validate({"proxies": proxies})


def test_an_answer_keeps_what_may_have_had_an_effect_on_it_and_no_address(place: conftest.Place) -> None:
    token = place.ask()
    place.visitor.headers.update({"User-Agent": CHROME, "Sec-CH-UA-Mobile": "?1"})
    place.answer(token, "7")
    with place.world.belt.store.read() as tx:
        kept = tx.execute(sa.select(answers.ANSWER).where(answers.ANSWER.c.version > 0)).mappings().one()
        noted = tx.execute(sa.select(fetches.FETCH)).mappings().all()
    assert (kept["language"], kept["channel"], kept["device"], len(kept["wording"])) == ("en", "memory", "phone", 12)
    assert [one["link"] for one in noted] == ["page", "post"]
    assert {one["visitor"] for one in noted} == {kept["visitor"]}
    assert not any(part in str(dict(kept)) + str(noted) for part in ("127.0.0.1", "Chrome"))


def test_another_question_is_another_wording(make_place: Callable[..., conftest.Place]) -> None:
    found = set()
    for metric, language in (("nps", "en"), ("nps", "fi"), ("csat", "en")):
        place = make_place(metric, language)
        place.answer(place.ask())
        with place.world.belt.store.read() as tx:
            found.add(tx.execute(sa.select(answers.ANSWER.c.wording)).scalar_one())
    assert len(found) == 3


def test_fetches_are_few_for_one_link_and_gone_after_two_days(place: conftest.Place) -> None:
    token = place.ask()
    for _ in range(fetches.MOST + 5):
        place.get(f"/s/{token}?v=1")
    assert _fetches(place) == fetches.MOST
    place.later(days=2, minutes=1)
    place.world.turn()
    assert _fetches(place) == 0


def _fetches(place: conftest.Place) -> int:
    place.world.belt.writer.submit(lambda tx: None)  # what was noted before is stored
    with place.world.belt.store.read() as tx:
        return tx.execute(sa.select(sa.func.count()).select_from(fetches.FETCH)).scalar_one()


def test_forgetting_takes_the_visitor_along(place: conftest.Place) -> None:
    place.answer(place.ask())
    place.later(days=timedelta(days=900).days)
    place.world.turn()
    with place.world.belt.store.read() as tx:
        assert tx.execute(sa.select(answers.ANSWER.c.visitor)).scalars().all() == [None]
