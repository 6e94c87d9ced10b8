"""collect: one answer per invitation, changed on purpose only, and everything else kept apart."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from journey import collect, settings
from journey.answering import visits
from store import answers
from tests.journey import conftest

Collected = collect.Collected


@pytest.fixture
def asked(world: conftest.World) -> conftest.World:
    """A world in which one person was asked about one case."""
    world.close_case()
    world.turn()
    return world


def kept(world: conftest.World) -> list[tuple[int, str]]:
    """Value and state of every version, the oldest first."""
    with world.belt.store.read() as tx:
        table = answers.ANSWER
        return [(row.value, row.state) for row in tx.execute(sa.select(table).order_by(table.c.version))]


def score(world: conftest.World) -> Any:
    world.turn()
    return written(world)["score"]


def written(world: conftest.World) -> dict[str, Any]:
    """The case that was asked about, as the CRM has it."""
    return next(record.values for record in world.crm.records("case") if record.values["closed"])


def test_the_same_post_twice_is_one_answer(asked: conftest.World) -> None:
    nonce = collect.nonce(asked.belt, asked.token())
    assert [asked.answer("4", nonce=nonce), asked.answer("4", nonce=nonce)] == [Collected.SAVED, Collected.SAME]
    assert kept(asked) == [(4, "confirmed")]


def test_the_same_answer_from_another_form_is_one_answer(asked: conftest.World) -> None:
    assert [asked.answer("4"), asked.answer("4")] == [Collected.SAVED, Collected.SAME]
    assert kept(asked) == [(4, "confirmed")]


def test_a_second_different_answer_is_kept_apart_and_does_not_count(asked: conftest.World) -> None:
    asked.answer("4")
    assert asked.answer("1") is Collected.SAME
    assert kept(asked) == [(4, "confirmed"), (1, "doubtful")]
    assert score(asked) == 4


def test_a_change_replaces_the_answer_and_is_written_again(asked: conftest.World) -> None:
    asked.answer("4", "Hyvä")
    assert score(asked) == 4
    assert asked.answer("2", "Ei sittenkään", change=True) is Collected.CHANGED
    assert kept(asked) == [(4, "replaced"), (2, "confirmed")]
    assert score(asked) == 2
    assert asked.counts("writes") == {"done": 2}


def test_a_change_before_the_first_was_written_leaves_one_write(asked: conftest.World) -> None:
    asked.answer("4")
    asked.answer("2", change=True)
    assert score(asked) == 2
    assert asked.counts("writes") == {"done": 1, "replaced": 1}


@conftest.sqlite_only
def test_a_change_is_possible_for_as_long_as_the_page_says(asked: conftest.World) -> None:
    asked.answer("4")
    question = collect.find(asked.belt, asked.token())
    assert question is not None
    assert question.changeable_until is not None
    asked.clock.at = question.changeable_until
    assert asked.answer("2", change=True) is Collected.CHANGED
    asked.clock.at = asked.clock() + timedelta(days=20)
    assert asked.answer("5", change=True) is Collected.SAME
    assert kept(asked)[-1] == (5, "doubtful")


@conftest.sqlite_only
@pytest.mark.parametrize("value", ["", "0", "6", "-1", "4.0", "four", "４", "1e0", "99999999999999999999", "\x00", " "])
def test_what_is_not_on_the_scale_is_no_answer(asked: conftest.World, value: str) -> None:
    assert asked.answer(value) is Collected.OUT_OF_RANGE
    assert kept(asked) == []


@conftest.sqlite_only
def test_an_altered_or_made_up_link_leads_nowhere(asked: conftest.World) -> None:
    token = asked.token()
    for wrong in (token[:-1], token + "x", token.swapcase(), "", "\x00", "a" * 5_000, "' OR 1=1 --", "\udc00"):
        assert collect.find(asked.belt, wrong) is None
        assert collect.submit(asked.belt, wrong, collect.Post(nonce="", value="4")) is Collected.CLOSED
        assert not collect.unsubscribe(asked.belt, wrong)
    assert kept(asked) == []


def test_a_token_that_no_database_can_hold_leads_nowhere(asked: conftest.World) -> None:
    assert [collect.find(asked.belt, wrong) for wrong in ("\x00", "\udc00", "ä")] == [None, None, None]


@conftest.sqlite_only
def test_a_nonce_of_another_link_is_refused(asked: conftest.World) -> None:
    asked.close_case()
    asked.turn()
    foreign = collect.nonce(asked.belt, asked.token(0))
    assert asked.answer("4", nonce=foreign) is Collected.STALE_NONCE


@conftest.sqlite_only
@pytest.mark.parametrize("nonce", ["", "nonsense", "\x00", "\udc00", "a.b.c"])
def test_a_made_up_nonce_is_refused(asked: conftest.World, nonce: str) -> None:
    assert asked.answer("4", nonce=nonce) is Collected.STALE_NONCE


@conftest.sqlite_only
def test_a_form_that_lay_open_for_days_is_shown_afresh(asked: conftest.World) -> None:
    old = collect.nonce(asked.belt, asked.token())
    asked.clock.advance(timedelta(days=3))
    assert asked.answer("4", nonce=old) is Collected.STALE_NONCE
    assert asked.answer("4") is Collected.SAVED


@conftest.sqlite_only
def test_a_filled_decoy_is_kept_apart_and_thanked_for(asked: conftest.World) -> None:
    assert asked.answer("4", decoy="http://spam.example") is Collected.CHECKED
    assert kept(asked) == [(4, "doubtful")]
    assert score(asked) is None


@conftest.sqlite_only
def test_a_person_can_still_answer_after_a_machine_did(asked: conftest.World) -> None:
    asked.answer("1", decoy="x")
    assert asked.answer("5") is Collected.SAVED
    assert score(asked) == 5


@conftest.sqlite_only
def test_a_closed_survey_takes_no_answer(asked: conftest.World) -> None:
    asked.clock.advance(timedelta(days=14))
    assert asked.answer("4") is Collected.CLOSED
    asked.turn()
    assert asked.answer("4") is Collected.CLOSED
    conftest.opens(asked.belt, asked.token(), 4)
    assert kept(asked) == []


@conftest.sqlite_only
def test_a_tap_in_the_mail_never_counts_by_itself(asked: conftest.World) -> None:
    conftest.opens(asked.belt, asked.token(), 5)
    conftest.opens(asked.belt, asked.token(), 3)
    assert kept(asked) == [(3, "provisional")]
    assert score(asked) is None
    assert asked.counts("writes") == {}


@conftest.sqlite_only
@pytest.mark.parametrize("value", [None, 0, 6, -1, 10**30])
def test_opening_the_page_stores_an_open_and_no_value_off_the_scale(asked: conftest.World, value: int | None) -> None:
    conftest.opens(asked.belt, asked.token(), value)
    assert kept(asked) == []
    assert asked.why("00000001")["invitation"]["opened_at"] is not None


@conftest.sqlite_only
def test_an_answer_takes_the_place_of_a_tap(asked: conftest.World) -> None:
    conftest.opens(asked.belt, asked.token(), 5)
    asked.answer("2")
    conftest.opens(asked.belt, asked.token(), 5)
    assert kept(asked) == [(5, "replaced"), (2, "confirmed")]


@pytest.mark.parametrize(
    ("comment", "stored"),
    [
        ("Hyvä!\r\nKiitos\rpaljon", "Hyvä!\nKiitos\npaljon"),
        ("  \n", ""),
        ("a\x00b", "ab"),
        ("\ud83d lone", "? lone"),
        ("ä" * 5_000, "ä" * 4_000),
        ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
        ("שלום \u202e👩\u200d👧", "שלום \u202e👩\u200d👧"),
    ],
)
def test_any_comment_can_be_stored_and_written(asked: conftest.World, comment: str, stored: str) -> None:
    assert asked.answer("4", comment) is Collected.SAVED
    question = collect.find(asked.belt, asked.token())
    assert question is not None
    assert question.comment == stored
    asked.turn()
    assert written(asked)["comment"] == (stored or None)


@conftest.sqlite_only
def test_a_program_that_posts_for_ever_fills_no_disk(asked: conftest.World) -> None:
    asked.answer("4")
    for number in range(collect.MOST_VERSIONS + 10):
        asked.answer(str(1 + number % 3), f"number {number}")
    assert len(kept(asked)) == collect.MOST_VERSIONS


def test_an_answer_survives_a_restart(asked: conftest.World) -> None:
    assert asked.answer("4", "Hyvä") is Collected.SAVED
    asked.restart()
    assert score(asked) == 4


def test_two_processes_that_take_the_same_post_store_one_answer(asked: conftest.World) -> None:
    nonce = collect.nonce(asked.belt, asked.token())
    other = asked.open()
    first = asked.answer("4", nonce=nonce)
    second = collect.submit(other, asked.token(), collect.Post(nonce=nonce, value="4"))
    other.writer.close()
    other.store.close()
    assert [first, second] == [Collected.SAVED, Collected.SAME]
    assert kept(asked) == [(4, "confirmed")]


@conftest.sqlite_only
def test_saying_no_twice_is_saying_no(asked: conftest.World) -> None:
    assert collect.unsubscribe(asked.belt, asked.token())
    assert collect.unsubscribe(asked.belt, asked.token())
    asked.clock.advance(timedelta(days=60))
    case = asked.close_case(email="aino1@posti.example")
    asked.turn()
    assert asked.why(case)["decision"]["reason"] == "opted_out"


@conftest.sqlite_only
def test_whoever_said_no_can_still_answer_what_they_were_asked(asked: conftest.World) -> None:
    collect.unsubscribe(asked.belt, asked.token())
    assert asked.answer("2") is Collected.SAVED


def visit(world: conftest.World, address: str = "198.51.100.7", robot: str = "") -> visits.Visit:
    """Somebody with this address, now."""
    known = visits.visitor(world.belt.secret, address, False, ("Firefox",))
    return visits.Visit(visitor=known, robot=robot, at=world.clock())


def post(world: conftest.World, value: str = "4", purpose: collect.Purpose = collect.Purpose.ANSWER, **more: Any) -> Collected:
    """A form that was opened is sent ten seconds later."""
    nonce = collect.nonce(world.belt, world.token(), purpose)
    world.clock.advance(timedelta(seconds=more.pop("after", 10)))
    return collect.submit(world.belt, world.token(), collect.Post(nonce=nonce, value=value, **more))


def standing(world: conftest.World) -> collect.Standing:
    question = collect.find(world.belt, world.token())
    assert question is not None
    return question.standing


def test_a_doubtful_answer_says_why_and_leaves_the_link_open(asked: conftest.World) -> None:
    assert post(asked, "5", visit=visit(asked, robot="Slackbot")) is Collected.CHECKED
    assert standing(asked) is collect.Standing.CHECKED
    told = asked.why("00000001")["answer"]
    assert (told["state"], told["sign"]) == ("doubtful", "named")
    assert told["doubt"] == "the program that sent it calls itself Slackbot"
    assert post(asked, "3") is Collected.SAVED
    assert standing(asked) is collect.Standing.ANSWERED
    assert kept(asked) == [(5, "doubtful"), (3, "confirmed")]


def test_a_second_press_confirms_what_was_doubted(asked: conftest.World) -> None:
    post(asked, "4", comment="Hyvä", decoy="x")
    assert post(asked, "4", collect.Purpose.CONFIRM, comment="Hyvä") is Collected.SAVED
    assert kept(asked) == [(4, "replaced"), (4, "confirmed")]


@conftest.sqlite_only
def test_a_second_press_without_reading_confirms_nothing(make_world: Callable[..., Any]) -> None:
    asked: conftest.World = make_world(settings=settings.JourneySettings(signs=settings.Signs(just_sent=timedelta(0))))
    asked.close_case()
    asked.turn()
    post(asked, "4", decoy="x")
    assert post(asked, "4", collect.Purpose.CONFIRM, after=1) is Collected.CHECKED
    assert kept(asked) == [(4, "doubtful"), (4, "doubtful")]


@conftest.sqlite_only
def test_only_the_form_for_a_change_changes(asked: conftest.World) -> None:
    post(asked, "4")
    for purpose in (collect.Purpose.ANSWER, collect.Purpose.CONFIRM):
        assert post(asked, "1", purpose) is Collected.SAME
    assert post(asked, "2", collect.Purpose.CHANGE) is Collected.CHANGED
    assert kept(asked) == [(4, "replaced"), (1, "doubtful"), (2, "confirmed")]


@conftest.sqlite_only
def test_a_machine_that_uses_the_form_for_a_change_changes_nothing(asked: conftest.World) -> None:
    post(asked, "4")
    assert post(asked, "1", collect.Purpose.CHANGE, visit=visit(asked, robot="bingbot")) is Collected.CHECKED
    assert kept(asked) == [(4, "confirmed"), (1, "doubtful")]
    assert standing(asked) is collect.Standing.ANSWERED


@conftest.sqlite_only
def test_the_same_form_with_something_else_in_it_is_kept_apart_once(asked: conftest.World) -> None:
    nonce = collect.nonce(asked.belt, asked.token())
    outcomes = [asked.answer(value, nonce=nonce) for value in ("4", "1", "1", "4")]
    assert outcomes == [Collected.SAVED, Collected.SAME, Collected.SAME, Collected.SAME]
    assert kept(asked) == [(4, "confirmed"), (1, "doubtful")]


@conftest.sqlite_only
def test_an_answer_in_the_moment_of_sending_is_doubted(make_world: Callable[..., conftest.World]) -> None:
    world = make_world(settings=settings.JourneySettings())
    world.crm.put("case", "", {"closed": False, "score": None, "comment": None})
    world.turn()
    world.close_case()
    world.turn()
    assert post(world, "5", after=2.9) is Collected.CHECKED
    assert post(world, "4", after=10) is Collected.SAVED
    assert kept(world) == [(5, "doubtful"), (4, "confirmed")]


@conftest.sqlite_only
def test_one_visitor_who_answers_for_ten_people_is_doubted_from_the_tenth_on(world: conftest.World) -> None:
    for _ in range(12):
        world.close_case()
    world.turn()
    outcomes = []
    for which in range(12):
        token = world.token(which)
        nonce = collect.nonce(world.belt, token)
        world.clock.advance(timedelta(seconds=3))
        outcomes.append(collect.submit(world.belt, token, collect.Post(nonce=nonce, value="5", visit=visit(world))))
    assert outcomes == [Collected.SAVED] * 9 + [Collected.CHECKED] * 3


def submission(world: conftest.World, value: str, which: int = -1, **more: Any) -> collect.Submission:
    token = world.token(which)
    prepared = collect.prepare(world.belt, token, collect.Post(nonce=collect.nonce(world.belt, token), value=value, **more))
    assert isinstance(prepared, collect.Submission)
    return prepared


def test_the_posts_of_one_batch_see_each_other(asked: conftest.World) -> None:
    asked.close_case()
    asked.turn()
    first = submission(asked, "4")
    batch = [
        first,
        first,
        submission(asked, "9"),
        submission(asked, "2", 0),
        submission(asked, "1"),
        submission(asked, "3", decoy="x"),
    ]
    with asked.belt.store.write() as tx:
        outcomes = collect.store_all(asked.belt, tx, batch)
    saved, same = Collected.SAVED, Collected.SAME
    assert outcomes == [saved, same, Collected.OUT_OF_RANGE, saved, same, same]
    asked.turn()
    assert sorted(record.values["score"] or 0 for record in asked.crm.records("case")) == [0, 2, 4]
    with asked.belt.store.write() as tx:
        assert collect.store_all(asked.belt, tx, batch[:4]) == [same, same, Collected.OUT_OF_RANGE, same]


def test_processes_that_take_different_posts_at_once_store_all_of_them_and_count_one(asked: conftest.World) -> None:
    others = [asked.open() for _ in range(2)]
    token = asked.token()
    posts = [collect.Post(nonce=collect.nonce(asked.belt, token), value=str(1 + n % 5), comment=f"number {n}") for n in range(18)]
    with ThreadPoolExecutor(6) as people:
        outcomes = list(people.map(lambda n: collect.submit(others[n % 2], token, posts[n]), range(18)))
    for belt in others:
        belt.writer.close()
        belt.store.close()
    assert Counter(outcomes) == {Collected.SAVED: 1, Collected.SAME: 17}
    assert Counter(state for _, state in kept(asked)) == {"confirmed": 1, "doubtful": 17}


@conftest.sqlite_only
def test_a_program_that_posts_for_ever_keeps_no_person_from_answering(asked: conftest.World) -> None:
    for number in range(collect.MOST_VERSIONS + 5):
        assert asked.answer(str(1 + number % 3), f"number {number}", decoy="x") is Collected.CHECKED
    assert len(kept(asked)) == collect.MOST_VERSIONS
    assert asked.answer("5") is Collected.SAVED
    assert asked.answer("4", change=True) is Collected.CHANGED
    assert score(asked) == 4


@conftest.sqlite_only
def test_changes_for_ever_fill_no_disk(asked: conftest.World) -> None:
    asked.answer("1")
    outcomes = [
        asked.answer(str(1 + number % 5), f"number {number}", change=True) for number in range(2 * collect.MOST_VERSIONS + 5)
    ]
    assert len(kept(asked)) == 2 * collect.MOST_VERSIONS
    assert outcomes[-6:] == [Collected.SAME] * 6


@conftest.sqlite_only
def test_the_same_visitors_second_try_is_the_release_of_the_first(asked: conftest.World) -> None:
    assert post(asked, "4", visit=visit(asked), decoy="x") is Collected.CHECKED
    assert post(asked, "4", visit=visit(asked)) is Collected.SAVED
    assert kept(asked) == [(4, "replaced"), (4, "confirmed")]
