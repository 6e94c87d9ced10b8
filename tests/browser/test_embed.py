"""The survey within a page of others, on another origin with a strict policy: inline and in a pop-up."""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser import host, test_accessibility
from tests.web import conftest, embedding
from tests.web import places as made
from web import embed

Tabs = Callable[..., Page]


@pytest.fixture
def shop() -> Iterator[host.Shop]:
    with host.Shop() as running:
        yield running


def frame_of(tab: Page) -> FrameLocator:
    return tab.frame_locator("iframe")


def answer(frame: FrameLocator, value: str = "9") -> None:
    frame.locator(f"[name=value][value='{value}']").check()
    frame.locator("#comment").fill("Hyvä kauppa")
    frame.get_by_role("button", name="Send").click()
    expect(frame.get_by_role("heading", name="Thank you, your answer is saved")).to_be_visible()


def test_inline_the_frame_is_as_high_as_the_survey_and_an_answer_is_kept(
    place: conftest.Place, make_tab: Tabs, shop: host.Shop
) -> None:
    here = embedding.make(place, shop.address)
    shop.embeds(place.pages.address, here.code, into="#here")
    tab = make_tab(viewport={"width": 390, "height": 800})
    tab.goto(shop.address)
    frame = frame_of(tab)
    expect(tab.locator("#here iframe")).to_have_attribute("title", "Survey")
    first = tab.locator("iframe").bounding_box()
    frame.locator("[name=value][value='9']").check()
    expect(frame.locator("#comment")).to_be_visible()
    tab.wait_for_function("before => document.querySelector('iframe').clientHeight > before", arg=first and first["height"])
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    inside = tab.frames[1]
    assert inside.evaluate("document.documentElement.scrollHeight <= innerHeight"), "nothing to scroll within the frame"
    answer(frame)
    assert made.stored(place, "value", "comment", "channel") == [(9, "Hyvä kauppa", "embed")]
    stored = "() => { try { return localStorage.length + document.cookie.length; } catch { return 0; } }"
    assert inside.evaluate(stored) == 0, "nothing, where the browser allows it at all"


def test_a_pop_up_is_a_dialog_that_gives_the_focus_back(place: conftest.Place, make_tab: Tabs, shop: host.Shop) -> None:
    here = embedding.make(place, shop.address)
    shop.embeds(place.pages.address, here.code, mode="popup")
    tab = make_tab(viewport={"width": 1280, "height": 800})
    tab.goto(shop.address)
    button, dialog = tab.get_by_role("button", name="Give feedback"), tab.get_by_role("dialog", name="Survey")
    expect(button).to_be_visible()
    expect(tab.locator("iframe")).to_have_count(0)
    assert tab.evaluate("document.activeElement === document.body"), "the focus is left where it was"
    button.focus()
    for leave in ("Escape on the page", "Escape in the survey", "the close button"):
        tab.keyboard.press("Enter")
        expect(dialog).to_be_visible()
        shut = dialog.get_by_role("button", name="Close")
        size = shut.bounding_box()
        assert size is not None
        assert min(size["width"], size["height"]) >= 44
        if leave == "Escape on the page":
            tab.keyboard.press("Escape")
        elif leave == "Escape in the survey":
            frame_of(tab).locator("[name=value][value='3']").check()
            tab.keyboard.press("Escape")
        else:
            shut.click()
        expect(dialog).to_be_hidden()
        expect(button).to_be_focused()
    assert tab.evaluate("Number(Object.values(localStorage)[0]) > Date.now() + 13 * 864e5"), "closed: asked again in 14 days"


def test_a_pop_up_is_answered_by_keyboard_and_not_shown_again(place: conftest.Place, make_tab: Tabs, shop: host.Shop) -> None:
    here = embedding.make(place, shop.address)
    shop.embeds(place.pages.address, here.code, mode="popup", every="30")
    tab = make_tab(viewport={"width": 390, "height": 800})
    tab.goto(shop.address)
    tab.get_by_role("button", name="Give feedback").focus()
    tab.keyboard.press("Enter")
    frame = frame_of(tab)
    expect(frame.get_by_role("radio").first).to_be_visible()
    for _ in range(6):
        tab.keyboard.press("Tab")
        if tab.frames[1].evaluate("document.activeElement.name") == "value":
            break
    tab.keyboard.press("Space")
    tab.keyboard.press("Tab")
    tab.keyboard.type("Helppoa")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    expect(frame.get_by_role("heading", name="Thank you")).to_be_visible()
    assert made.stored(place, "value", "comment") == [(0, "Helppoa")]
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("dialog")).to_be_hidden()
    tab.reload()
    expect(tab.get_by_role("link", name="Cart")).to_be_visible()
    tab.wait_for_load_state("networkidle")
    expect(tab.get_by_role("button", name="Give feedback")).to_have_count(0)
    tab.evaluate("localStorage.clear()")
    tab.reload()
    expect(tab.get_by_role("button", name="Give feedback")).to_be_visible()


def test_a_signed_context_reaches_the_server_through_the_frame_alone(
    place: conftest.Place, make_tab: Tabs, shop: host.Shop
) -> None:
    here = embedding.make(place, shop.address)
    told = {"email": "aino@posti.example", "language": "fi", "exp": int(place.world.clock().timestamp()) + 600}
    context = embed.sign(embedding.SECRET.encode(), told)
    shop.embeds(place.pages.address, here.code, context=context)
    tab = make_tab()
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(shop.address)
    frame = frame_of(tab)
    expect(frame.locator("html")).to_have_attribute("lang", "fi")
    expect(frame.get_by_text("Havun palvelutiimi näkee vastauksesi")).to_be_visible()
    expect(frame.locator("[name=context]")).to_have_value(context)
    frame.locator("[name=value][value='2']").check()
    frame.get_by_role("button", name="Lähetä").click()
    expect(frame.get_by_role("heading", name="Kiitos")).to_be_visible()
    assert not any(context in url or "aino" in url for url in asked)
    with place.world.belt.store.read() as tx:
        rows = tx.exec_driver_sql("SELECT person_id FROM touchpoint WHERE kind = 'visit'").all()
    assert rows[0][0] is not None


def test_a_page_that_is_not_among_the_origins_shows_nothing(place: conftest.Place, make_tab: Tabs, shop: host.Shop) -> None:
    here = embedding.make(place, "https://another.example")
    shop.embeds(place.pages.address, here.code)
    tab = make_tab(quiet=False)
    refused: list[str] = []
    tab.on("console", lambda line: refused.append(line.text))
    tab.goto(shop.address)
    tab.wait_for_load_state("networkidle")
    assert any("frame-ancestors" in line for line in refused)
    expect(tab.locator("iframe")).to_have_count(0)


@pytest.mark.parametrize("mode", ["inline", "popup"])
@pytest.mark.parametrize("trouble", ["no line", "unwell", "no such place"])
def test_where_no_survey_can_be_had_the_page_around_shows_nothing_of_it_and_asks_again_next_time(
    place: conftest.Place, make_tab: Tabs, shop: host.Shop, mode: str, trouble: str
) -> None:
    here = embedding.make(place, shop.address)
    shop.embeds(place.pages.address, here.code if trouble != "no such place" else "AAAAAA", mode=mode)
    tab = make_tab(quiet=False)
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    if trouble == "no line":
        tab.route("**/e/**", lambda route: route.abort())
    elif trouble == "unwell":
        tab.route("**/e/**", lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>", content_type="text/html"))
    tab.goto(shop.address)
    if mode == "popup":
        tab.get_by_role("button", name="Give feedback").click()
        expect(tab.get_by_role("button", name="Give feedback")).to_have_count(0)
        expect(tab.get_by_role("dialog")).to_be_hidden()
    else:
        expect(tab.locator("iframe")).to_have_count(0)
    expect(tab.get_by_role("link", name="Cart")).to_be_visible()
    assert tab.evaluate("localStorage.length") == 0, "trouble of ours is no answer of theirs"
    assert errors == []


def test_a_page_whose_loader_cannot_be_fetched_is_as_it_was(place: conftest.Place, make_tab: Tabs, shop: host.Shop) -> None:
    here = embedding.make(place, shop.address)
    shop.embeds(place.pages.address, here.code)
    place.pages.stop()
    tab = make_tab(quiet=False)
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto(shop.address)
    expect(tab.get_by_role("link", name="Cart")).to_be_visible()
    expect(tab.locator("iframe")).to_have_count(0)
    assert errors == []


def test_several_surveys_stand_on_one_page_and_each_rests_by_itself(
    place: conftest.Place, make_tab: Tabs, shop: host.Shop
) -> None:
    first, second = (embedding.make(place, shop.address, name=name) for name in ("Order", "Delivery"))
    shop.embeds(place.pages.address, first.code)
    one = shop.body
    shop.embeds(place.pages.address, second.code)
    shop.body = one + shop.body
    tab = make_tab()
    tab.goto(shop.address)
    expect(tab.locator("iframe")).to_have_count(2)
    frames = [tab.frame_locator(f"iframe[src*='{code}']") for code in (first.code, second.code)]
    expect(frames[0].get_by_role("radio").first).to_be_visible()
    answer(frames[1], "4")
    tab.wait_for_function("localStorage.length === 1")
    assert tab.evaluate("Object.keys(localStorage)") == [f"palaute:{second.code}"]
    answer(frames[0], "7")
    assert made.stored(place, "value") == [(4,), (7,)]
    tab.reload()
    tab.wait_for_load_state("networkidle")
    expect(tab.locator("iframe")).to_have_count(0)


def test_a_loader_in_the_head_of_the_page_waits_for_its_body(place: conftest.Place, make_tab: Tabs, shop: host.Shop) -> None:
    here = embedding.make(place, shop.address)
    shop.embeds(place.pages.address, here.code, into="#later")
    shop.body = shop.body.replace(" async", "") + '<p id="later"></p>'
    tab = make_tab()
    tab.goto(shop.address)
    expect(tab.frame_locator("#later iframe").get_by_role("radio").first).to_be_visible()


@pytest.mark.parametrize("mode", ["inline", "popup"])
def test_where_the_place_is_closed_nothing_is_left_of_it(
    place: conftest.Place, make_tab: Tabs, shop: host.Shop, mode: str
) -> None:
    here = embedding.make(place, shop.address)
    made.close(place, here)
    shop.embeds(place.pages.address, here.code, mode=mode)
    tab = make_tab()
    tab.goto(shop.address)
    if mode == "popup":
        tab.get_by_role("button", name="Give feedback").click()
        expect(tab.get_by_role("button", name="Give feedback")).to_have_count(0)
        expect(tab.get_by_role("dialog")).to_be_hidden()
    else:
        expect(tab.locator("iframe")).to_have_count(0)


def test_a_button_of_the_shops_own_opens_the_dialog_and_the_shop_hears_of_the_answer(
    place: conftest.Place, make_tab: Tabs, shop: host.Shop
) -> None:
    here = embedding.make(place, shop.address)
    shop.embeds(place.pages.address, here.code, mode="popup", button="#own", lang="sv", title="Din åsikt")
    shop.body = '<button id="own">Tell us</button>' + shop.body
    tab = make_tab()
    tab.goto(shop.address)
    tab.evaluate("document.addEventListener('palaute', event => { window.heard = event.detail })")
    expect(tab.get_by_role("button", name="Ge feedback")).to_have_count(0)
    tab.get_by_role("button", name="Tell us").click()
    expect(tab.get_by_role("dialog", name="Din åsikt")).to_be_visible()
    expect(tab.get_by_role("button", name="Stäng")).to_be_visible()
    frame = frame_of(tab)
    frame.locator("[name=value][value='7']").check()
    frame.get_by_role("button", name="Skicka").click()
    expect(frame.get_by_role("heading", name="Tack, ditt svar är sparat")).to_be_visible()
    tab.wait_for_function("window.heard === 'answered'")
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("button", name="Tell us")).to_be_focused()


def test_messages_from_other_windows_are_ignored(place: conftest.Place, make_tab: Tabs, shop: host.Shop) -> None:
    here = embedding.make(place, shop.address)
    shop.embeds(place.pages.address, here.code, context="secret.context")
    tab = make_tab()
    tab.goto(shop.address)
    expect(frame_of(tab).locator("form")).to_be_visible()
    height = tab.evaluate("document.querySelector('iframe').style.height")
    tab.evaluate("postMessage({ palaute: 'height', height: 9 }, '*'); postMessage({ palaute: 'answered' }, '*')")
    tab.frames[1].evaluate("postMessage({ context: 'planted' }, '*')")
    tab.evaluate("new Promise(done => setTimeout(done, 200))")
    assert tab.evaluate("document.querySelector('iframe').style.height") == height
    assert tab.evaluate("localStorage.length") == 0
    expect(frame_of(tab).locator("[name=context]")).to_have_value("secret.context")


@pytest.mark.parametrize("mode", ["inline", "popup"])
def test_axe_finds_nothing_in_the_page_around_nor_in_the_frame(
    place: conftest.Place, make_tab: Tabs, shop: host.Shop, mode: str
) -> None:
    here = embedding.make(place, shop.address)
    shop.embeds(place.pages.address, here.code, mode=mode)
    tab = make_tab(viewport={"width": 390, "height": 800})
    tab.goto(shop.address)
    if mode == "popup":
        tab.get_by_role("button", name="Give feedback").click()
    frame_of(tab).locator("[name=value][value='2']").check()
    rules = {**test_accessibility.RULES, "rules": {"region": {"enabled": False}, "landmark-one-main": {"enabled": False}}}
    assert [one["id"] for one in Axe().run(tab, options=rules).response["violations"]] == []
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)
        assert [one["id"] for one in Axe().run(tab.frames[1], options=test_accessibility.RULES).response["violations"]] == []
