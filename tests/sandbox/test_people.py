"""The simulated customers answer like people, over real HTTP."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sandbox import alone, server
from tests import waiting
from tests.sandbox import survey_site
from tests.sandbox.conftest import Box


@pytest.fixture
def site() -> Iterator[survey_site.Site]:
    with survey_site.running(range(11)) as site:
        yield site


def invite(box: Box, site: survey_site.Site, to: str, token: str, words: str = "your case") -> None:
    taps = "".join(f'<a href="{site.url}/s/{token}?v={n}&amp;lang=en">{n}</a>' for n in site.scale)
    page = f"{site.url}/s/{token}?lang=en"
    box.mail(
        to,
        "One question",
        f"About {words}\n\n0: {page}&v=0\n",
        html=f'<p>About {words}</p>{taps}<a href="{page}">Answer on the web</a><a href="{site.url}/u/{token}">Stop</a>',
        headers={
            "List-Unsubscribe": f"<{site.url}/u/{token}>, <mailto:stop@havu.example>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )


def addresses(box: Box, count: int) -> list[str]:
    return [person["email"] for person in box.get("/population") if person["email"]][:count]


def test_everybody_answers_once_and_tells_what_they_sent(box: Box, site: survey_site.Site) -> None:
    for number, to in enumerate(addresses(box, 30)):
        invite(box, site, to, str(number))
    answers = box.post("/people", do="answer", pace=0)
    assert answers["failed"] == []
    sent = [posted for [posted] in site.posted.values()]
    told = sorted((str(one["value"]), one["comment"].replace("\n", "\r\n")) for one in answers["answers"])
    assert told == sorted((one["value"], one["comment"]) for one in sent)
    assert len(told) == 30
    assert box.post("/people", do="answer", pace=0)["answers"] == []


def test_answers_spread_over_the_scale_and_some_have_comments(box: Box, site: survey_site.Site) -> None:
    for number, to in enumerate(addresses(box, 60)):
        invite(box, site, to, str(number))
    answers = box.post("/people", do="answer", pace=0)["answers"]
    values = [one["value"] for one in answers]
    assert min(values) < 6 < 9 <= max(values)
    assert sum(values) / len(values) > 6
    assert 15 < sum(bool(one["comment"]) for one in answers) < 55


def test_some_tap_a_value_and_some_take_the_plain_link(box: Box, site: survey_site.Site) -> None:
    for number, to in enumerate(addresses(box, 30)):
        invite(box, site, to, str(number))
    box.post("/people", do="answer", pace=0)
    taps = sum("v=" in path for path in site.opened if not path.endswith("/thanks"))
    assert 5 < taps < 25


def test_decoys_stay_empty_and_hidden_fields_come_along(box: Box, site: survey_site.Site) -> None:
    invite(box, site, addresses(box, 1)[0], "a")
    box.post("/people", do="answer", pace=0, value=7, comment='Hyvä\n"1" 😊')
    assert site.posted["/s/a"] == [{"nonce": "nonce&/s/a", "value": "7", "website": "", "comment": 'Hyvä\r\n"1" 😊', "go": "1"}]


def test_a_share_answers_and_the_rest_may_answer_later(box: Box, site: survey_site.Site) -> None:
    for number, to in enumerate(addresses(box, 20)):
        invite(box, site, to, str(number))
    assert len(box.post("/people", do="answer", share=0.25, pace=0)["answers"]) == 5
    assert len(box.post("/people", do="answer", pace=0)["answers"]) == 15


def test_a_refused_form_is_no_answer(box: Box, site: survey_site.Site) -> None:
    site.refuse = True
    invite(box, site, addresses(box, 1)[0], "a")
    answer = box.post("/people", do="answer", pace=0)
    assert answer["answers"] == []
    assert answer["failed"][0]["status"] == 422


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # whoever asks is cut off at the end
def test_people_read_for_as_long_as_they_are_told_all_at_the_same_time(tmp_path: Path, site: survey_site.Site) -> None:
    with server.Sandbox(tmp_path, cases=30, purchases=10) as sandbox:
        assert sandbox.addresses is not None
        box = Box(sandbox, sandbox.addresses)
        for number, to in enumerate(addresses(box, 24)):
            invite(box, site, to, str(number))
        asking = threading.Thread(target=box.post, args=("/people",), kwargs={"do": "answer", "pace": 600})
        asking.start()
        waiting.until(lambda: len(site.opened) == 24, "everybody has opened the page")
        assert site.posted == {}
    asking.join(60)


def test_opening_and_scanning_send_nothing_and_leave_the_mail_unread(box: Box, site: survey_site.Site) -> None:
    invite(box, site, addresses(box, 1)[0], "a")
    box.post("/people", do="open")
    assert len(site.opened) == 1
    scanned = box.post("/people", do="scan")["scan"]
    assert len(scanned) == 14
    assert len(site.opened) == 15
    assert site.posted == {}
    assert len(box.post("/people", do="answer", pace=0)["answers"]) == 1


def test_a_scanner_may_send_the_form_as_well(box: Box, site: survey_site.Site) -> None:
    invite(box, site, addresses(box, 1)[0], "a")
    box.post("/people", do="scan", submit=True)
    assert [posted["value"] for posted in site.posted["/s/a"]] == ["0"]


@pytest.mark.parametrize(
    ("way", "count", "path"),
    [("preview", 3, "/s/a?lang=en"), ("prefetch", 14, "/s/a?v=0&lang=en"), ("altered", 14, "/s/a?v=0&lang=en'")],
)
def test_other_machines_fetch_in_other_ways(box: Box, site: survey_site.Site, way: str, count: int, path: str) -> None:
    invite(box, site, addresses(box, 1)[0], "a")
    box.post("/people", do="scan", way=way)
    assert (len(site.opened), site.opened[0]) == (count, path)


def test_unsubscribing_is_one_post(box: Box, site: survey_site.Site) -> None:
    invite(box, site, addresses(box, 1)[0], "a")
    box.post("/people", do="unsubscribe")
    assert site.posted == {"/u/a": [{"List-Unsubscribe": "One-Click"}]}
    assert site.opened == []


def test_text_messages_are_answered_too(box: Box, site: survey_site.Site) -> None:
    number = next(person["phone"] for person in box.get("/population") if person["phone"])
    text = f"Havu: one question, 0-10? {site.url}/s/sms. Stop: STOP"
    requests.post(f"{box.addresses.sms['url']}/messages", json={"to": number, "from": "Havu", "text": text}, timeout=10)
    assert len(box.post("/people", do="answer", pace=0)["answers"]) == 1
    assert list(site.posted) == ["/s/sms"]


@pytest.mark.parametrize(
    "wrong", [{"do": "sing"}, {"do": "answer", "share": 2}, {"do": "answer", "pace": -1}, {"do": "answer", "haste": 1}]
)
def test_wrong_use_is_answered_with_a_sentence(box: Box, wrong: dict[str, object]) -> None:
    assert "should" in box.refused("/people", **wrong) or "known are" in box.refused("/people", **wrong)


@pytest.mark.parametrize("crm", ["salesforce", "dynamics"])
@pytest.mark.parametrize("do", ["close_cases", "make_purchases"])
def test_an_answer_is_put_down_to_the_record_it_was_about(box: Box, site: survey_site.Site, crm: str, do: str) -> None:
    stand_in = box.sandbox.stand_ins[crm]
    records = box.post("/act", do=do, crm=crm, count=8)["records"]
    told = {}
    for number, record in enumerate(records):
        known = stand_in.labels(record)
        if known["email"]:
            invite(box, site, known["email"], str(number), f"“{known['subject'] or known['label']}”")
            told[record] = crm
    answers = box.post("/people", do="answer", pace=0)["answers"]
    assert {one["record"]: one["crm"] for one in answers} == told


def test_people_try_again_when_the_site_was_down(box: Box) -> None:
    with survey_site.running(range(11)) as gone:
        pass
    with survey_site.running(range(11)) as site:
        invite(box, gone, addresses(box, 1)[0], "a")
        assert box.post("/people", do="answer", pace=0)["failed"][0]["status"] == 0
        assert [letter.links[0] for letter in box.sandbox.customers.unread()] == [f"{gone.url}/s/a?v=0&lang=en"]
        assert site.opened == []


def test_customers_left_alone_answer_some_of_their_mail(
    tmp_path: Path, site: survey_site.Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("HESITATION", (0.0, 0.2)), ("READING", (0.0, 0.2)), ("LOOK_EVERY", 0.05)):
        monkeypatch.setattr(alone, name, value)
    with server.Sandbox(tmp_path, cases=40, purchases=10, alone=True) as sandbox:
        assert sandbox.addresses is not None
        box = Box(sandbox, sandbox.addresses)
        for number, to in enumerate(addresses(box, 40)):
            invite(box, site, to, str(number))
        waiting.until(lambda: len(site.posted) >= 12, "some have answered")
    assert 12 <= len(site.posted) <= 35
    assert all(len(posted) == 1 for posted in site.posted.values())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # whoever asks is cut off, as they must be
def test_a_customer_who_waits_for_a_page_does_not_keep_the_sandbox_from_stopping(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, server.Sandbox(tmp_path, cases=10, purchases=10) as sandbox:
        assert sandbox.addresses is not None
        box = Box(sandbox, sandbox.addresses)
        box.mail("aino@posti.example", "x", f"http://127.0.0.1:{silent.getsockname()[1]}/s/1")
        asking = threading.Thread(
            target=requests.post, args=(f"{box.addresses.control}/people",), kwargs={"json": {"do": "answer"}}
        )
        asking.start()
        line, _ = silent.accept()
        asked = line.recv(65536)
        sandbox.stop()
        line.setblocking(False)
        with pytest.raises(BlockingIOError):
            line.recv(1)  # the customer has neither hung up nor had an answer
        line.close()
        asking.join(60)
        assert asked.startswith(b"GET /s/1")
