"""Variants: each person gets one wording, the same in the mail, in reminders and on the page."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from channels.email import words
from journey import collect
from surveys import survey, wording
from tests.journey import conftest
from triggers import rule

pytestmark = conftest.sqlite_only
Make = Callable[..., Any]
PLAIN = {"name": "plain", "share": "50%"}
WARM = {
    "name": "warm",
    "share": "50%",
    "subject": {"en": "How did we do?", "fi": "Miten onnistuimme?"},
    "question": {"en": "Were you happy with us?", "fi": "Olitko tyytyväinen?"},
}


def comparing(*variants: Mapping[str, object], **changes: object) -> rule.Rules:
    """A rule with these wordings."""
    listed = {"name": "Cases", "on": "case_closed", "survey": "csat", "channel": "memory", "variants": variants, **changes}
    return rule.Rules.model_validate({"rules": [listed]})


@pytest.fixture
def world(make_world: Make) -> conftest.World:
    """A world that compares two wordings and reminds once."""
    made: conftest.World = make_world(rules=comparing(PLAIN, WARM, remind=["3d"]))
    made.turn()
    return made


def said(world: conftest.World, which: int = -1) -> tuple[str, str]:
    """Subject line and question of a message, as the mail has them."""
    message = world.channel.messages[which]
    spoken = wording.Wording(message.language, message.brand)
    return message.title, spoken.question(message.survey)


def case_of(world: conftest.World, variant: str) -> str:
    """Close cases until one gets this variant."""
    while True:
        case = world.close_case()
        world.turn()
        if world.why(case)["invitation"]["variant"] == variant:
            return case
        world.clock.advance(timedelta(minutes=1))


def test_a_variant_with_words_says_them_in_the_persons_language(world: conftest.World) -> None:
    case_of(world, "warm")
    assert said(world) == ("Miten onnistuimme?", "Olitko tyytyväinen?")


def test_a_variant_without_words_says_the_usual_ones(world: conftest.World) -> None:
    case_of(world, "plain")
    title, question = said(world)
    usual = wording.Wording("fi", world.belt.brand).question(survey.Survey(key="csat", metric="csat"))
    assert (title, question) == ("", usual)


def test_the_page_and_the_reminder_say_the_same_as_the_mail(world: conftest.World) -> None:
    case_of(world, "warm")
    page = collect.find(world.belt, world.token())
    world.clock.advance(timedelta(days=3))
    world.turn()
    reminders = [number for number, one in enumerate(world.channel.messages) if one.reminder]
    assert page is not None
    assert page.survey.question["fi"] == "Olitko tyytyväinen?"
    assert ("Miten onnistuimme?", "Olitko tyytyväinen?") in [said(world, number) for number in reminders]


def test_the_words_stay_when_the_rule_changes_after_the_invitation(make_world: Make) -> None:
    world: conftest.World = make_world(rules=comparing({**WARM, "share": "100%"}, delay="1h"))
    world.turn()
    world.close_case()
    world.turn()
    world.changes["rules"] = comparing({**WARM, "share": "100%", "question": {"fi": "Muutettu"}}, delay="1h")
    world.restart()
    world.clock.advance(timedelta(hours=1))
    world.turn()
    assert said(world) == ("Miten onnistuimme?", "Olitko tyytyväinen?")


def test_the_mail_has_the_variants_subject(world: conftest.World) -> None:
    case_of(world, "warm")
    assert words.words(world.channel.messages[-1]).title == "Miten onnistuimme?"
