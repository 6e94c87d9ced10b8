"""notice: touchpoints and bookmark together, repeats for free, and no record so absurd that it stops the others."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from journey import notice
from store import bookmarks, touchpoints
from tests.journey import conftest
from wire import errors

TOUCHPOINT = touchpoints.TOUCHPOINT


def mark(world: conftest.World) -> datetime:
    with world.belt.store.read() as tx:
        return bookmarks.load(tx, "crm")["case_closed"].stamp


def break_table(world: conftest.World, table: str, moment: str, when: str = "1 = 1") -> None:
    """From now on the database refuses rows of this table."""
    with world.belt.store.write() as tx:
        if tx.dialect.name == "sqlite":
            tx.exec_driver_sql(
                f"CREATE TRIGGER broken BEFORE {moment} ON {table} WHEN {when} BEGIN SELECT RAISE(ABORT, 'broken'); END"
            )
            return
        tx.exec_driver_sql("CREATE FUNCTION broken() RETURNS trigger AS $$ BEGIN RAISE check_violation; END $$ LANGUAGE plpgsql")
        tx.exec_driver_sql(
            f"CREATE TRIGGER broken BEFORE {moment} ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION broken()"
        )


def mend_table(world: conftest.World, table: str) -> None:
    with world.belt.store.write() as tx:
        tx.exec_driver_sql("DROP TRIGGER broken" + ("" if tx.dialect.name == "sqlite" else f" ON {table}"))


def test_when_the_bookmark_cannot_be_stored_it_is_read_again_and_nothing_is_there_twice(world: conftest.World) -> None:
    before = mark(world)
    world.close_case()
    world.clock.advance(timedelta(minutes=1))
    break_table(world, "bookmark", "UPDATE")
    with pytest.raises(sa.exc.DBAPIError):
        notice.notice(world.belt, "crm")
    assert mark(world) == before
    mend_table(world, "bookmark")
    world.turn()
    assert mark(world) > before
    assert world.counts("touchpoints")["case_closed"] == 1


def test_when_touchpoints_cannot_be_stored_the_bookmark_stays(world: conftest.World) -> None:
    before = mark(world)
    world.close_case()
    world.clock.advance(timedelta(minutes=1))
    break_table(world, "touchpoint", "INSERT")
    with pytest.raises(sa.exc.DBAPIError):
        notice.notice(world.belt, "crm")
    assert (mark(world), world.counts("touchpoints")) == (before, {})
    mend_table(world, "touchpoint")
    assert notice.notice(world.belt, "crm") == 1


def test_a_record_that_the_database_refuses_is_kept_without_its_values_and_the_others_go_on(world: conftest.World) -> None:
    bad = world.close_case(number="bad")
    for _ in range(4):
        world.close_case()
    break_table(world, "touchpoint", "INSERT", "NEW.label = 'bad'")
    world.clock.advance(timedelta(minutes=1))
    world.turn()
    assert len(world.channel.messages) == 4
    assert world.why(bad)["decision"]["reason"] == "unusable"
    before = mark(world)
    world.clock.advance(timedelta(minutes=1))
    world.turn()
    assert mark(world) > before


class _Hostile(str):
    """A value that breaks whatever looks at it."""

    __slots__ = ()

    def isascii(self) -> bool:
        raise ArithmeticError("hostile")


@conftest.sqlite_only
def test_a_record_that_breaks_the_reading_is_told_of_and_the_others_go_on(world: conftest.World) -> None:
    bad = world.close_case(number=_Hostile("1"))
    world.close_case()
    world.turn()
    assert len(world.channel.messages) == 1
    told = world.why(bad)["decision"]
    assert (told["reason"], told["explanation"]) == (
        "unusable",
        "The record could not be made sense of, for a reason of our own (ArithmeticError).",
    )


@conftest.sqlite_only
def test_rows_that_come_again_are_not_noticed_again(world: conftest.World) -> None:
    case = world.close_case()
    assert notice.notice(world.belt, "crm") == 1
    world.crm.put("case", case, {"priority": "High"})
    world.clock.advance(timedelta(minutes=1))
    assert notice.notice(world.belt, "crm") == 0
    world.restart()
    assert notice.notice(world.belt, "crm") == 0


@conftest.sqlite_only
def test_closing_it_again_is_another_touchpoint(world: conftest.World) -> None:
    case = world.close_case()
    world.turn()
    world.reopen(case)
    world.clock.advance(timedelta(minutes=5))
    world.close_again(case)
    world.turn()
    assert world.counts("touchpoints")["case_closed"] == 2


@conftest.sqlite_only
def test_what_was_closed_before_reading_began_is_left_alone_even_when_it_changes(make_world: Callable[..., Any]) -> None:
    world: conftest.World = make_world()
    case = world.close_case()
    world.clock.advance(timedelta(hours=1))
    world.restart()
    world.turn()
    world.crm.put("case", case, {"priority": "High"})
    world.clock.advance(timedelta(minutes=1))
    world.turn()
    assert world.counts("touchpoints") == {}


@conftest.sqlite_only
def test_a_crm_that_is_down_is_read_on_from_the_same_place(world: conftest.World) -> None:
    world.crm.failures.append(errors.Later("down"))
    world.close_case()
    world.turn()
    assert world.counts("touchpoints") == {}
    world.clock.advance(timedelta(minutes=1))
    world.turn()
    assert len(world.channel.messages) == 1


ABSURD: dict[str, tuple[dict[str, Any], str]] = {
    "no contact": ({"contact__id": None, "contact__name": None, "contact__email": None}, "no_address"),
    "no address": ({"contact__email": None}, "no_address"),
    "not an address": ({"contact__email": "not an address"}, "no_address"),
    "an address of 40,000 characters": ({"contact__email": "a" * 40_000 + "@posti.example"}, "no_address"),
    "an unknown language": ({"contact__language": "klingon"}, "asked"),
    "a subject of 32,000 characters": ({"subject": "Ä" * 32_000}, "asked"),
    "a number of 32,000 characters": ({"number": "Ä" * 32_000}, "asked"),
    "a name from right to left": ({"contact__name": "\u202eשלום\u202c"}, "asked"),
    "emoji": ({"contact__name": "👩\u200d👩\u200d👧", "subject": "🔥" * 100}, "asked"),
    "NUL bytes": ({"contact__name": "Ai\x00no", "subject": "\x00", "contact__id": "c\x001", "account__id": "\x00"}, "asked"),
    "half a surrogate pair": ({"contact__name": "\ud83d", "subject": "\udc00 \ud800"}, "asked"),
    "line ends in the address": ({"contact__email": "aino@posti.example\r\nBcc: all@posti.example"}, "no_address"),
    "numbers for text": ({"contact__name": 12, "subject": 10**400, "number": float("nan")}, "asked"),
    "nobody may read the consent": ({"contact__opted_out": None}, "consent_unreadable"),
    "consent in odd words": ({"contact__opted_out": "perhaps"}, "consent_unreadable"),
    "an occurrence of 5,000 characters": ({"closed_at": "x" * 5_000}, "reopened"),
}


def test_every_absurd_record_is_decided_with_a_named_reason_or_served(world: conftest.World) -> None:
    cases = {name: world.close_case(**values) for name, (values, _) in ABSURD.items()}
    world.turn()
    assert {name: world.why(case)["decision"]["reason"] for name, case in cases.items()} == {
        name: reason for name, (_, reason) in ABSURD.items()
    }
    asked = [reason for _, reason in ABSURD.values()].count("asked")
    assert len(world.channel.messages) == asked
    for which in range(asked):
        assert world.answer("5", which=which) == "saved"
    world.turn()
    assert world.counts("writes") == {"done": asked}
