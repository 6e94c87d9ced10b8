"""Signs: each as a table of what a machine's post looks like, and of people who do something near it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from journey import settings
from journey.answering import forms, signs, visits

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECRET = b"x" * 32
CHOSEN = settings.Signs()
FIREFOX, CHROME = ("Firefox/140.0", "fi", ""), ("Chrome/126.0", "en", "")


def visitor(address: str = "198.51.100.7", agent: tuple[str, ...] = FIREFOX, *, shared: bool = False) -> str:
    return visits.visitor(SECRET, address, shared, agent)


PERSON, SCANNER = visitor(), visitor("203.0.113.9", CHROME)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def posted(
    *, shown: float = 0, sent: float = 20, who: str = PERSON, purpose: forms.Purpose = forms.Purpose.ANSWER, **more: object
) -> signs.Posted:
    """A form that was opened and sent so many seconds after noon."""
    visit = visits.Visit(visitor=who, robot=str(more.pop("robot", "")))
    return signs.Posted(at=at(sent), shown=forms.Shown(at=at(shown), purpose=purpose), visit=visit, **more)  # type: ignore[arg-type]


def run(start: float, values: range, who: str = SCANNER, step: float = 0.1) -> list[signs.Fetched]:
    """The values of a mail, fetched one after the other."""
    return [
        signs.Fetched(at=at(start + step * place), link="value", value=value, visitor=who) for place, value in enumerate(values)
    ]


def page(when: float, who: str = PERSON, link: str = "page", value: int | None = None) -> signs.Fetched:
    return signs.Fetched(at=at(when), link=link, value=value, visitor=who)


def found(post: signs.Posted, *fetches: signs.Fetched, chosen: settings.Signs = CHOSEN) -> str:
    hit = signs.look(post, signs.Traffic(fetches=fetches), chosen)
    return hit.sign if hit else ""


def test_a_person_shows_no_sign() -> None:
    assert found(posted(), page(0)) == ""


def test_nothing_known_is_no_sign() -> None:
    assert found(posted(who="")) == ""


@pytest.mark.parametrize(
    ("key", "seen"), [("named", {"robot": "HeadlessChrome"}), ("automated", {"automated": True}), ("decoy", {"decoy": True})]
)
def test_what_a_post_says_of_itself(key: str, seen: dict[str, Any]) -> None:
    assert found(posted(**seen)) == key
    assert found(posted(**seen), chosen=settings.Signs.model_validate({key: False})) == ""


MACHINES: dict[str, Callable[[], tuple[signs.Posted, list[signs.Fetched]]]] = {
    "the first form of the run": lambda: (posted(shown=0, sent=60, who=SCANNER), run(0, range(11))),
    "a form in the middle of it": lambda: (posted(shown=0.5, sent=60, who=SCANNER), run(0, range(11))),
    "its last form": lambda: (posted(shown=1, sent=60, who=SCANNER), run(0, range(11))),
    "the plain page, then the values": lambda: (posted(shown=-1, sent=60, who=SCANNER), run(0, range(11))),
    "from one address each, with one browser": lambda: (
        posted(shown=0.5, sent=60, who=visitor("203.0.113.5", CHROME)),
        [page(0.1 * n, visitor(f"203.0.113.{n}", CHROME), "value", n) for n in range(11)],
    ),
    "from one address, with many browsers": lambda: (
        posted(shown=0.5, sent=60, who=visitor("203.0.113.1", ("agent 5",))),
        [page(0.1 * n, visitor("203.0.113.1", (f"agent {n}",)), "value", n) for n in range(11)],
    ),
    "slowly": lambda: (posted(shown=12, sent=60, who=SCANNER), run(0, range(11), step=4)),
    "two values and the rest of the links": lambda: (
        posted(shown=0, sent=60, who=SCANNER),
        [*run(0, range(2)), page(0.3, SCANNER), page(0.4, SCANNER, "stop"), page(0.5, SCANNER, "why")],
    ),
    "a scanner that comes back a while later": lambda: (posted(shown=1200, sent=1260, who=SCANNER), run(0, range(11))),
    "a form in the middle of a second run": lambda: (
        posted(shown=6.2, sent=60, who=visitor("203.0.113.99", CHROME)),
        [*run(0, range(5)), *run(6, range(5))],
    ),
    "the last form of a second run": lambda: (
        posted(shown=6.4, sent=60, who=visitor("203.0.113.99", CHROME)),
        [*run(0, range(5)), *run(6, range(5))],
    ),
    "the plain page between two runs": lambda: (
        posted(shown=3, sent=60, who=visitor("203.0.113.99", CHROME)),
        [*run(0, range(5)), page(3, SCANNER), *run(6, range(5))],
    ),
    "all at the same moment": lambda: (posted(shown=0, sent=60, who=SCANNER), run(0, range(11), step=0)),
}


@pytest.mark.parametrize("name", MACHINES)
def test_a_run_through_the_links_is_a_machines(name: str) -> None:
    post, fetches = MACHINES[name]()
    assert found(post, *fetches) == "swept"
    assert found(post, *fetches, chosen=settings.Signs(values=0)) == ""


PEOPLE: dict[str, Callable[[], tuple[signs.Posted, list[signs.Fetched]]]] = {
    "who come minutes after the scanner": lambda: (posted(shown=300, sent=320), [*run(0, range(11)), page(300, value=7)]),
    "who come while the scanner runs": lambda: (posted(shown=0.5, sent=9), [*run(0, range(11)), page(0.5, value=7)]),
    "whose scanner runs after they opened the page": lambda: (posted(shown=0, sent=30), [page(0), *run(5, range(11))]),
    "with whose browser a shared address was scanned before": lambda: (
        posted(shown=30, sent=40, who=visitor("127.0.0.1", FIREFOX, shared=True)),
        [*run(0, range(11), visitor("127.0.0.1", FIREFOX, shared=True)), page(30, visitor("127.0.0.1", FIREFOX, shared=True))],
    ),
    "who open a value again right after a run through a shared address": lambda: (
        posted(shown=3, sent=6, who=visitor("127.0.0.1", FIREFOX, shared=True)),
        [
            *run(0, range(11), visitor("127.0.0.1", FIREFOX, shared=True)),
            page(3, visitor("127.0.0.1", FIREFOX, shared=True), "value", 7),
        ],
    ),
    "at whose click the gateway looks once more": lambda: (
        posted(shown=0, sent=5),
        [page(-1, SCANNER, "value", 9), page(0, value=9)],
    ),
    "who tap a second number": lambda: (posted(shown=6, sent=12), [page(0, value=7), page(6, value=9)]),
    "who tap yes, and look why they were asked": lambda: (
        posted(shown=0, sent=30),
        [page(0, value=1), page(4, link="why"), page(8, link="stop")],
    ),
}


@pytest.mark.parametrize("name", PEOPLE)
def test_people_near_a_run_are_people(name: str) -> None:
    post, fetches = PEOPLE[name]()
    assert found(post, *fetches) == ""


@pytest.mark.parametrize("purpose", [forms.Purpose.ANSWER, forms.Purpose.CONFIRM])
@pytest.mark.parametrize(("seconds", "key"), [(0.0, "too_fast"), (0.5, "too_fast"), (1.9, "too_fast"), (2.0, ""), (30.0, "")])
def test_nobody_reads_and_answers_within_two_seconds(seconds: float, key: str, purpose: forms.Purpose) -> None:
    assert found(posted(shown=0, sent=seconds, purpose=purpose), page(0)) == key


def test_a_slower_reader_may_be_asked_for() -> None:
    assert found(posted(shown=0, sent=4), chosen=settings.Signs(pace=timedelta(seconds=5))) == "too_fast"
    assert found(posted(shown=0, sent=0), chosen=settings.Signs(pace=timedelta(0))) == ""


def test_at_a_place_the_next_in_the_queue_taps_at_once() -> None:
    assert found(replace(posted(shown=0, sent=0.1), invited=False)) == ""


@pytest.mark.parametrize(
    ("handed", "under_way", "shown", "sent", "key"),
    [
        (0, True, 1, 2, "just_sent"),
        (0, True, 20, 50, "just_sent"),
        (0, True, 20, 61, ""),
        (0, False, 1, 2.9, "just_sent"),
        (0, False, -5, 2.9, "just_sent"),
        (0, False, 1, 3, ""),
        (0, False, -3600, 1, ""),
        (0, False, -9, -5, ""),
        (0, False, 3600, 3610, ""),
    ],
    ids=[
        "while it is handed over",
        "while a filter reads the mail",
        "long after a send that never ended",
        "moments after",
        "opened before, sent moments after",
        "as soon as a person can",
        "a reminder went while a person wrote",
        "before a reminder",
        "an hour later",
    ],
)
def test_nobody_answers_before_the_mail_is_there(handed: float, under_way: bool, shown: float, sent: float, key: str) -> None:
    traffic = signs.Traffic(handed=[signs.Handed(at=at(handed), under_way=under_way)])
    post = posted(shown=shown, sent=sent)
    hit = signs.look(post, traffic, CHOSEN)
    assert (hit.sign if hit else "") == key
    assert signs.look(post, traffic, settings.Signs(just_sent=timedelta(0), pace=timedelta(0))) is None


@pytest.mark.parametrize(
    ("who", "others", "key"),
    [
        (PERSON, 8, ""),
        (PERSON, 9, "gateway"),
        (visitor("10.0.0.1", FIREFOX, shared=True), 500, ""),
        ("", 500, ""),
    ],
)
def test_one_visitor_for_many_people_is_a_gateway(who: str, others: int, key: str) -> None:
    hit = signs.look(posted(who=who), signs.Traffic(others=others), CHOSEN)
    assert (hit.sign if hit else "") == key
    assert signs.look(posted(who=who), signs.Traffic(others=others), settings.Signs(gateway=0)) is None


def test_every_sign_has_a_sentence_that_tells_no_visitor() -> None:
    traffic = signs.Traffic(fetches=run(0, range(11)), handed=[signs.Handed(at=at(0), under_way=False)], others=99)
    post = posted(shown=0.5, sent=1, who=SCANNER, robot="Slackbot", decoy=True, automated=True)
    finds = (signs.named, signs.automated, signs.decoy, signs.swept, signs.just_sent, signs.too_fast, signs.gateway)
    sentences = [find(post, traffic, CHOSEN) for find in finds]
    assert all(sentences)
    assert SCANNER not in str(sentences)
    assert sentences[3] == "its form was opened in the middle of a run through 11 links within 10 s"


@pytest.mark.parametrize(
    ("key", "value"), [("values", -1), ("within", "11m"), ("pace", "1"), ("names", ["bot"]), ("speed", True), ("gateway", -1)]
)
def test_settings_that_make_no_sense_are_refused(key: str, value: object) -> None:
    with pytest.raises(ValueError, match=key):
        settings.Signs.model_validate({key: value})


@pytest.mark.parametrize(
    ("one", "other", "related"),
    [
        (visitor(), visitor(), True),
        (visitor("192.0.2.1"), visitor("192.0.2.2"), True),
        (visitor(agent=FIREFOX), visitor(agent=CHROME), True),
        (visitor("192.0.2.1", FIREFOX), visitor("192.0.2.2", CHROME), False),
        (visitor("10.0.0.1", FIREFOX, shared=True), visitor("10.0.0.1", CHROME, shared=True), False),
        ("", visitor(), False),
        ("", "", False),
    ],
)
def test_who_may_be_the_same_program(one: str, other: str, related: bool) -> None:
    assert visits.related(one, other) is related


def test_a_visitor_tells_neither_address_nor_browser_and_depends_on_the_key() -> None:
    assert "198.51" not in PERSON
    assert "Firefox" not in PERSON
    assert visits.visitor(b"other", "198.51.100.7", False, FIREFOX) != PERSON
