"""Machines at the links of real mails, over real sockets: nothing that they do counts, and a person after them does, once.

The ten behaviours are those that the web knows of mail scanners, messengers and browsers (docs/answers.md). The daemon believes a
proxy on this machine, so that each visitor has an address of their own.
"""

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import Any

import pytest
import requests
from playwright.sync_api import sync_playwright

from tests.endtoend import stage

ASKED = 30
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PREVIEWS = (
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "WhatsApp/2.23.20.0",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
    "TelegramBot (like TwitterBot)",
)


class Visitor:
    """Somebody or something with an address and a browser of their own."""

    def __init__(self, address: str, agent: str, **headers: str) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update({"User-Agent": agent, "Accept-Language": "en", "X-Forwarded-For": address} | headers)

    def get(self, link: str, **headers: str) -> requests.Response:
        return self._session.get(link, headers=headers, timeout=30)

    def head(self, link: str) -> requests.Response:
        return self._session.head(link, timeout=30)

    def post(self, link: str, fields: dict[str, str]) -> requests.Response:
        return self._session.post(link, data=fields, timeout=30)


class Letter:
    """A mail that asks, in somebody's mailbox."""

    def __init__(self, mail: dict[str, Any]) -> None:
        self.to = str(mail["to"] if isinstance(mail["to"], str) else mail["to"][0])
        links = dict.fromkeys(unescape(link) for link in re.findall(r'href="([^"]+)"', mail["html"]))
        self.links = [link for link in links if link.startswith("http")]
        self.values = [link for link in self.links if re.search(r"[?&]v=\d", link)]
        self.page = self.values[0].split("?")[0]
        self.stop = self.page.replace("/s/", "/u/")


def fields(page: requests.Response, value: str = "", **more: str) -> dict[str, str]:
    """The form of the page, filled in; by default with the value that it came with, else the highest."""
    found = re.search(r'name="nonce" value="([^"]+)"', page.text)
    assert found, "there is no form on the page"
    chosen = re.search(r'value="(\d+)" required checked', page.text)
    highest = re.findall(r'name="value" value="(\d+)"', page.text)[-1]
    return {"nonce": unescape(found[1]), "value": value or (chosen[1] if chosen else highest), "comment": "", "more": "", **more}


class Box:
    """A running sandbox and daemon, with people who were asked."""

    def __init__(self, running: stage.Stage) -> None:
        self.stage = running
        text = running.settings.read_text()
        running.settings.write_text(text.replace("[web]\n", '[web]\nproxies = ["127.0.0.1"]\n'))
        running.run()
        running.act("salesforce", "close_cases", ASKED)
        running.until(self.all_sent, 200, "everybody was sent a mail")
        mails = running.control("GET", "/mailbox?fields=to,html")
        time.sleep(stage.ARRIVES)
        self._letters = iter([Letter(mail) for mail in mails])
        self._people = 0

    def all_sent(self) -> bool:
        status = self.stage.status()
        messages = status["messages"]
        return bool(sum(status["decisions"].values()) >= ASKED and messages["due"] + messages["sending"] == 0 < messages["sent"])

    def letter(self) -> Letter:
        """One that nobody has touched."""
        return next(self._letters)

    def person(self) -> Visitor:
        """Somebody new at the screen."""
        self._people += 1
        return Visitor(f"198.51.100.{self._people}", FIREFOX)

    def human(self, letter: Letter, value: str = "4") -> requests.Response:
        """Somebody opens the link of their mail, reads, and presses Send."""
        visitor = self.person()
        page = visitor.get(letter.page)
        time.sleep(stage.READS)
        return visitor.post(letter.page, fields(page, value))

    def versions(self, letter: Letter) -> list[dict[str, Any]]:
        """Every answer that came for it, taps in the mail left out."""
        return [one for one in self.story(letter)["answers"] if one["version"] > 0]

    def story(self, letter: Letter) -> dict[str, Any]:
        return self.stage.why(letter.to)

    def counting(self, letter: Letter) -> list[int]:
        return [one["value"] for one in self.story(letter)["answers"] if one["state"] == "confirmed"]

    def signs(self, letter: Letter) -> list[str]:
        return [one["sign"] for one in self.versions(letter)]

    def command(self, *words: str) -> Any:
        return json.loads(self.stage.palaute("answers", *words, "--json"))


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    running = stage.Stage(tmp_path_factory.mktemp("box"), "--cases", str(3 * ASKED), "--purchases", "1")
    try:
        yield Box(running)
    finally:
        running.close()


def heads(letter: Letter) -> None:
    scanner = Visitor("203.0.113.1", CHROME)
    for link in letter.links:
        assert scanner.head(link).content == b""
    assert scanner.head(letter.values[0]).status_code == 200
    assert scanner.get(letter.values[0]).status_code == 200


def fetches_every_link(letter: Letter) -> None:
    scanner = Visitor("203.0.113.2", CHROME)
    for link in letter.links:
        assert scanner.get(link).status_code == 200


def fetches_every_link_from_many_addresses_and_submits(letter: Letter) -> None:
    scanners = [Visitor(f"203.0.113.{10 + number}", CHROME) for number in range(5)]
    pages = [scanners[place % 5].get(link) for place, link in enumerate(letter.values)]
    time.sleep(stage.READS)
    scanners[0].post(letter.page, fields(pages[2], "1"))


def fetches_every_link_and_posts_at_once(letter: Letter) -> None:
    scanner = Visitor("203.0.113.3", CHROME)
    for link in letter.links:
        scanner.get(link)
    scanner.post(letter.page, fields(scanner.get(letter.page), "1"))


def comes_back_after_it_fetched_every_link(letter: Letter) -> None:
    scanner = Visitor("203.0.113.4", CHROME)
    for link in letter.links:
        scanner.get(link)
    time.sleep(stage.READS)
    page = scanner.get(letter.values[0])
    time.sleep(stage.READS)
    scanner.post(letter.page, fields(page, "1"))


def fetches_altered_links(letter: Letter) -> None:
    scanner = Visitor("203.0.113.5", CHROME)
    for altered in ("?v=4'", "?v=4&v=5", "'", "%22", "/x", "?lang=%22"):
        assert scanner.get(letter.page + altered).status_code == 404


def looks_once_more_at_the_click(letter: Letter) -> None:
    assert Visitor("203.0.113.6", CHROME).get(letter.values[2]).status_code == 200


def shows_previews(letter: Letter) -> None:
    for number, agent in enumerate(PREVIEWS):
        robot = Visitor(f"203.0.113.{20 + number}", agent)
        page = robot.get(letter.page)
        time.sleep(stage.READS / 4)
        robot.post(letter.page, fields(page, "1"))


def fetches_ahead(letter: Letter) -> None:
    browser = Visitor("203.0.113.7", CHROME)
    for name, said in (
        ("Sec-Purpose", "prefetch"),
        ("Sec-Purpose", "prefetch;prerender"),
        ("Purpose", "prefetch"),
        ("X-Moz", "prefetch"),
    ):
        assert browser.get(letter.values[3], **{name: said}).status_code == 503


def fills_every_field(letter: Letter) -> None:
    program = Visitor("203.0.113.8", CHROME)
    page = program.get(letter.page)
    time.sleep(stage.READS)
    program.post(letter.page, fields(page, "1", more="http://spam.example"))


def fetches_the_one_click_address(letter: Letter) -> None:
    assert Visitor("203.0.113.9", CHROME).get(letter.stop).status_code == 200


def _drives_chromium(letter: Letter, **context: str) -> None:
    """A browser without a screen runs the scripts, waits, chooses and presses Send."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert found, "this test needs Chromium: install it with `apt-get install chromium`"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        tab = chromium.new_page(**context)  # type: ignore[arg-type]
        tab.goto(letter.page)
        tab.wait_for_timeout(stage.READS * 1000)
        tab.locator("input[name=value]").first.check()
        tab.get_by_role("button").first.click()
        tab.get_by_role("heading", name=re.compile("checked|tarkistetaan|kontrolleras")).wait_for()
        chromium.close()


def submits_with_a_browser_without_a_screen(letter: Letter) -> None:
    _drives_chromium(letter)


def submits_with_a_browser_that_hides_its_name(letter: Letter) -> None:
    _drives_chromium(letter, user_agent=CHROME)


BEHAVIOURS: dict[Callable[[Letter], None], set[str]] = {
    heads: set(),
    fetches_every_link: set(),
    fetches_every_link_from_many_addresses_and_submits: {"swept"},
    fetches_every_link_and_posts_at_once: {"swept"},
    comes_back_after_it_fetched_every_link: {"swept"},
    fetches_altered_links: set(),
    looks_once_more_at_the_click: set(),
    submits_with_a_browser_without_a_screen: {"named"},
    submits_with_a_browser_that_hides_its_name: {"automated"},
    shows_previews: {"named"},
    fetches_ahead: set(),
    fills_every_field: {"decoy"},
    fetches_the_one_click_address: set(),
}
"""What machines do → the signs of what they post."""


@pytest.mark.parametrize("behave", BEHAVIOURS, ids=lambda behave: behave.__name__)
def test_nothing_a_machine_does_counts_and_a_person_after_it_counts_once(box: Box, behave: Callable[[Letter], None]) -> None:
    letter = box.letter()
    behave(letter)
    assert box.counting(letter) == []
    assert set(box.signs(letter)) == BEHAVIOURS[behave]
    assert box.story(letter)["person"]["opted_out_at"] is None
    assert box.human(letter).status_code == 200
    assert box.counting(letter) == [4]


def test_fetching_ahead_altered_links_and_head_leave_no_open(box: Box) -> None:
    letter = box.letter()
    fetches_ahead(letter)
    fetches_altered_links(letter)
    Visitor("203.0.113.1", CHROME).head(letter.page)
    assert box.story(letter)["invitation"]["opened_at"] is None


def test_the_persons_form_sent_again_from_elsewhere_is_the_same_answer(box: Box) -> None:
    letter, visitor = box.letter(), box.person()
    page = visitor.get(letter.page)
    time.sleep(stage.READS)
    form = fields(page, "5")
    visitor.post(letter.page, form)
    gateway = Visitor("203.0.113.50", CHROME)
    gateway.post(letter.page, form)
    gateway.post(letter.page, form | {"value": "1"})
    gateway.post(letter.page, fields(gateway.get(letter.page + "?change=1"), "5") | {"nonce": form["nonce"]})
    assert box.counting(letter) == [5]
    assert [(one["value"], one["state"]) for one in box.versions(letter)] == [(5, "confirmed"), (1, "doubtful")]


def test_a_double_tap_and_a_reload_are_one_answer(box: Box) -> None:
    letter, visitor = box.letter(), box.person()
    page = visitor.get(letter.values[3])
    time.sleep(stage.READS)
    form = fields(page)
    with ThreadPoolExecutor(4) as taps:
        answered = list(taps.map(lambda _: Visitor("198.51.100.200", FIREFOX).post(letter.page, form).status_code, range(4)))
    assert answered == [200] * 4
    assert visitor.post(letter.page, form).status_code == 200
    assert [(one["value"], one["state"]) for one in box.versions(letter)] == [(4, "confirmed")]


def test_a_later_answer_from_elsewhere_does_not_take_the_place_of_the_first(box: Box) -> None:
    letter = box.letter()
    elsewhere = Visitor("203.0.113.60", CHROME)
    page = elsewhere.get(letter.page)
    box.human(letter, "5")
    elsewhere.post(letter.page, fields(page, "1"))
    assert [(one["value"], one["state"], one["sign"]) for one in box.versions(letter)] == [
        (5, "confirmed", ""),
        (1, "doubtful", "came_after"),
    ]
    visitor = box.person()
    page = visitor.get(letter.page + "?change=1")
    time.sleep(stage.READS)
    visitor.post(letter.page, fields(page, "2"))
    assert box.counting(letter) == [2]


def test_a_person_who_is_doubted_says_so_with_a_second_press(box: Box) -> None:
    letter, visitor = box.letter(), box.person()
    page = visitor.get(letter.page + "?lang=en")
    time.sleep(stage.READS)
    checked = visitor.post(letter.page + "?lang=en", fields(page, "3", comment="Quite good", more="from a browser's memory"))
    assert "Thank you, your answer was taken and is being checked" in checked.text
    assert "Quite good" in checked.text
    again = {name: unescape(said) for name, said in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', checked.text)}
    assert again["value"] == "3"
    time.sleep(stage.READS)
    thanked = visitor.post(letter.page + "?lang=en", again)
    assert "Thank you, your answer is saved" in thanked.text
    assert [(one["value"], one["comment"], one["state"]) for one in box.versions(letter)] == [
        (3, "Quite good", "replaced"),
        (3, "Quite good", "confirmed"),
    ]


def test_a_program_that_presses_at_once_convinces_nobody(box: Box) -> None:
    letter, program = box.letter(), Visitor("203.0.113.70", CHROME)
    checked = program.post(letter.page, fields(program.get(letter.page), "1", more="x"))
    again = {name: unescape(said) for name, said in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', checked.text)}
    program.post(letter.page, again)
    assert box.counting(letter) == []
    assert box.signs(letter) == ["decoy", "too_fast"]


def test_a_person_who_is_quicker_than_most_confirms_with_a_second_press(box: Box) -> None:
    letter, person = box.letter(), box.person()
    checked = person.post(letter.page, fields(person.get(letter.page), "4"))
    assert (box.counting(letter), box.signs(letter)) == ([], ["too_fast"])
    again = {name: unescape(said) for name, said in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', checked.text)}
    time.sleep(stage.READS)
    person.post(letter.page, again)
    assert box.counting(letter) == [4]


def test_scanners_of_the_sandbox_confirm_nothing_and_its_people_everything(box: Box) -> None:
    letter = box.letter()
    box.stage.control("POST", "/people", {"do": "scan", "to": letter.to, "submit": True})
    assert box.counting(letter) == []
    assert box.signs(letter) == ["swept"]
    told = box.stage.control("POST", "/people", {"do": "answer", "to": letter.to, "value": "5"})
    assert [one["value"] for one in told["answers"]] == [5]
    assert box.counting(letter) == [5]


def test_an_admin_lets_an_answer_count_and_withdraws_it_again(box: Box) -> None:
    letter = box.letter()
    fills_every_field(letter)
    story = box.story(letter)
    doubtful = [one for one in box.command("--state", "doubtful")["answers"] if one["record"] == story["record"]]
    assert [(one["sign"], "comment" in one) for one in doubtful] == [("decoy", False)]
    assert box.command("release", doubtful[0]["id"]) == {"done": [doubtful[0]["id"]], "left": []}
    box.stage.until(lambda: score(box, story["record"]) == 1, 60, "the score is on the record")
    box.command("void", doubtful[0]["id"], "--why", "a scanner after all")
    box.stage.until(lambda: score(box, story["record"]) is None, 60, "the score has left the record")
    assert box.counting(letter) == []
    assert box.human(letter, "5").status_code == 200
    box.stage.until(lambda: score(box, story["record"]) == 5, 60, "the person's score is on the record")


def score(box: Box, record: str) -> Any:
    return box.stage.control("GET", f"/records/salesforce/Case?ids={record}")[0]["Palaute_Score__c"]


def test_signs_are_counted_with_their_false_alarms(box: Box) -> None:
    found = {one["sign"]: one for one in box.command("signs")["signs"]}
    assert found["swept"]["fired"] >= 4
    assert found["named"]["released"] == 0
    assert 0 < found["decoy"]["share_released"] < 1


def test_wrong_use_is_told(box: Box) -> None:
    assert "which ones?" in _wrong(box, "release")
    assert "not an id" in _wrong(box, "void", "x-1")
    assert json.loads(box.stage.palaute("answers", "release", "answer-999999", "--json", status=1))["left"]


def _wrong(box: Box, *words: str) -> str:
    with pytest.raises(AssertionError) as told:
        box.stage.palaute("answers", *words)
    assert "ended with 2" in str(told.value)
    return str(told.value)
