"""Anonymous surveys: from the answer no way leads to the person, and from the person none to the answer."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from journey import collect
from journey.answering import anonymous, visits
from journey.visiting import places
from store import anonymous as store_anonymous
from surveys import survey
from tests.journey import conftest, test_places
from triggers import decision, rule

ASKED = survey.Survey(key="csat", metric="csat", anonymous=True, keep=("origin",))
PERSON = visits.Visit(visitor="home.phone", device="phone", language="fi")


@pytest.fixture
def world(make_world: Callable[..., conftest.World]) -> conftest.World:
    """A world whose survey is anonymous and in which reading has begun."""
    made = make_world(surveys={"csat": ASKED})
    made.crm.put("case", "", {"closed": False, "score": None, "comment": None})
    made.turn()
    return made


def invite(world: conftest.World, email: str = "") -> str:
    """A case that came to Fiber is closed and asked about; the token of the link."""
    world.close_case(email, origin="Fiber", owner="Olli")
    world.turn()
    return world.token()


def send(world: conftest.World, token: str, value: str = "2", **more: Any) -> collect.Collected:
    """The person opens the page and sends the form off."""
    conftest.opens(world.belt, token, 5, PERSON)
    nonce = collect.nonce(world.belt, token)
    world.clock.advance(timedelta(seconds=40))
    return collect.submit(world.belt, token, collect.Post(**{"nonce": nonce, "value": value, "visit": PERSON, **more}))


def everything(world: conftest.World) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables."""
    with world.belt.store.read() as tx:
        read = {
            table.name: list(tx.execute(sa.select(table).order_by(*table.primary_key)).mappings())
            for table in SQLModel.metadata.sorted_tables
        }
    return {name: [dict(row) for row in found] for name, found in read.items()}


def references(rows: dict[str, list[dict[str, Any]]]) -> Iterator[tuple[tuple[str, Any], tuple[str, Any]]]:
    """Row → row, for every reference that is filled in."""
    for table in SQLModel.metadata.sorted_tables:
        own = next(iter(table.primary_key)).name
        for key in table.foreign_keys:
            for row in rows[table.name]:
                if row[key.parent.name] is not None:
                    yield (table.name, row[own]), (key.column.table.name, row[key.parent.name])


def reached(world: conftest.World, start: tuple[str, Any]) -> set[tuple[str, Any]]:
    """Every row that references lead to from this one, in either direction and over any number of steps."""
    pairs = list(references(everything(world)))
    found, new = {start}, {start}
    while new:
        new = {end for pair in pairs for end in pair if found & set(pair)} - found
        found |= new
    return found


def detached(world: conftest.World) -> dict[str, dict[str, Any]]:
    """The rows of the one answer that is kept apart."""
    rows = everything(world)
    invitation = next(row for row in rows["invitation"] if row["state"] == store_anonymous.STATE)
    answer = next(row for row in rows["answer"] if row["invitation_id"] == invitation["id"])
    touch = next(row for row in rows["touchpoint"] if row["id"] == invitation["touchpoint_id"])
    return {"touchpoint": touch, "invitation": invitation, "answer": answer}


def test_no_reference_leads_from_the_answer_to_the_person_or_the_record(world: conftest.World) -> None:
    token = invite(world)
    assert send(world, token, comment="Hidas") is collect.Collected.SAVED
    rows = detached(world)
    assert reached(world, ("answer", rows["answer"]["id"])) == {(name, row["id"]) for name, row in rows.items()}
    assert (rows["answer"]["value"], rows["answer"]["comment"]) == (2, "Hidas")


def values(row: dict[str, Any]) -> Iterator[Any]:
    for name, value in row.items():
        if name != "id" and not name.endswith("_id"):
            yield from values(value) if isinstance(value, dict) else [value]


def test_the_answer_shares_no_value_with_anything_that_hangs_on_the_person(world: conftest.World) -> None:
    send(world, invite(world), comment="Hidas")
    apart, rows = detached(world), everything(world)
    own = {value for row in apart.values() for value in values(row) if not isinstance(value, bool | None)}
    others = {
        repr(value)
        for name, table in rows.items()
        for row in table
        if not (name in apart and row["id"] == apart[name]["id"])
        for value in values(row)
    }
    assert {value for value in own if repr(value) in others} <= {"", "case_closed", "csat", "Fiber", 0, 1, 2}


def test_it_takes_along_the_facts_that_are_kept_and_the_day(world: conftest.World) -> None:
    send(world, invite(world))
    rows = detached(world)
    assert rows["touchpoint"]["context"] == {"origin": "Fiber"}
    assert (rows["touchpoint"]["kind"], rows["touchpoint"]["connector"], rows["touchpoint"]["record"]) == ("case_closed", "", "")
    times = {value for row in rows.values() for value in values(row) if isinstance(value, datetime)}
    assert times == {datetime(2026, 3, 2, 0, 0, tzinfo=UTC)}


def test_of_the_invitation_it_is_only_known_that_it_was_answered(world: conftest.World) -> None:
    token = invite(world)
    before = everything(world)
    send(world, token)
    after = everything(world)
    own = next(row for row in after["invitation"] if row["token"] == token)
    assert (own["state"], own["opened_at"]) == ("answered", None)
    assert after["event"] == before["event"]
    assert after["fetch"] == []
    assert after["field_update"] == before["field_update"]
    changed = {
        (name, column)
        for name, table in before.items()
        for old, new in zip(table, after[name], strict=False)
        for column in old
        if old[column] != new[column]
    }
    assert changed == {("invitation", "state")}


def test_looking_at_the_page_and_a_tap_in_the_mail_leave_nothing_but_a_fetch(world: conftest.World) -> None:
    token = invite(world)
    before = everything(world)
    conftest.opens(world.belt, token, 5, PERSON)
    after = everything(world)
    assert [(row["link"], row["value"]) for row in after.pop("fetch")] == [("value", 5)]
    before.pop("fetch")
    assert after == before


def test_coming_back_after_the_answer_leaves_nothing(world: conftest.World) -> None:
    token = invite(world)
    send(world, token)
    before = everything(world)
    conftest.opens(world.belt, token, 4, PERSON)
    found = collect.find(world.belt, token)
    assert found is not None
    assert (found.standing, found.value, found.changeable_until) == (collect.Standing.ANSWERED, None, None)
    collect.fetched(world.belt, found.invitation_id, PERSON, "why", apart=True)
    world.belt.writer.submit(lambda tx: None)
    assert send(world, token, "5") is collect.Collected.SAME
    assert everything(world) == before


def test_nothing_goes_to_the_crm(world: conftest.World) -> None:
    case = world.close_case(origin="Fiber")
    world.turn()
    send(world, world.token())
    world.turn()
    assert world.values(case)["score"] is None


def test_a_machine_is_asked_once_more_and_the_person_can_still_answer(world: conftest.World) -> None:
    token = invite(world)
    assert send(world, token, decoy="x") is collect.Collected.ONCE_MORE
    assert everything(world)["answer"] == []
    assert send(world, token) is collect.Collected.SAVED
    assert world.counts("answers") == {"confirmed": 1}


def test_a_form_that_is_not_ours_and_a_value_off_the_scale_are_refused(world: conftest.World) -> None:
    token = invite(world)
    assert send(world, token, nonce="x") is collect.Collected.STALE_NONCE
    assert send(world, token, "9") is collect.Collected.OUT_OF_RANGE
    assert everything(world)["answer"] == []


def test_status_counts_the_touchpoint_once(world: conftest.World) -> None:
    send(world, invite(world))
    assert world.counts("touchpoints") == {"total": 1, "case_closed": 1}
    assert world.counts("decisions") == {decision.Reason.ASKED: 1}
    assert world.counts("invitations") == {"answered": 1}
    assert world.counts("answers") == {"confirmed": 1}


def test_the_story_of_the_case_tells_that_it_was_answered_and_not_what(world: conftest.World) -> None:
    send(world, invite(world), comment="Hidas")
    told = world.why("00000001")
    assert (told["invitation"]["state"], told["answer"], told["answers"]) == ("answered", None, [])
    assert "Hidas" not in str(told)


def test_the_log_does_not_name_the_touchpoint(world: conftest.World, logs: list[dict[str, Any]]) -> None:
    send(world, invite(world))
    assert [line for line in logs if line["event"] == "answers"] == [{"event": "answers", "saved": 1, "log_level": "info"}]


def test_a_known_person_at_an_anonymous_place_is_forgotten_at_once(world: conftest.World) -> None:
    case = world.close_case()
    place = test_places.make(world, way="embed")
    known = places.Known(connector="crm", object="case", record=case, label="00000001")
    test_places.answer(world, place, "5", channel="embed", known=known)
    world.turn()
    told = test_places.told(world, place)
    assert [(one["connector"], one["record"], one["person"]["known"]) for one in told] == [("", place.code, False)]
    assert world.values(case)["score"] is None


def test_answers_are_told_by_group_and_small_groups_are_not(world: conftest.World) -> None:
    for team, count in (("Fiber", 7), ("Mobile", 6), ("Cable", 2)):
        for _ in range(count):
            world.close_case(origin=team)
            world.turn()
            send(world, world.token(), "5")
    told = anonymous.tell(world.belt.store, ASKED, "origin", world.clock() - timedelta(days=3))
    assert [(group["group"], group["answers"]) for group in told["groups"]] == [("Fiber", 7)]
    assert (told["total"]["answers"], told["withheld"]) == (15, 2)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_nor_does_the_database_itself_remember_after_a_day_what_was_written_together(world: conftest.World) -> None:
    tokens = [invite(world) for _ in range(4)]
    for token, value in zip(reversed(tokens), "1234", strict=True):
        assert send(world, token, value) is collect.Collected.SAVED
    assert len(_written(world, "invitation")) == 4
    world.clock.advance(timedelta(days=1))
    world.turn()
    written = {name: _written(world, name) for name in ("invitation", "message", "answer", "touchpoint")}
    assert {xmin for name in written for xmin in written[name]} == set(written["invitation"])
    assert len(written["invitation"]) == 1
    assert _places(world) == sorted(_places(world))
    assert [row["state"] for row in everything(world)["answer"]] == ["confirmed"] * 4


def test_answers_count_for_the_minimum_of_a_group_though_nobody_knows_what_they_say(
    make_world: Callable[..., conftest.World],
) -> None:
    least = {"by": "owner", "per": "30d", "answers": 2, "response_rate": "1%"}
    table = {
        "name": "Cases",
        "on": "case_closed",
        "survey": "csat",
        "channel": "memory",
        "sample": "0.000001%",
        "at_least": least,
    }
    world = make_world(surveys={"csat": ASKED}, rules=rule.Rules.model_validate({"rules": [table]}))
    world.turn()
    for number in range(3):
        token = invite(world, f"person{number}@posti.example")
        if number < 2:
            assert send(world, token) is collect.Collected.SAVED
    assert world.counts("decisions") == {"asked": 2, "sampled_out": 1}


def _written(world: conftest.World, name: str) -> set[str]:
    """By which transactions rows of this table were written: those of answers, their carriers and answered invitations."""
    where = {
        "invitation": "state IN ('answered', 'detached')",
        "answer": "true",
        "message": "true",
        "touchpoint": "source = 'anonymous'",
    }[name]
    with world.belt.store.read() as tx:
        return set(tx.execute(sa.text(f"SELECT xmin::text FROM {name} WHERE {where}")).scalars())


def _places(world: conftest.World) -> list[int]:
    """The answered invitations in the order in which they stand in the table's file."""
    with world.belt.store.read() as tx:
        return list(tx.execute(sa.text("SELECT id FROM invitation WHERE state = 'answered' ORDER BY ctid")).scalars())
