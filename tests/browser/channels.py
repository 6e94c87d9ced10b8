"""The page that each channel leads to, by name, and how a customer comes to it.

Called by test_channels, which walks through all of them, and by screenshots.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from playwright.sync_api import Page

from surveys import survey
from tests.browser import host, states
from tests.web import conftest, embedding
from tests.web import places as made

MakePlace = Callable[..., conftest.Place]
NPS = survey.Survey(key="asked", metric="nps")
CSAT = survey.Survey(key="asked", metric="csat")
MORE = survey.Survey(key="asked", metric="csat", questions=states.FURTHER)


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Somebody in front of a browser, in a language, with a shop at hand that embeds surveys."""

    tab: Page
    language: str
    place: conftest.Place
    shop: host.Shop

    def open(self, path: str) -> None:
        """A page of ours."""
        self.tab.goto(self.place.pages.address + path)

    def asked(self) -> str:
        """The token of a fresh invitation."""
        return self.place.ask(subject=states.SUBJECTS[self.language])

    def choose(self, value: int, comment: bool = True) -> None:
        """Tap a value, and write something."""
        self.tab.locator(f"[name=value][value='{value}']").check()
        if comment:
            self.tab.locator("#comment").fill(states.COMMENTS[self.language])

    def settle(self) -> None:
        """The language is known by the page's own attribute."""
        self.tab.locator(f"html[lang={self.language}]").wait_for(state="attached")


def _email(one: Visitor) -> None:
    one.open(f"/s/{one.asked()}")


def _one_tap(one: Visitor) -> None:
    one.open(f"/s/{one.asked()}?v=3")


def _further(one: Visitor) -> None:
    one.open(f"/s/{one.asked()}?v=2")
    one.choose(2)
    one.tab.locator(".rows input").first.check()


def _thanks(one: Visitor) -> None:
    one.open(f"/s/{one.asked()}?v=3")
    one.choose(3)
    one.tab.locator("form button").click()
    one.tab.locator("dl").wait_for()


def _checked(one: Visitor) -> None:
    """An answer that looks like a machine's: this one says so itself."""
    one.tab.set_extra_http_headers({"User-Agent": "HeadlessChrome/120"})
    one.open(f"/s/{one.asked()}?v=8")
    one.tab.locator("form button").click()
    one.tab.locator("dl").wait_for()
    one.tab.set_extra_http_headers({})


def _closed(one: Visitor) -> None:
    token = one.asked()
    one.place.later(days=20)
    one.open(f"/s/{token}")
    one.place.later(days=-20)


def _stop(one: Visitor) -> None:
    one.open(f"/u/{one.asked()}")


def _why(one: Visitor) -> None:
    one.open(f"/why/{one.asked()}")


_TILL = {"fi": "Helsingin myymälä, kassa 2", "sv": "Butiken i Helsingfors, kassa 2", "en": "Helsinki shop, till 2"}


def _at(one: Visitor, way: str) -> str:
    code = {"fi": "HAVUFC", "sv": "HAVUQC", "en": "HAVUCC"}[one.language] + {"place": "W3", "share": "X4", "kiosk": "Y7"}[way]
    made.make(
        one.place, code=code, name=_TILL[one.language], way="place" if way == "kiosk" else way, options={"language": one.language}
    )
    return code


def _place(one: Visitor) -> None:
    one.open(f"/p/{_at(one, 'place')}")


def _share(one: Visitor) -> None:
    one.open(f"/p/{_at(one, 'share')}?utm_campaign=spring")
    one.choose(9, comment=False)


def _kiosk(one: Visitor) -> None:
    one.open(f"/k/{_at(one, 'kiosk')}")


def _embedded(one: Visitor, **data: str) -> None:
    here = embedding.make(one.place, one.shop.address, name=f"shop {one.language} {data}")
    one.shop.embeds(one.place.pages.address, here.code, lang=one.language, **data)
    one.tab.goto(one.shop.address)


def _inline(one: Visitor) -> None:
    _embedded(one, into="#here")
    one.tab.frame_locator("iframe").locator("[name=value]").nth(4).check()


def _popup(one: Visitor) -> None:
    _embedded(one, mode="popup")
    one.tab.locator("button.open").click()
    one.tab.frame_locator("iframe").locator("[name=value]").nth(1).wait_for()


PAGES: Mapping[str, tuple[survey.Survey, Callable[[Visitor], None]]] = {
    "email-link": (NPS, _email),
    "one-tap": (NPS, _one_tap),
    "sms-link": (CSAT, _email),
    "further-questions": (MORE, _further),
    "thanks": (NPS, _thanks),
    "checked": (NPS, _checked),
    "unsubscribe": (NPS, _stop),
    "why": (NPS, _why),
    "place": (CSAT, _place),
    "kiosk": (CSAT, _kiosk),
    "share": (NPS, _share),
    "embed-inline": (NPS, _inline),
    "embed-popup": (CSAT, _popup),
    "closed": (NPS, _closed),
}
"""Name → the survey that is asked there and how to get to it."""
SIZES = {"phone": {"width": 390, "height": 760}, "desktop": {"width": 1280, "height": 800}}


def visit(name: str, language: str, tab: Page, make_place: MakePlace, shop: host.Shop) -> Visitor:
    """Go to that page in that language, in a world of its own."""
    asked, go = PAGES[name]
    one = Visitor(tab=tab, language=language, place=make_place("nps", language, surveys={"asked": asked}), shop=shop)
    go(one)
    if not name.startswith("embed"):
        one.settle()
    return one
