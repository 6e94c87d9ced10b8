"""How much is served at once: buckets keep their law, everybody is told politely, and an ordinary rush goes through."""

from collections.abc import Callable, Iterator

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from starlette import applications
from starlette.requests import Request

from tests.web import conftest
from triggers import spans
from web import app, limits, route, server, settings

SURVEY = next(path for path in app.ROUTES if path.path == "/s/{token}")
PRIVACY = next(path for path in app.ROUTES if path.path == "/privacy")


@given(
    count=st.integers(1, 20),
    span=st.integers(1, 100),
    gaps=st.lists(st.floats(0, 30, allow_nan=False), min_size=1, max_size=100),
)
def test_no_stretch_of_time_sees_more_than_a_full_bucket_and_what_leaks_meanwhile(
    count: int, span: int, gaps: list[float]
) -> None:
    buckets = limits.Buckets(spans.cap(f"{count} per {span}s"))
    now, served = 0.0, list[float]()
    for gap in gaps:
        now += gap
        if not buckets.wait("somebody", now):
            served.append(now)
    for first in range(len(served)):
        for last in range(first, len(served)):
            assert last - first + 1 <= count + (served[last] - served[first]) * count / span + 1e-6


@given(count=st.integers(1, 20), span=st.integers(1, 100), asked=st.integers(1, 60))
def test_whoever_waits_as_long_as_told_is_served(count: int, span: int, asked: int) -> None:
    buckets = limits.Buckets(spans.cap(f"{count} per {span}s"))
    now = 1000.0
    for _ in range(asked):
        now += buckets.wait("somebody", now)
    wait = buckets.wait("somebody", now)
    assert wait <= span / count + 1e-6
    assert not wait or not buckets.wait("somebody", now + wait + 1e-9)


def test_being_refused_costs_nothing_more() -> None:
    buckets = limits.Buckets(spans.cap("2 per 10s"))
    waits = [buckets.wait("somebody", 0.0) for _ in range(50)]
    assert waits == [0.0, 0.0] + [5.0] * 48


def test_there_are_never_more_buckets_than_may_be() -> None:
    buckets = limits.Buckets(spans.cap("2 per 10s"), most_keys=100)
    for number in range(10_000):
        buckets.wait(str(number), 0.0)
        buckets.wait("9", 0.0)
    assert len(buckets) == 100
    assert buckets.wait("9", 0.0) > 0, "whoever keeps coming is not forgotten"


def request_of(address: str, token: str) -> Request:
    scope = {
        "type": "http",
        "app": applications.Starlette(),
        "client": (address, 4711),
        "headers": [],
        "path_params": {"token": token},
    }
    return Request(scope)


def rush(address: str, path: route.Path, tokens: int, each: int, seconds: float) -> int:
    """How many requests are refused of so many links, each asked for so many times, spread over so many seconds."""
    clock = iter(number * seconds / (tokens * each) for number in range(tokens * each))
    bounds = limits.Limits(settings.LimitSettings(), lambda: next(clock))
    return sum(bounds.wait(request_of(address, f"token-{n}"), path) > 0 for _ in range(each) for n in range(tokens))


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "192.0.2.7", "8.8.8.8", "2001:4860:4860::8888"])
def test_many_customers_behind_one_address_are_all_served(address: str) -> None:
    assert rush(address, SURVEY, tokens=1200, each=4, seconds=8) == 0


def test_a_flood_from_one_address_is_refused_whatever_it_asks_for() -> None:
    assert rush("8.8.8.8", PRIVACY, tokens=20_000, each=1, seconds=1) > 18_000
    assert rush("8.8.8.8", SURVEY, tokens=20_000, each=1, seconds=1) > 18_000


def test_the_addresses_of_one_line_share_a_bucket() -> None:
    bounds = limits.Limits(settings.LimitSettings(), lambda: 0.0)
    refused = [bounds.wait(request_of(f"2a00:1450:4001:81b::{n:x}", f"token-{n}"), SURVEY) > 0 for n in range(1200)]
    assert sum(refused) == 600


def test_a_flood_on_one_link_is_refused_wherever_it_comes_from() -> None:
    assert rush("127.0.0.1", SURVEY, tokens=1, each=1000, seconds=1) > 850


@pytest.fixture
def bounded(place: conftest.Place) -> Iterator[Callable[..., str]]:
    """Opens further pages of the same belt with limits of their own; their address."""
    opened: list[server.Pages] = []

    def open_pages(**limits_: object) -> str:
        web = settings.WebSettings.model_validate(
            {"listen": "127.0.0.1:0", "public_url": "http://x.example", "proxies": ["127.0.0.1"], "limits": limits_}
        )
        opened.append(server.Pages(app.build(place.world.belt, web), web))
        opened[-1].start()
        return opened[-1].address

    yield open_pages
    for pages in opened:
        pages.stop()


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "That was a lot at once"), ("fi", "Nyt tuli kerralla liian paljon"), ("sv", "Det blev för mycket på en gång")],
)
def test_a_flood_gets_a_page_in_the_visitors_language(
    place: conftest.Place, bounded: Callable[..., str], language: str, said: str
) -> None:
    address, token = bounded(per_link="3 per 10m"), place.ask()
    pages = [requests.get(f"{address}/s/{token}", headers={"Accept-Language": language}, timeout=10) for _ in range(4)]
    assert [page.status_code for page in pages] == [200, 200, 200, 429]
    assert 1 <= int(pages[3].headers["Retry-After"]) <= 200
    assert said in pages[3].text
    assert requests.get(f"{address}/s/{place.ask()}", timeout=10).status_code == 200, "another link is another matter"


def test_posts_are_refused_before_they_are_read_and_nothing_is_stored(place: conftest.Place, bounded: Callable[..., str]) -> None:
    address, token = bounded(per_link="1 per 10m"), place.ask()
    nonce = conftest.nonce_in(requests.get(f"{address}/s/{token}", timeout=10).text)
    page = requests.post(f"{address}/s/{token}", {"nonce": nonce, "value": "3", "comment": "x" * 90_000}, timeout=10)
    assert page.status_code == 429
    assert place.asked(token).value is None


def test_behind_a_named_proxy_each_visitor_counts_alone(bounded: Callable[..., str]) -> None:
    address = bounded(per_address="2 per 10m")

    def come(visitor: str) -> int:
        return requests.get(f"{address}/privacy", headers={"X-Forwarded-For": visitor}, timeout=10).status_code

    assert [come("9.9.9.9"), come("9.9.9.9"), come("9.9.9.9"), come("1.1.1.1")] == [200, 200, 429, 200]
    assert come("1.2.3.4, 9.9.9.9") == 429, "what stands before the proxy's own entry is made up"


def test_without_a_named_proxy_what_is_forwarded_counts_for_nothing(place: conftest.Place) -> None:
    token = place.ask()
    codes = [place.get(f"/s/{token}", headers={"X-Forwarded-For": f"9.9.9.{n}"}).status_code for n in range(130)]
    assert codes.count(429) > 0


@pytest.mark.parametrize("limit", ["0 per 1s", "many", "5 per", 7])
def test_a_limit_that_is_none_is_told(limit: object) -> None:
    with pytest.raises(ValueError, match=r"cap such as|at least 1"):
        settings.LimitSettings.model_validate({"per_link": limit})


def test_connections_are_counted_by_address_and_forgotten_when_they_go() -> None:
    crowd = limits.Crowd(2, settings.WebSettings(proxies=("4.4.4.0/24",)).trusted)
    assert all(crowd.enter("4.4.4.4") for _ in range(100)), "our own proxy holds the lines of everybody"
    assert [crowd.enter("8.8.8.8") for _ in range(3)] == [True, True, False]
    assert crowd.enter("9.9.9.9")
    crowd.leave("8.8.8.8")
    assert crowd.enter("8.8.8.8")
    assert all(crowd.enter("127.0.0.1") for _ in range(1000))
    for address in ("8.8.8.8", "8.8.8.8", "9.9.9.9", *["127.0.0.1"] * 1000, *["4.4.4.4"] * 100):
        crowd.leave(address)
    assert not crowd._lines
