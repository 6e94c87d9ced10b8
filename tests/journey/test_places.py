"""Answers at places: what one becomes, and what never becomes one."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from journey import collect, pulse, story
from journey.answering import visits
from journey.visiting import place as nouns
from journey.visiting import places
from store import answers, place_answers
from store import places as store_places
from tests.journey import conftest
from triggers import touchpoint


def make(world: conftest.World, **values: Any) -> places.Place:
    made = {
        "code": nouns.new_code(),
        "name": "Helsinki shop, till 2",
        "way": "place",
        "survey": "csat",
        "made_at": world.clock(),
        "closed_at": None,
        "options": {"shifts": ["morning 06:00-14:00", "night 22:00-06:00"]},
    } | values
    with world.belt.store.write() as tx:
        assert store_places.add(tx, made)
    found = places.find(world.belt, str(made["code"]))
    assert found is not None
    return found


def answer(world: conftest.World, place: places.Place, value: str = "4", **fields: Any) -> collect.Collected:
    about = {name: fields.pop(name) for name in ("tags", "known") if name in fields}
    visit = visits.Visit(visitor=fields.pop("visitor", ""), language="fi", channel=fields.pop("channel", ""), device="phone")
    post = collect.Post(**{"nonce": places.nonce(world.belt, place), "value": value, "visit": visit, **fields})
    return places.submit(world.belt, place, post, places.About(**about))


def test_an_answer_becomes_all_that_an_asked_one_becomes(world: conftest.World) -> None:
    place = make(world)
    assert answer(world, place, "2", comment="Jono\r\noli pitkä", channel="place") is collect.Collected.SAVED
    told = world.why(place.code)
    assert (told["connector"], told["kind"], told["object"], told["label"]) == ("", "visit", "", "Helsinki shop, till 2")
    assert told["context"] == {"place": "Helsinki shop, till 2", "way": "place", "shift": "morning"}
    assert told["decision"]["reason"] == "asked"
    assert told["decision"]["explanation"] == "The visitor answered at Helsinki shop, till 2."
    assert told["invitation"]["state"] == "answered"
    assert (told["answer"]["state"], told["answer"]["value"], told["answer"]["comment"]) == ("confirmed", 2, "Jono\noli pitkä")
    assert stored(world, "language", "channel", "device", "visitor") == [("fi", "place", "phone", None)]
    assert told["person"] == {"known": False, "opted_out_at": None, "asked_at": None, "free_at": None}


def stored(world: conftest.World, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of all answers, in the order they came."""
    table = answers.ANSWER
    with world.belt.store.read() as tx:
        found = tx.execute(sa.select(*(table.c[name] for name in columns)).order_by(table.c.id))
        return [tuple(row) for row in found]


def told(world: conftest.World, place: places.Place) -> list[dict[str, Any]]:
    """The stories of all visits to the place."""
    return list(story.tell(world.belt.store, world.belt.secret, place.code, timedelta(days=30))["touchpoints"])


def test_the_steps_leave_it_alone(world: conftest.World) -> None:
    answer(world, make(world))
    assert not any(world.turn().values())
    assert pulse.counts(world.belt)["writes"] == {"due": 0, "done": 0, "dead": 0, "replaced": 0}
    assert world.counts("messages") == {}


def test_the_same_form_sent_twice_is_one_answer(world: conftest.World) -> None:
    place = make(world)
    nonce = places.nonce(world.belt, place)
    assert [answer(world, place, nonce=nonce) for _ in range(2)] == [collect.Collected.SAVED, collect.Collected.SAME]
    assert world.counts("touchpoints") == {"total": 1, "visit": 1}


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"value": "6"}, collect.Collected.OUT_OF_RANGE),
        ({"value": ""}, collect.Collected.OUT_OF_RANGE),
        ({"nonce": ""}, collect.Collected.STALE_NONCE),
        ({"nonce": "Ä.x.y"}, collect.Collected.STALE_NONCE),
    ],
)
def test_what_is_no_answer_stores_nothing(world: conftest.World, fields: dict[str, str], outcome: collect.Collected) -> None:
    assert answer(world, make(world), **fields) is outcome
    assert world.counts("touchpoints") == {}


def test_a_form_of_one_place_is_no_form_of_another(world: conftest.World) -> None:
    one, other = make(world), make(world, name="Till 3")
    assert answer(world, other, nonce=places.nonce(world.belt, one)) is collect.Collected.STALE_NONCE


def test_a_closed_place_takes_no_answers(world: conftest.World) -> None:
    place = make(world, closed_at=world.clock())
    assert answer(world, place) is collect.Collected.CLOSED


def test_a_filled_decoy_is_kept_apart(world: conftest.World) -> None:
    answer(world, make(world), decoy="http://spam.example")
    assert world.counts("answers") == {"doubtful": 1}


def test_answers_at_places_ask_nobody_and_fill_no_cap(make_world: Callable[..., conftest.World]) -> None:
    world = make_world(rules=conftest.rules(daily_cap=1))
    world.crm.put("case", "", {"closed": False, "score": None, "comment": None})
    world.turn()
    place = make(world)
    for _ in range(5):
        answer(world, place)
    world.close_case()
    world.turn()
    assert len(world.channel.messages) == 1


def test_a_known_record_keeps_its_connector_and_its_person(world: conftest.World) -> None:
    aino = touchpoint.Recipient(name="Aino", email="aino@posti.example")
    known = places.Known(connector="crm", object="order", record="17", label="O-17", person=aino)
    answer(world, make(world, way="embed"), channel="embed", known=known)
    told = world.why("aino@posti.example")
    assert (told["connector"], told["object"], told["record"], told["label"]) == ("crm", "order", "17", "O-17")
    assert told["person"]["known"]


def test_shared_links_keep_their_campaign_and_nothing_else(world: conftest.World) -> None:
    place = make(world, way="share", options={})
    told = {"utm_source": "newsletter", "utm_medium": "x" * 200, "utm_evil<script>": "1", "email": "a@b.example", "utm_term": " "}
    answer(world, place, channel="share", tags=told)
    kept = {"utm_source": "newsletter", "utm_medium": "x" * 100}
    assert world.why(place.code)["context"] == {"place": place.name, "way": "share", "shift": "", **kept}


@pytest.mark.parametrize("code", ["", "AB", "ÄÄÄÄÄÄ", "a\x00cdef", "A" * 13, "AAAAAA"])
def test_a_made_up_code_leads_nowhere(world: conftest.World, code: str) -> None:
    assert places.find(world.belt, code) is None


def test_a_code_may_be_typed_in_small_letters(world: conftest.World) -> None:
    place = make(world)
    assert places.find(world.belt, place.code.lower()) == place


def test_a_browser_that_answers_again_repeats_itself(world: conftest.World) -> None:
    place = make(world)
    for value, after in (("1", 0), ("5", 60), ("5", 60), ("4", 600)):
        world.clock.advance(timedelta(seconds=after))
        assert answer(world, place, value, visitor="a.b") is collect.Collected.SAVED
    assert stored(world, "value", "state", "sign") == [
        (1, "confirmed", ""),
        (5, "doubtful", "repeat"),
        (5, "doubtful", "repeat"),
        (4, "confirmed", ""),
    ]


def test_another_browser_and_another_place_repeat_nothing(world: conftest.World) -> None:
    one, other = make(world), make(world, name="Till 3")
    for place, visitor in ((one, "a.b"), (one, "a.c"), (other, "a.b")):
        answer(world, place, visitor=visitor)
    assert world.counts("answers") == {"confirmed": 3}


def test_which_hand_gave_an_answer_is_forgotten_after_a_day(world: conftest.World) -> None:
    answer(world, make(world), visitor="a.b")
    with world.belt.store.read() as tx:
        assert tx.execute(sa.select(place_answers.TAP.c.hand)).scalar() not in (None, "", "a.b")
    world.clock.advance(timedelta(hours=25))
    world.turn()
    with world.belt.store.read() as tx:
        assert tx.execute(sa.select(place_answers.TAP)).first() is None


def test_a_known_record_gets_the_score(world: conftest.World) -> None:
    case = world.close_case()
    known = places.Known(connector="crm", object="case", record=case, label="00000001")
    answer(world, make(world, way="embed"), "5", channel="embed", known=known, comment="Hyvä")
    world.turn()
    assert (world.values(case)["score"], world.values(case)["comment"]) == (5, "Hyvä")
