"""write_back: every row settled by itself, the newest answer wins, and nothing is given up silently."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from journey import notice, outside, settings, write_back
from store import health, opened, updates
from tests.journey import conftest
from wire import errors

pytestmark = conftest.sqlite_only
Make = Callable[..., Any]


def answered(world: conftest.World, count: int) -> list[str]:
    """So many cases whose answers wait to be written; the value is the case's number."""
    cases = []
    for _ in range(count):
        cases.append(world.close_case())
        world.clock.advance(timedelta(seconds=1))
    world.turn()
    for which in range(count):
        world.answer(str(which % 5 + 1), which=which - count)
    return cases


def scores(world: conftest.World, cases: list[str]) -> list[Any]:
    return [world.values(case)["score"] for case in cases]


def test_a_batch_is_one_call(world: conftest.World) -> None:
    cases = answered(world, 20)
    world.belt.fields.of("crm")
    before = world.crm.calls
    assert write_back.write_back(world.belt, "crm") == 20
    assert world.crm.calls - before == 1
    assert scores(world, cases) == [number % 5 + 1 for number in range(20)]


def test_each_row_is_settled_by_itself(world: conftest.World) -> None:
    cases = answered(world, 4)
    world.crm.delete("case", cases[1])
    world.crm.refusals += [("locked", "being edited")]
    world.turn()
    assert scores(world, cases)[2:] == [3, 4]
    assert world.counts("writes") == {"due": 1, "done": 2, "dead": 1}


def test_a_locked_row_is_written_later(world: conftest.World) -> None:
    cases = answered(world, 1)
    world.crm.refusals.append(("locked", "being edited"))
    world.turn()
    world.clock.advance(timedelta(seconds=5))
    world.turn()
    assert scores(world, cases) == [1]


def test_a_locked_row_does_not_make_the_crm_look_down(world: conftest.World) -> None:
    answered(world, 1)
    world.crm.refusals.append(("locked", "being edited"))
    write_back.write_back(world.belt, "crm")
    assert not world.belt.outside.rests("connectors.crm")


def test_a_dead_letter_is_told_of_in_the_crms_own_words_and_can_be_tried_again(world: conftest.World) -> None:
    cases = answered(world, 1)
    world.crm.refusals.append(("INVALID_FIELD", "No such column 'Palaute_Score__c'"))
    world.turn()
    told = world.why(cases[0])["writes"][0]
    assert (told["state"], told["code"], told["problem"]) == ("dead", "INVALID_FIELD", "No such column 'Palaute_Score__c'")
    world.clock.advance(timedelta(days=30))
    world.turn()
    assert scores(world, cases) == [None], "nobody has mended anything"
    with world.belt.store.write() as tx:
        assert updates.retry(tx, world.clock()) == 1
    world.turn()
    assert scores(world, cases) == [1]


def test_after_a_dead_letter_the_crm_is_asked_anew_what_its_fields_are(world: conftest.World) -> None:
    answered(world, 1)
    described = world.belt.fields.of("crm")
    world.crm.refusals.append(("INVALID_FIELD", "No such column"))
    world.turn()
    assert world.belt.fields.of("crm") is not described


def test_rows_wait_while_the_crm_is_down_and_go_at_once_when_it_is_back(world: conftest.World) -> None:
    cases = answered(world, 3)
    for _ in range(200):
        world.crm.failures[:] = [errors.Later("down")] * 9
        world.turn()
        world.clock.advance(timedelta(minutes=1))
    world.crm.failures.clear()
    world.turn()
    assert scores(world, cases) == [1, 2, 3]


def standing(world: conftest.World) -> list[str]:
    with world.belt.store.read() as tx:
        return [row["subject"] for row in health.all_of(tx) if row["failing_since"] is not None]


def test_a_write_that_must_wait_does_not_make_a_crm_look_well_that_is_down(world: conftest.World) -> None:
    answered(world, 1)
    world.belt.fields.of("crm")
    world.crm.failures.append(errors.Later("down"))
    notice.notice(world.belt, "crm")
    assert standing(world) == ["connectors.crm"]
    world.clock.advance(timedelta(minutes=1))
    world.crm.failures.append(errors.Later("down"))
    write_back.write_back(world.belt, "crm")
    assert standing(world) == ["connectors.crm"]


@pytest.fixture
def twice(make_world: Make) -> tuple[conftest.World, str]:
    """A case that was closed twice; both closings were asked about and answered, first with 1, then with 5."""
    world: conftest.World = make_world(rules=conftest.rules(per_person="0d"))
    world.crm.put("case", "", {"closed": False, "score": None, "comment": None})
    world.turn()
    case = world.close_case()
    world.turn()
    world.reopen(case)
    world.clock.advance(timedelta(hours=1))
    world.close_again(case)
    world.turn()
    world.answer("1", which=0)
    world.clock.advance(timedelta(hours=1))
    world.answer("5", which=1)
    return world, case


def test_of_two_answers_for_one_record_the_newest_stays(twice: tuple[conftest.World, str]) -> None:
    world, case = twice
    world.turn()
    assert world.values(case)["score"] == 5
    assert world.counts("writes") == {"done": 2}


def test_the_newest_stays_also_when_the_older_had_to_wait(twice: tuple[conftest.World, str]) -> None:
    world, case = twice
    world.crm.refusals += [("locked", "being edited")] * 3
    for _ in range(20):
        world.turn()
        world.clock.advance(timedelta(minutes=1))
    assert world.values(case)["score"] == 5
    assert world.counts("writes") == {"done": 2}


def test_an_answer_that_was_changed_during_a_retry_is_what_stays(world: conftest.World) -> None:
    cases = answered(world, 1)
    world.crm.refusals.append(("locked", "being edited"))
    world.turn()
    world.answer("5", change=True)
    for _ in range(10):
        world.clock.advance(timedelta(minutes=1))
        world.turn()
    assert scores(world, cases) == [5]


def test_a_row_that_cannot_be_read_is_a_dead_letter_and_the_others_go(world: conftest.World) -> None:
    cases = answered(world, 3)
    with world.belt.store.write() as tx:
        table = updates.UPDATE
        tx.execute(sa.update(table).where(table.c.record == cases[1]).values(fields={"answered_at": "nonsense"}))
    world.turn()
    assert scores(world, cases) == [1, None, 3]
    assert world.why(cases[1])["writes"][0]["problem"] == "it cannot be read, for a reason of our own (ValueError)"


def test_nothing_is_written_on_other_records(world: conftest.World) -> None:
    others = [world.crm.put("case", "", {"closed": False, "score": 9, "comment": "by hand"}) for _ in range(3)]
    answered(world, 3)
    world.turn()
    assert scores(world, others) == [9, 9, 9]


def test_answers_for_an_object_that_settings_do_not_write_to_stay_here(make_world: Make) -> None:
    world: conftest.World = make_world(targets={})
    world.turn()
    world.close_case()
    world.turn()
    assert world.answer("5") == "saved"
    assert world.counts("writes") == {}


def test_answers_are_gathered_into_one_write(make_world: Make) -> None:
    world: conftest.World = make_world(patient=True, settings=settings.JourneySettings(signs=conftest.NO_WAITING))
    world.crm.put("case", "", {"closed": False, "score": None, "comment": None})
    world.turn()
    for _ in range(3):
        world.close_case()
    world.turn()
    world.clock.advance(timedelta(seconds=3))
    world.turn()
    for which in range(3):
        world.answer("5", which=which)
        world.turn()
        world.clock.advance(timedelta(seconds=1))
    assert world.counts("writes") == {"due": 3}
    world.clock.advance(timedelta(seconds=2))
    world.turn()
    assert world.counts("writes") == {"done": 3}


@pytest.fixture
def parties(world: conftest.World) -> tuple[outside.Outside, opened.Opened, conftest.Clock]:
    """The standing of outside parties, with the store and the clock behind it."""
    return outside.Outside(world.belt.store, world.clock), world.belt.store, world.clock


def test_a_party_that_fails_rests_longer_each_time_and_at_most_a_minute(
    parties: tuple[outside.Outside, opened.Opened, conftest.Clock],
) -> None:
    standing, _, clock = parties
    rests = []
    for _ in range(8):
        with pytest.raises(errors.Later), standing.dealing_with("channels.memory"):
            raise errors.Later("down")
        began = clock()
        while standing.rests("channels.memory"):
            clock.advance(timedelta(seconds=1))
        rests.append((clock() - began).total_seconds())
    assert rests == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_party_rests_as_long_as_it_asks_for(parties: tuple[outside.Outside, opened.Opened, conftest.Clock]) -> None:
    standing, _, clock = parties
    with pytest.raises(errors.Later), standing.dealing_with("connectors.crm"):
        raise errors.Later("slow down", delay=300)
    clock.advance(timedelta(seconds=299))
    with pytest.raises(outside.Resting), standing.dealing_with("connectors.crm"):
        raise AssertionError("it was to be left in peace")
    clock.advance(timedelta(seconds=1))
    assert not standing.rests("connectors.crm")


def test_what_needs_a_person_says_what_to_do(parties: tuple[outside.Outside, opened.Opened, conftest.Clock]) -> None:
    standing, store, _ = parties
    with pytest.raises(errors.NeedsPerson), standing.dealing_with("connectors.crm"):
        raise errors.NeedsPerson("the password is wrong", remedy="Write the new one into settings.")
    with store.read() as tx:
        row = next(row for row in health.all_of(tx) if row["subject"] == "connectors.crm")
    assert (row["problem"], row["remedy"]) == ("the password is wrong", "Write the new one into settings.")


def test_a_crm_that_is_down_is_told_of_once_and_once_when_it_is_back(world: conftest.World, logs: list[dict[str, Any]]) -> None:
    answered(world, 2)
    logs.clear()
    for _ in range(30):
        world.crm.failures[:] = [errors.Later("down")] * 9
        world.turn()
        world.clock.advance(timedelta(seconds=20))
    world.crm.failures.clear()
    for _ in range(5):
        world.clock.advance(timedelta(seconds=20))
        world.turn()
    standing = [line["event"] for line in logs if line["event"] in ("failing", "recovered")]
    assert standing == ["failing", "recovered"]


def test_no_log_line_holds_an_address_a_name_or_what_a_customer_wrote(world: conftest.World, logs: list[dict[str, Any]]) -> None:
    answered(world, 3)
    world.answer("1", "Kiitos", change=True)
    world.channel.trouble(errors.Unsure("the line broke"))
    world.close_case()
    world.crm.refusals.append(("INVALID_FIELD", "no such field"))
    world.turn()
    assert logs
    assert [line for line in logs if any(word in str(line) for word in ("aino", "Aino", "Kiitos", "Router"))] == []
