"""Every page a customer may see, by name, and how one gets there.

Called by the tests of accessibility, which walk through all of them.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from playwright.sync_api import Page

from surveys import metrics, questions, survey
from tests.web import conftest

CATALOGUES = Path(__file__).parent / "catalogues"
"""A small catalogue of a language that runs from right to left, added as the documentation says."""
LANGUAGES = ("fi", "sv", "en", "he")
BRAND = survey.Brand(
    name="Havu",
    partitive="Havua",
    genitive="Havun",
    address="Havu Oy, Rantatie 1, 00100 Helsinki",
    time_zone="Europe/Helsinki",
    repeat_days=30,
    languages=LANGUAGES,
    catalogues=str(CATALOGUES),
)
SUBJECTS = {
    "en": "Router keeps restarting",
    "fi": "Reititin käynnistyy uudelleen",
    "sv": "Routern startar om",
    "he": "הנתב מופעל מחדש",
}
COMMENTS = {
    "en": "Helpful, but I had to explain it twice.",
    "fi": "Apu oli hyvää, mutta jouduin selittämään asian kahdesti.",
    "sv": "Bra hjälp, men jag fick förklara saken två gånger.",
    "he": "עזרו לי, אבל נאלצתי להסביר פעמיים.",
}
FURTHER = (
    questions.Question(
        key="reason",
        kind=questions.Kind.ONE,
        words={
            "en": "What mattered most?",
            "fi": "Mikä vaikutti eniten?",
            "sv": "Vad var viktigast?",
            "he": "מה היה הכי חשוב?",
        },
        options={
            "speed": {"en": "Speed", "fi": "Nopeus", "sv": "Snabbhet", "he": "מהירות"},
            "skill": {"en": "Know-how", "fi": "Osaaminen", "sv": "Kunskap", "he": "ידע"},
            "tone": {"en": "Friendliness", "fi": "Ystävällisyys", "sv": "Vänlighet", "he": "אדיבות"},
            "price": {"en": "Price", "fi": "Hinta", "sv": "Pris", "he": "מחיר"},
        },
        show_for=frozenset({metrics.Tone.LOW, metrics.Tone.MIDDLE}),
    ),
    questions.Question(
        key="ease",
        kind=questions.Kind.RATING,
        words={
            "en": "How easy was it to reach us?",
            "fi": "Kuinka helppoa meidät oli tavoittaa?",
            "sv": "Hur lätt var det att nå oss?",
            "he": "כמה קל היה להשיג אותנו?",
        },
        low={"en": "Very hard", "fi": "Hyvin vaikeaa", "sv": "Mycket svårt", "he": "קשה מאוד"},
        high={"en": "Very easy", "fi": "Hyvin helppoa", "sv": "Mycket lätt", "he": "קל מאוד"},
    ),
    questions.Question(
        key="topics",
        kind=questions.Kind.SEVERAL,
        words={
            "en": "Where did you look for help?",
            "fi": "Mistä hait apua?",
            "sv": "Var sökte du hjälp?",
            "he": "איפה חיפשתם עזרה?",
        },
        options={
            "web": {"en": "Web site", "fi": "Verkkosivut", "sv": "Webbplatsen", "he": "אתר"},
            "phone": {"en": "Phone", "fi": "Puhelin", "sv": "Telefon", "he": "טלפון"},
        },
    ),
    questions.Question(
        key="idea",
        kind=questions.Kind.TEXT,
        words={"en": "An idea for us?", "fi": "Ideasi meille?", "sv": "Ditt förslag till oss?", "he": "רעיון בשבילנו?"},
    ),
)
NPS = survey.Survey(key="asked", metric="nps")
CSAT = survey.Survey(key="asked", metric="csat")
YES_NO = survey.Survey(key="asked", metric="csat_yes_no")
WITH_MORE = survey.Survey(key="asked", metric="nps", questions=FURTHER)
Visit = Callable[[conftest.Place, Page], None]


def _open(tab: Page, place: conftest.Place, path: str) -> None:
    tab.goto(place.pages.address + path)


def _ask(place: conftest.Place) -> str:
    return place.ask(subject=SUBJECTS[place.language])


def _survey(place: conftest.Place, tab: Page) -> None:
    _open(tab, place, f"/s/{_ask(place)}")


def _tapped(place: conftest.Place, tab: Page) -> None:
    _open(tab, place, f"/s/{_ask(place)}?v={_middle(place)}")
    tab.locator("#comment").fill(COMMENTS[place.language])


def _middle(place: conftest.Place) -> int:
    values = place.world.belt.surveys["asked"].definition.values
    return values[-1] if len(values) == 2 else 7 if len(values) > 7 else 2


def _nothing_chosen(place: conftest.Place, tab: Page) -> None:
    _survey(place, tab)
    tab.locator("form button").click()
    tab.locator("#problem").wait_for()


def _thanks(place: conftest.Place, tab: Page) -> None:
    _tapped(place, tab)
    tab.locator("form button").click()
    tab.locator("dl").wait_for()


def _change(place: conftest.Place, tab: Page) -> None:
    _thanks(place, tab)
    tab.locator("a.btn").click()
    tab.locator("[name=change]").wait_for(state="attached")


def _closed(place: conftest.Place, tab: Page) -> None:
    token = _ask(place)
    place.later(days=20)
    _open(tab, place, f"/s/{token}?lang={place.language}")


def _why(place: conftest.Place, tab: Page) -> None:
    _open(tab, place, f"/why/{_ask(place)}")


def _stop(place: conftest.Place, tab: Page) -> None:
    _open(tab, place, f"/u/{_ask(place)}")


def _stopped(place: conftest.Place, tab: Page) -> None:
    _stop(place, tab)
    tab.locator("form button").click()
    tab.locator("form").wait_for(state="detached")


def _privacy(place: conftest.Place, tab: Page) -> None:
    _open(tab, place, f"/privacy?lang={place.language}")


def _unknown(place: conftest.Place, tab: Page) -> None:
    _open(tab, place, f"/nothing?lang={place.language}")


STATES: Mapping[str, tuple[survey.Survey, Visit]] = {
    "survey": (NPS, _survey),
    "tapped": (NPS, _tapped),
    "error": (NPS, _nothing_chosen),
    "thanks": (NPS, _thanks),
    "change": (NPS, _change),
    "why": (NPS, _why),
    "stop": (NPS, _stop),
    "stopped": (NPS, _stopped),
    "privacy": (NPS, _privacy),
    "unknown": (NPS, _unknown),
    "csat": (CSAT, _tapped),
    "yes-no": (YES_NO, _tapped),
    "further": (WITH_MORE, _tapped),
    "further-thanks": (WITH_MORE, _thanks),
    "closed": (NPS, _closed),
}
"""Name of a page in a state → the survey it asks and how to get there; ``closed`` last, for it moves the clock."""


def walk(make_place: Callable[..., conftest.Place], language: str, tab: Page) -> Iterator[tuple[str, Page]]:
    """Every state in this language, one after the other, in this tab."""
    places: dict[str, conftest.Place] = {}
    for name, (asked, visit) in STATES.items():
        known = f"{asked.metric} {len(asked.questions)}"
        if known not in places:
            places[known] = make_place("nps", language, surveys={"asked": asked}, brand=BRAND)
        visit(places[known], tab)
        yield name, tab
