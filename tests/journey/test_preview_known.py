"""What preview knows from before, what it says of two sets of rules, and what it does with records that break the judging."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from journey.preview import course, tally
from store import past
from tests.journey import conftest
from tests.journey.test_preview import preview
from triggers import decide, rule

DAY = timedelta(days=1)


def rules(*, when: Any = (), reopened: str = "restart", **quiet: Any) -> rule.Rules:
    one = {"name": "Cases", "on": "case_closed", "survey": "csat", "channel": "memory", "when": when, "reopened": reopened}
    return rule.Rules.model_validate({"rules": [one], "quiet": {"per_person": "30d", **quiet}})


@pytest.fixture
def begin(make_world: Callable[..., Any]) -> Callable[[rule.Rules], conftest.World]:
    def begun(chosen: rule.Rules) -> conftest.World:
        world: conftest.World = make_world(rules=chosen)
        world.turn()
        return world

    return begun


def reasons(cases: list[course.Case]) -> list[str]:
    return sorted(case.decided.reason for case in cases)


def test_who_was_asked_before_is_left_in_peace(begin: Callable[[rule.Rules], conftest.World]) -> None:
    world = begin(rules())
    world.close_case(email="aino@posti.example")
    world.turn()
    world.clock.advance(5 * DAY)
    world.close_case(email="aino@posti.example")
    assert reasons(preview(world, days=2)) == ["quarantined"]


def test_who_was_asked_within_the_time_that_is_tried_is_as_free_as_they_were(
    begin: Callable[[rule.Rules], conftest.World],
) -> None:
    world = begin(rules())
    world.clock.advance(DAY)
    world.close_case(email="aino@posti.example")
    world.turn()
    world.clock.advance(DAY)
    assert reasons(preview(world, days=1.5)) == ["asked"]


def test_a_person_is_known_by_phone_when_the_address_is_new(begin: Callable[[rule.Rules], conftest.World]) -> None:
    world = begin(rules())
    world.close_case(email="aino@posti.example", contact__phone="+358401234567")
    world.turn()
    world.clock.advance(5 * DAY)
    world.close_case(email="aino@tyo.example", contact__phone="040 123 4567")
    assert reasons(preview(world, days=2)) == ["quarantined"]


def test_caps_count_what_was_asked_before(begin: Callable[[rule.Rules], conftest.World]) -> None:
    world = begin(rules(per_account="1 per 7d"))
    world.close_case(account__id="acme")
    world.turn()
    world.clock.advance(5 * DAY)
    world.close_case(account__id="acme")
    world.close_case(account__id="other")
    assert reasons(preview(world, days=2)) == ["account_cap", "asked"]


def test_a_case_about_which_somebody_was_asked_before_is_known(begin: Callable[[rule.Rules], conftest.World]) -> None:
    world = begin(rules(reopened="once-per-case", per_person="1d"))
    case = world.close_case(email="aino@posti.example")
    world.turn()
    world.clock.advance(5 * DAY)
    world.reopen(case)
    world.close_again(case)
    assert reasons(preview(world, days=2)) == ["reopened"]


def test_two_sets_of_rules_are_tried_in_one_pass(begin: Callable[[rule.Rules], conftest.World]) -> None:
    world = begin(rules())
    for priority in ("Low", "High", "Low"):
        world.close_case(priority=priority)
    picky = rules(when=[{"field": "priority", "is_not": "Low"}])
    told = tally.Tally(tried=picky, zone=ZoneInfo("UTC"))
    for case in preview(world, days=1, judges=(picky, world.belt.rules)):
        told.count(case)
    assert (told.all.asked, told.difference.now_asked) == (1, 3)
    assert dict(told.difference.changes) == {("asked", "no_rule_matched"): 2}
    assert dict(told.conditions) == {("Cases", "priority is not Low"): 2}


def test_days_are_those_of_the_company(begin: Callable[[rule.Rules], conftest.World]) -> None:
    world = begin(rules())
    world.clock.advance(timedelta(hours=14))  # 23:00 UTC
    world.close_case()
    told = tally.Tally(tried=world.belt.rules, zone=ZoneInfo("Europe/Helsinki"))
    for case in preview(world, days=1):
        told.count(case)
    assert [day.isoformat() for day in told.days] == ["2026-03-03"]


def test_the_load_of_people_and_accounts_is_counted(begin: Callable[[rule.Rules], conftest.World]) -> None:
    world = begin(rules(per_person="1h"))
    for _ in range(3):
        world.close_case(email="aino@posti.example", contact__id="contact-1", account__id="acme", account__name="Acme Oy")
        world.clock.advance(timedelta(hours=2))
    world.close_case(account__id="acme")
    told = tally.Tally(tried=world.belt.rules, zone=ZoneInfo("UTC"))
    for case in preview(world, days=1):
        told.count(case)
    assert told.people == 2
    assert dict(told.people_by_load()) == {3: 1, 1: 1}
    assert told.people_asked_most(1) == [tally.Loaded("crm", "contact-1", "", 3)]
    assert told.accounts_asked_most(1) == [tally.Loaded("crm", "acme", "Acme Oy", 4)]


def test_a_record_that_breaks_the_judging_is_told_and_stops_no_other(
    begin: Callable[[rule.Rules], conftest.World], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = begin(rules())
    for number in range(9):
        world.close_case(subject=f"case {number}")
    real = decide.decide

    def breaking(touch: Any, *rest: Any) -> Any:
        if touch.context["subject"] == "case 4":
            raise RuntimeError("nobody foresaw this")
        return real(touch, *rest)

    monkeypatch.setattr(decide, "decide", breaking)
    assert reasons(preview(world, days=1)) == ["asked"] * 8 + ["unusable"]


def test_a_database_is_neither_made_nor_brought_up_to_date(tmp_path: Path) -> None:
    assert past.open_read_only(f"sqlite:///{tmp_path / 'palaute.db'}") is None
    assert list(tmp_path.iterdir()) == []
    empty = tmp_path / "empty #1?.db"
    empty.touch()
    assert past.open_read_only(f"sqlite:///{empty}") is None
    assert empty.read_bytes() == b""


def test_nothing_can_be_written_through_it(database_url: str) -> None:
    store = past.open_read_only(database_url)
    assert store is not None
    with pytest.raises((sa.exc.OperationalError, sa.exc.InternalError)), store.read() as tx:
        tx.execute(sa.text("DELETE FROM person"))
    store.close()
