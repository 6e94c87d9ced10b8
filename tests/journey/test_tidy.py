"""tidy, and what status and why tell: time passes, personal data goes, silence is explained."""

import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from journey import collect, pulse, steps, story, tidy, write_back
from tests.journey import conftest
from wire import errors

pytestmark = conftest.sqlite_only
FORGET = timedelta(days=731)


def test_an_invitation_expires_once(world: conftest.World) -> None:
    world.close_case()
    world.turn()
    world.clock.advance(timedelta(days=14))
    assert [tidy.tidy(world.belt), tidy.tidy(world.belt)] == [1, 0]
    assert world.counts("invitations") == {"expired": 1}


def test_an_answered_invitation_does_not_expire(world: conftest.World) -> None:
    world.close_case()
    world.turn()
    world.answer("4")
    world.clock.advance(timedelta(days=20))
    assert tidy.tidy(world.belt) == 0
    assert world.counts("invitations") == {"answered": 1}


def test_personal_data_is_forgotten_on_time_and_the_loop_goes_on(world: conftest.World) -> None:
    world.close_case()
    world.turn()
    world.answer("4", "Kiitos Aino")
    world.turn()
    world.clock.advance(FORGET)
    world.turn()
    told = json.dumps(world.why("#1"))
    assert [word for word in ("Aino", "Kiitos", "Router", "posti") if word in told] == []
    assert world.why("#1")["answer"]["value"] == 4


def test_a_link_to_forgotten_data_still_says_that_it_was_answered(world: conftest.World) -> None:
    world.close_case()
    world.turn()
    world.answer("4", "Kiitos")
    world.turn()
    world.clock.advance(FORGET)
    world.turn()
    question = collect.find(world.belt, world.token())
    assert question is not None
    assert (question.standing, question.value, question.comment) == (collect.Standing.ANSWERED, 4, "")


def test_an_answer_that_could_not_be_written_for_years_is_told_of_and_stops_nothing(world: conftest.World) -> None:
    world.close_case()
    world.turn()
    world.answer("4")
    world.crm.failures += [errors.Later("down")] * 3
    world.clock.advance(FORGET)
    tidy.tidy(world.belt)
    world.crm.failures.clear()
    assert write_back.write_back(world.belt, "crm") == 0
    assert world.counts("writes") == {"dead": 1}
    assert "forgotten" in world.why("#1")["writes"][0]["problem"]


def test_the_story_of_a_record_that_was_asked_about(world: conftest.World) -> None:
    case = world.close_case()
    world.turn()
    conftest.opens(world.belt, world.token(), 4)
    world.answer("4", "Hyvä")
    world.turn()
    told = world.why(case)
    assert (told["kind"], told["record"], bool(told["occurrence"])) == ("case_closed", case, True)
    decided = told["decision"]
    assert (decided["verdict"], decided["reason"], decided["rule"]) == ("ask", "asked", "Closed cases")
    assert (told["invitation"]["state"], told["answer"]["value"], told["answer"]["comment"]) == ("answered", 4, "Hyvä")
    assert [(write["object"], write["state"]) for write in told["writes"]] == [("case", "done")]
    assert [event["what"] for event in told["events"]] == [
        "noticed",
        "asked",
        "invited",
        "sent",
        "opened",
        "answered",
        "written",
    ]


def test_the_story_of_a_record_that_nobody_was_asked_about(world: conftest.World) -> None:
    case = world.close_case(contact__opted_out=True)
    world.turn()
    told = world.why(case)
    assert (told["decision"]["verdict"], told["decision"]["reason"]) == ("never", "opted_out")
    assert told["decision"]["explanation"]
    assert (told["invitation"], told["answer"], told["writes"]) == (None, None, [])


def test_a_story_holds_no_address(world: conftest.World) -> None:
    case = world.close_case()
    world.turn()
    assert "aino1@posti.example" not in json.dumps(world.why(case))


@pytest.mark.parametrize("text", ["{case}", " {case} ", "{number}", "AINO1@posti.example", "040 123 4567", "#1"])
def test_a_record_is_found_by_whatever_people_call_it(world: conftest.World, text: str) -> None:
    by_phone: dict[str, Any] = {"contact__email": None, "contact__phone": "+358401234567"} if text.startswith("040") else {}
    case = world.close_case(**by_phone)
    world.turn()
    assert world.why(text.format(case=case, number="00000001"))["record"] == case


@pytest.mark.parametrize(
    "text", ["", " ", "#", "#²", "#99999999999999999999", "\x00", "\udcff", "%", "_" * 15, "' OR 1=1", "x" * 9999]
)
def test_nonsense_finds_nothing(world: conftest.World, text: str) -> None:
    world.close_case()
    world.turn()
    assert story.tell(world.belt.store, world.belt.secret, text, timedelta(days=30)) == {"touchpoints": []}


def test_status_counts_every_noun_by_state_with_noughts(world: conftest.World) -> None:
    counted = pulse.counts(world.belt)
    assert counted["answers"] == dict.fromkeys(("provisional", "confirmed", "doubtful", "replaced", "void"), 0)
    assert counted["writes"] == dict.fromkeys(("due", "done", "dead", "replaced"), 0)
    assert counted["connectors"]["crm"]["state"] == "ok"
    assert json.dumps(counted)


def test_status_tells_dead_letters_and_unsure_messages(world: conftest.World) -> None:
    world.channel.trouble(errors.Unsure("the line broke"), taken=True)
    case = world.close_case()
    world.turn()
    assert [one["record"] for one in pulse.counts(world.belt)["unsure"]] == [case]
    world.answer("4")
    world.crm.refusals.append(("INVALID_FIELD", "no such field"))
    world.turn()
    assert [one["record"] for one in pulse.counts(world.belt)["dead_letters"]] == [case]


def test_it_is_ready_when_each_crm_was_read_or_said_why_not(make_world: Any) -> None:
    world: conftest.World = make_world()
    assert pulse.ready(world.belt) == (False, ["connectors.crm has not been read yet"])
    world.crm.failures.append(errors.NeedsPerson("wrong password", remedy="mend it"))
    world.turn()
    assert pulse.ready(world.belt)[0]


def test_a_step_that_raises_stops_none_of_the_others(world: conftest.World) -> None:
    world.close_case()
    world.close_case()
    world.turn()
    world.answer("4")
    with world.belt.store.write() as tx:
        broken = "BEFORE UPDATE ON invitation WHEN NEW.state = 'expired'"
        tx.exec_driver_sql(f"CREATE TRIGGER broken {broken} BEGIN SELECT RAISE(ABORT, 'broken'); END")
    world.clock.advance(timedelta(days=20))
    world.close_case()
    with pytest.raises(ExceptionGroup) as raised:
        world.turn()
    assert len(raised.value.exceptions) == 1
    assert (len(world.channel.messages), world.counts("writes")) == (3, {"done": 1})


def test_a_round_looks_only_at_rows_that_wait_however_many_there_are(world: conftest.World) -> None:
    """No step reads through a whole table that grows."""
    statements: set[str] = set()
    plans: list[str] = []
    for _ in range(3):
        world.close_case()
    world.turn()
    for which in range(2):
        world.answer("4", which=which)
    world.turn()

    def note(connection: sa.Connection, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith(("SELECT", "UPDATE")) and statement not in statements:
            statements.add(statement)
            raw = connection.connection.dbapi_connection
            assert raw is not None
            plans.extend(
                f"{row[3]}: {statement}" for row in raw.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
            )

    world.clock.advance(timedelta(minutes=1))
    sa.event.listen(world.belt.store.engine, "before_cursor_execute", note)
    steps.until_nothing_is_due(world.belt)
    sa.event.remove(world.belt.store.engine, "before_cursor_execute", note)
    grows = {"touchpoint", "decision", "invitation", "message", "answer", "field_update", "event", "person"}
    assert plans
    assert [plan for plan in plans if plan.split(":")[0].removeprefix("SCAN ") in grows] == []
