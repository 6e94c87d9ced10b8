"""coverage: who was eligible, asked, reached and answered, by any fact; and who stands out."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from journey import coverage
from store import coverage as counting
from tests.journey import conftest
from triggers import rule

SINCE = conftest.START - timedelta(days=1)


@pytest.fixture
def world(make_world: Callable[..., Any]) -> conftest.World:
    common = {"survey": "csat", "channel": "memory"}
    listed = [{"name": "Cases", "on": "case_closed", "when": [{"field": "priority", "is_not": "Low"}], **common}]
    made: conftest.World = make_world(rules=rule.Rules.model_validate({"rules": listed, "quiet": {"per_person": "30d"}}))
    made.turn()
    return made


def groups(world: conftest.World, by: str) -> dict[str, coverage.Group]:
    return {group.value: group for group in coverage.tell(world.belt.store, by, SINCE).groups}


def test_each_group_is_counted_through_to_the_answer(world: conftest.World) -> None:
    for owner in ("Aino", "Aino", "Juha"):
        world.close_case(owner=owner)
    world.close_case(owner="Aino", priority="Low")
    world.close_case(owner="Aino", email="aino1@posti.example")
    world.turn()
    world.answer(which=[message.address for message in world.channel.messages].index("aino1@posti.example"))
    told = groups(world, "owner")
    aino, juha = told["Aino"], told["Juha"]
    assert (aino.touchpoints, aino.eligible, aino.asked, aino.delivered, aino.answered) == (4, 3, 2, 2, 1)
    assert (juha.touchpoints, juha.eligible, juha.asked, juha.delivered, juha.answered) == (1, 1, 1, 1, 0)


def test_the_share_never_eligible_leaves_our_own_restraint_out(world: conftest.World) -> None:
    world.close_case(owner="Aino", email="same@posti.example")
    world.close_case(owner="Aino", email="same@posti.example")
    world.close_case(owner="Aino", contact__email="")
    world.turn()
    told = groups(world, "owner")["Aino"]
    assert told.reasons == {"asked": 1, "quarantined": 1, "no_address": 1}
    assert told.share_never_eligible is not None
    assert told.share_never_eligible.value == pytest.approx(100 / 3)


def test_a_refused_address_was_asked_and_not_delivered_to(world: conftest.World) -> None:
    world.channel.refused.add("bounces@posti.example")
    world.close_case(owner="Aino", email="bounces@posti.example")
    world.turn()
    told = groups(world, "owner")["Aino"]
    assert (told.asked, told.delivered) == (1, 0)
    assert told.response_rate is None


@pytest.mark.parametrize(
    ("by", "values"),
    [
        ("kind", {"case_closed"}),
        ("connector", {"crm"}),
        ("rule", {"Cases", ""}),
        ("survey", {"csat", ""}),
        ("origin", {"Web", ""}),
    ],
)
def test_any_fact_and_some_columns_make_groups(world: conftest.World, by: str, values: set[str]) -> None:
    world.close_case(origin="Web")
    world.close_case(priority="Low")
    world.turn()
    assert set(groups(world, by)) == values


def test_a_group_whose_value_is_a_number_is_told_as_text(world: conftest.World) -> None:
    world.close_case(priority=3)
    world.turn()
    assert set(groups(world, "priority")) == {"3"}


def test_what_happened_before_is_left_out(world: conftest.World) -> None:
    world.close_case()
    world.turn()
    assert coverage.tell(world.belt.store, "owner", conftest.START + timedelta(days=1)).total.touchpoints == 0


def test_an_answer_that_was_changed_counts_once(world: conftest.World) -> None:
    world.close_case()
    world.turn()
    world.answer("4")
    world.answer("5", change=True)
    told = coverage.tell(world.belt.store, "owner", SINCE).total
    assert (told.touchpoints, told.delivered, told.answered) == (1, 1, 1)


def counted(group: str, reason: str, n: int) -> counting.Counted:
    return counting.Counted(group=group, reason=reason, touchpoints=n, delivered=0, answered=0)


@pytest.mark.parametrize(
    ("never", "asked", "unusual"),
    [(30, 20, True), (8, 42, False), (5, 0, False), (0, 50, False), (50, 0, True)],
)
def test_only_who_leaves_out_far_more_than_the_others_stands_out(never: int, asked: int, unusual: bool) -> None:
    rows = [counted("Picky", "no_address", never), counted("Picky", "asked", asked)]
    rows += [counted(name, reason, n) for name in ("A", "B", "C") for reason, n in (("no_address", 10), ("asked", 90))]
    told = coverage.gathered("owner", SINCE, rows)
    assert {group.value for group in told.groups if group.unusual} == ({"Picky"} if unusual else set())


@hypothesis.given(
    st.lists(
        st.tuples(st.sampled_from("ABC"), st.sampled_from(["asked", "quarantined", "no_address", "deleted"]), st.integers(0, 9))
    )
)
def test_groups_add_up_to_the_whole(rows: list[tuple[str, str, int]]) -> None:
    told = coverage.gathered("owner", SINCE, [counted(*row) for row in rows])
    for figure in ("touchpoints", "eligible", "asked", "never_eligible"):
        assert sum(getattr(group, figure) for group in told.groups) == getattr(told.total, figure)
    assert told.total.eligible + told.total.never_eligible == told.total.touchpoints


def test_json_marks_what_is_too_few_to_judge_by() -> None:
    told = coverage.gathered("owner", SINCE, [counted("A", "asked", 9), counted("B", "asked", 10)]).as_json()
    assert {group["owner"]: group["share_never_eligible"]["too_few"] for group in told["groups"]} == {"A": True, "B": False}
