"""What customers write, from the page to the record: the running program and both CRMs' stand-ins, on the wire.

Nothing of it is obeyed on the way (as a formula, markup, a query, a header or a part of a batch), and the record holds what was
written, without what no CRM can hold; where the field is too short, a mark tells that there was more.
"""

import csv
import json
import re
import time
import unicodedata
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.endtoend import stage, test_whole_loop

CRMS = ("salesforce", "dynamics")
OBJECTS = {"salesforce": ("Case", "Id", "Palaute_{}__c"), "dynamics": ("incidents", "incidentid", "palaute_{}")}
NAMES = {"salesforce": ("Score", "Comment", "Metric"), "dynamics": ("score", "comment", "metric")}
WRITTEN: dict[str, str | bytes] = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>\"'>",
    "formula": '=HYPERLINK("http://x.example";"x")',
    "formula with spaces": "  @SUM(1+1)*cmd|' /C calc'!A0 ",
    "soql": "' OR Id != '' LIMIT 1 -- \\' \\",
    "odata": "x' or title ne '') $filter=a&$select=b #?/%27%00",
    "line ends": "one\r\ntwo\rthree\nfour",
    "batch": "a\r\n--changeset_1\r\nContent-Type: application/http\r\n\r\nDELETE /api/data/v9.2/incidents HTTP/1.1\r\n\r\n--b--",
    "json": '"}, {"Id": "500000000000001", "attributes": {"type": "User"}}',
    "xml": "]]></description><!--&#0;<![CDATA[",
    "control characters": "a\x00b\x08c\x0bd\x1b[2Je\x7ff\x85g",
    "half a surrogate pair": b"a%ED%A0%80b%FFc",
    "the wrong way round": "\u202egpj.exe\u202c \u2066x\u2069 שלום",
    "four bytes": "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001d518",
    "as much as the page takes": "\U0001f600" * 4000,
    "a word that programs know": "null",
    "merge fields": "{!Account.Name} ${7*7} {{7*7}} %{x} #{x}",
}
KEPT = {
    "formula with spaces": "@SUM(1+1)*cmd|' /C calc'!A0",
    "line ends": "one\ntwo\nthree\nfour",
    "batch": "a\n--changeset_1\nContent-Type: application/http\n\nDELETE /api/data/v9.2/incidents HTTP/1.1\n\n--b--",
    "control characters": "abcd[2Jefg",
    "half a surrogate pair": "a\ufffd\ufffd\ufffdb\ufffdc",
}
"""What the record holds of those of which it does not hold every character."""
CASES = 60
SHORT = 40
"""UTF-16 units of the fields for the metric, which get the comment here, too."""


@dataclass
class Course:
    """Who wrote what, and the records afterwards."""

    stage: stage.Stage
    cases: dict[str, dict[str, str]] = field(default_factory=dict)
    """CRM → key of ``WRITTEN`` → record."""
    rows: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def record(self, crm: str, name: str) -> dict[str, Any]:
        """Score, comment and the short field of the record that this was written about."""
        row = self.rows[crm][self.cases[crm][name]]
        return {part: row[OBJECTS[crm][2].format(part)] for part in NAMES[crm]}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    running = stage.Stage(tmp_path_factory.mktemp("box"), "--cases", "80", "--purchases", "2")
    try:
        yield play(Course(running))
    finally:
        running.close()


def play(course: Course) -> Course:
    running = course.stage
    text = running.settings.read_text()
    for crm in CRMS:
        metric = OBJECTS[crm][2].format(NAMES[crm][2])
        text = text.replace(f'{metric} = "metric"', f'{metric} = "comment"')
    running.settings.write_text(text)
    running.run()
    closed = {crm: running.act(crm, "close_cases", CASES) for crm in CRMS}
    running.until(lambda: test_whole_loop.all_sent(running.status(), len(CRMS) * CASES), 200, "every mail is sent")
    links = {crm: _links(running, cases) for crm, cases in closed.items()}
    pages = {link: running.session.get(link, timeout=20).text for told in links.values() for link in told.values()}
    time.sleep(stage.READS)
    for crm, told in links.items():
        course.cases[crm] = dict(zip(WRITTEN, told, strict=False))
        for name, case in course.cases[crm].items():
            _answer(course, told[case], pages[told[case]], WRITTEN[name])
    running.until(lambda: running.status()["writes"]["done"] >= 2 * len(WRITTEN), 60, "every answer is written")
    for crm, (objects, key, _) in OBJECTS.items():
        ids = ",".join(course.cases[crm].values())
        course.rows[crm] = {row[key]: row for row in running.control("GET", f"/records/{crm}/{objects}?ids={ids}")}
    return course


def _links(running: stage.Stage, cases: list[str]) -> dict[str, str]:
    """Case → link, of as many as are needed."""
    asked = [case for case in cases if running.why(case)["decision"]["reason"] == "asked"][: len(WRITTEN)]
    assert len(asked) == len(WRITTEN)
    return {case: json.loads(running.palaute("link", case, "--json"))["link"] for case in asked}


def _answer(course: Course, link: str, page: str, comment: str | bytes) -> None:
    nonce = re.search(r'name="nonce" value="([^"]+)"', page)
    assert nonce
    quoted = comment if isinstance(comment, bytes) else urllib.parse.quote_plus(comment).encode()
    body = urllib.parse.urlencode({"nonce": nonce[1], "value": "2", "more": ""}).encode() + b"&comment=" + quoted
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert course.stage.session.post(link, data=body, headers=headers, timeout=20).status_code == 200


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("crm", CRMS)
def test_the_record_holds_what_was_written(course: Course, crm: str, name: str) -> None:
    score, comment, short = course.record(crm, name).values()
    said = KEPT.get(name) or WRITTEN[name]
    assert isinstance(said, str)
    assert (score, comment) == (2, said)
    assert (
        short == said if units(said) <= SHORT else short.endswith("…") and units(short) <= SHORT and said.startswith(short[:-1])
    )


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@pytest.mark.parametrize("crm", CRMS)
def test_no_other_record_was_touched(course: Course, crm: str) -> None:
    objects, key, named = OBJECTS[crm]
    rows = course.stage.control("GET", f"/records/{crm}/{objects}")
    marked = {row[key] for row in rows if row.get(named.format(NAMES[crm][1])) is not None}
    assert marked == set(course.cases[crm].values())


def test_no_table_for_spreadsheets_holds_a_formula(course: Course) -> None:
    path = course.stage.folder / "cases.csv"
    course.stage.palaute("preview", "--days", "1", "--csv", str(path))
    with path.open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert cells
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))] == []


def test_a_terminal_obeys_no_comment(course: Course) -> None:
    shown = course.stage.palaute("answers", "--comments")
    assert "abcd" in shown
    assert [mark for mark in shown if unicodedata.category(mark) == "Cc" and mark != "\n"] == []
    assert "\u202e" not in shown
