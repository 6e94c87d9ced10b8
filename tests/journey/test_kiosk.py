"""Batches of a tablet: each answer once, at the time at which it was given, whatever the tablet's clock says."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey.answering import visits
from journey.visiting import kiosk, places
from tests.journey import conftest, test_places

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DEVICE = uuid.UUID(int=7)


@pytest.mark.parametrize(
    ("answered", "sent", "minutes_ago"),
    [
        (1_000_000, 1_000_000, 0),
        (1_000_000, 1_000_000 + 600_000, 10),
        (9e12, 9e12 + 600_000, 10),
        (-5e12, -5e12 + 600_000, 10),
        (2_000_000, 1_000_000, None),
        (0, 1.7e12, None),
        (float("-inf"), 0, None),
        (float("nan"), 0, None),
        (0, 1e300, None),
    ],
)
def test_only_the_time_that_it_waited_counts(answered: float, sent: float, minutes_ago: float | None) -> None:
    opened = NOON - timedelta(days=300)
    expected = None if minutes_ago is None else NOON - timedelta(minutes=minutes_ago)
    assert kiosk.given_at(answered, sent, NOON, opened) == expected


@given(st.floats(), st.floats())
def test_no_clock_makes_an_answer_older_than_its_place_or_one_from_the_future(answered: float, sent: float) -> None:
    opened = NOON - timedelta(days=30)
    at = kiosk.given_at(answered, sent, NOON, opened)
    assert at is None or opened <= at <= NOON


@given(st.integers(-(10**13), 10**13), st.integers(0, 10**9), st.integers(-(10**13), 10**13))
def test_a_clock_that_is_wrong_by_any_amount_changes_nothing(answered: int, waited: int, skew: int) -> None:
    opened = NOON - timedelta(days=30)
    right = kiosk.given_at(answered, answered + waited, NOON, opened)
    assert right == NOON - timedelta(milliseconds=waited)
    assert kiosk.given_at(answered + skew, answered + skew + waited, NOON, opened) == right


def tap(value: int = 4, *, ago: float = 0, number: uuid.UUID | None = None, **more: Any) -> dict[str, Any]:
    return {"id": str(number or uuid.uuid4()), "value": value, "answered": -ago * 1000, "language": "fi", **more}


def send(world: conftest.World, place: places.Place, *answers: dict[str, Any], device: uuid.UUID = DEVICE) -> list[str]:
    batch = kiosk.Batch(device=device, sent=0, answers=list(answers))
    return [str(told["outcome"]) for told in kiosk.take(world.belt, place, batch, visits.UNKNOWN)]


class TestBatches:
    """Into a real store."""

    def test_a_batch_again_is_the_same_batch(self, world: conftest.World) -> None:
        place = test_places.make(world, made_at=world.clock() - timedelta(days=3))
        taps = [tap(value, ago=60 * value) for value in (1, 2, 3)]
        assert send(world, place, *taps) == ["saved"] * 3
        assert send(world, place, *taps, tap(4)) == ["same"] * 3 + ["saved"]
        assert world.counts("answers") == {"confirmed": 4}

    def test_a_comment_that_comes_later_takes_the_place_of_the_tap(self, world: conftest.World) -> None:
        place, one = test_places.make(world), uuid.uuid4()
        assert send(world, place, tap(2, number=one)) == ["saved"]
        said = tap(2, number=one, revision=1, comment="Jono")
        assert send(world, place, said, said) == ["changed", "same"]
        assert send(world, place, tap(2, number=one)) == ["same"]
        assert test_places.stored(world, "value", "comment", "state", "channel", "device") == [
            (2, "", "replaced", "kiosk", "kiosk"),
            (2, "Jono", "confirmed", "kiosk", "kiosk"),
        ]

    def test_a_comment_may_come_before_its_tap(self, world: conftest.World) -> None:
        place, one = test_places.make(world), uuid.uuid4()
        assert send(world, place, tap(2, number=one, revision=1, comment="Jono")) == ["saved"]
        assert send(world, place, tap(2, number=one)) == ["same"]
        assert test_places.stored(world, "comment", "state") == [("Jono", "confirmed")]

    def test_the_shift_is_that_of_the_corrected_local_time(self, world: conftest.World) -> None:
        place = test_places.make(world, made_at=world.clock() - timedelta(days=3))
        send(world, place, tap(4, ago=0), tap(4, ago=8 * 3600), tap(4, ago=5 * 3600))
        told = [one["context"]["shift"] for one in test_places.told(world, place)]
        assert sorted(told) == ["morning", "night", "night"]

    @pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
    def test_three_taps_in_ten_seconds_are_one_and_two_repeats_in_whatever_order(
        self, world: conftest.World, order: tuple[int, ...]
    ) -> None:
        place = test_places.make(world, made_at=world.clock() - timedelta(days=3))
        taps = [tap(value, ago=100 - 4 * number) for number, value in enumerate((5, 1, 2))]
        for number in order:
            assert send(world, place, taps[number]) == ["saved"]
        found = {value: (state, sign) for value, state, sign in test_places.stored(world, "value", "state", "sign")}
        assert found == {5: ("confirmed", ""), 1: ("doubtful", "repeat"), 2: ("doubtful", "repeat")}

    def test_answers_of_an_unknown_time_are_not_taken_for_repeats(self, world: conftest.World) -> None:
        place = test_places.make(world)
        send(world, place, *(tap(ago=1e9 + 3600 * number) for number in range(4)))
        assert world.counts("answers") == {"confirmed": 4}

    def test_two_tablets_do_not_repeat_each_other(self, world: conftest.World) -> None:
        place = test_places.make(world)
        for number in range(3):
            send(world, place, tap(), device=uuid.UUID(int=number))
        assert world.counts("answers") == {"confirmed": 3}

    def test_a_comment_on_a_repeat_leaves_it_a_repeat(self, world: conftest.World) -> None:
        place, one = test_places.make(world, made_at=world.clock() - timedelta(days=1)), uuid.uuid4()
        send(world, place, tap(ago=9), tap(ago=5), tap(1, number=one, ago=1))
        send(world, place, tap(1, number=one, revision=1, comment="Hei", ago=1))
        assert test_places.stored(world, "state", "sign", "comment")[-1] == ("doubtful", "repeat", "Hei")
        assert world.counts("answers") == {"confirmed": 1, "doubtful": 2, "replaced": 1}

    def test_what_makes_no_sense_holds_up_nothing(self, world: conftest.World) -> None:
        place = test_places.make(world)
        odd = [{}, {"id": "x"}, tap(9), tap(-1), tap(4, revision=99), tap(4, comment="x" * 9999), {**tap(), "answered": "noon"}]
        assert send(world, place, *odd, tap()) == ["refused"] * len(odd) + ["saved"]

    def test_what_was_given_before_the_place_closed_still_counts(self, world: conftest.World) -> None:
        opened = world.clock() - timedelta(days=3)
        place = test_places.make(world, made_at=opened, closed_at=world.clock() - timedelta(hours=1))
        assert send(world, place, tap(ago=7200), tap(ago=60)) == ["saved", "closed"]
