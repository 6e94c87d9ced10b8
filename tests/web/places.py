"""Places for the tests of their pages."""

import html
import re
from typing import Any

import sqlalchemy as sa

from journey.visiting import place as nouns
from journey.visiting import places
from store import answers, touchpoints
from store import places as store_places
from tests.web import conftest
from web import app, server, settings


def from_outside(pages: conftest.Place, address: str = "93.184.216.34") -> None:
    """From now on requests come through a proxy that settings name, from this address."""
    web = settings.WebSettings(listen="127.0.0.1:0", public_url="http://survey.example", proxies=["127.0.0.1"])
    pages.pages.stop()
    pages.pages = server.Pages(app.build(pages.world.belt, web), web)
    pages.pages.start()
    pages.visitor.headers["X-Forwarded-For"] = address


def make(pages: conftest.Place, **values: Any) -> places.Place:
    """A new place that asks the one survey there is."""
    belt = pages.world.belt
    made = {
        "code": nouns.new_code(),
        "name": "Helsinki shop, till 2",
        "way": "place",
        "survey": "asked",
        "made_at": belt.now(),
        "closed_at": None,
        "options": {"language": "en"},
    } | values
    with belt.store.write() as tx:
        assert store_places.add(tx, made)
    found = places.find(belt, str(made["code"]))
    assert found is not None
    return found


def close(pages: conftest.Place, place: places.Place) -> None:
    """It takes no answers from now on."""
    with pages.world.belt.store.write() as tx:
        store_places.change(tx, place.code, closed_at=pages.world.belt.now())


def rename(pages: conftest.Place, place: places.Place, name: str) -> None:
    """It is called this from now on."""
    with pages.world.belt.store.write() as tx:
        store_places.change(tx, place.code, name=name)


def reopen(pages: conftest.Place, place: places.Place) -> None:
    """It takes answers again."""
    with pages.world.belt.store.write() as tx:
        store_places.change(tx, place.code, closed_at=None)


def stored(pages: conftest.Place, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of all answers, in the order of their storing."""
    table = answers.ANSWER
    with pages.world.belt.store.read() as tx:
        found = tx.execute(sa.select(*(table.c[name] for name in columns)).order_by(table.c.id))
        return [tuple(row) for row in found]


def contexts(pages: conftest.Place) -> list[dict[str, Any]]:
    """The context of every visit."""
    table = touchpoints.TOUCHPOINT
    with pages.world.belt.store.read() as tx:
        return list(tx.execute(sa.select(table.c.context).where(table.c.kind == "visit").order_by(table.c.id)).scalars())


_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def hidden_in(page: str) -> dict[str, str]:
    """The hidden fields of the page's form."""
    return {name: html.unescape(value) for name, value in _HIDDEN.findall(page)}


def without_nonce(page: str) -> str:
    """The page without what differs each time."""
    return re.sub(r'name="nonce" value="[^"]+"', "", page)
