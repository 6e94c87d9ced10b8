"""The whole loop, from a closed case to the score on it."""

from datetime import timedelta

from journey import collect, pulse
from tests.journey import conftest


def answer(world: conftest.World, value: str, comment: str = "", *, change: bool = False) -> collect.Collected:
    token = world.token()
    nonce = collect.nonce(world.belt, token, collect.Purpose.CHANGE if change else collect.Purpose.ANSWER)
    return collect.submit(world.belt, token, collect.Post(nonce=nonce, value=value, comment=comment))


def test_a_closed_case_is_asked_about_and_its_answer_lands_on_it(world: conftest.World) -> None:
    case = world.close_case()
    world.turn()
    assert [message.address for message in world.channel.messages] == ["aino1@posti.example"]
    assert answer(world, "4", "Hyvä!") is collect.Collected.SAVED
    world.turn()
    record = world.crm.get("case", case)
    assert record is not None
    assert (record.values["score"], record.values["comment"]) == (4, "Hyvä!")


def test_nothing_more_happens_once_nothing_is_due(world: conftest.World) -> None:
    world.close_case()
    world.turn()
    answer(world, "5")
    world.turn()
    world.clock.advance(timedelta(seconds=30))
    assert sum(world.turn().values()) == 0


def test_a_restart_changes_nothing(world: conftest.World) -> None:
    world.close_case()
    world.turn()
    answer(world, "5")
    world.turn()
    before = pulse.counts(world.belt)
    world.restart()
    world.turn()
    after = pulse.counts(world.belt)
    assert {noun: after[noun] for noun in ("touchpoints", "decisions", "messages", "answers", "writes")} == {
        noun: before[noun] for noun in ("touchpoints", "decisions", "messages", "answers", "writes")
    }


def test_what_was_closed_before_the_start_is_not_asked_about(make_world: object) -> None:
    world = make_world()  # type: ignore[operator]
    world.close_case()
    world.clock.advance(timedelta(hours=1))
    world.restart()
    world.turn()
    world.turn()
    assert pulse.counts(world.belt)["touchpoints"]["total"] == 0


def test_what_was_closed_between_the_start_and_the_first_round_is_asked_about(make_world: object) -> None:
    world = make_world()  # type: ignore[operator]
    world.clock.advance(timedelta(minutes=1))
    world.close_case()
    world.clock.advance(timedelta(hours=1))
    world.turn()
    assert len(world.channel.messages) == 1


def test_the_past_is_asked_about_when_settings_say_so(make_world: object) -> None:
    world = make_world(since={"crm": timedelta(days=1)})  # type: ignore[operator]
    world.close_case()
    world.clock.advance(timedelta(hours=1))
    world.turn()
    assert len(world.channel.messages) == 1
