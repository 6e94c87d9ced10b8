"""What a customer writes is text: on pages, in tables for spreadsheets, in the CRM. (In mails: tests/channels/test_mail.py.)"""

import csv
import io
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey.preview import cases
from tests.web import conftest

HOSTILE = [
    '"><script>alert(1)</script>',
    "<img src=x onerror=alert(1)>",
    "</textarea><svg/onload=alert(1)>",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% include 'x' %}${7*7}#{7*7}",
    "=HYPERLINK(\"http://x.example\";\"x\")",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "%0d%0aSet-Cookie: a=b",
    "'; DROP TABLE answer; --",
    "]]><!--<![CDATA[",
    "\u202egpj.exe",
]  # fmt: skip
FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@A1",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\x00=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠A1",
]


@pytest.mark.parametrize("comment", HOSTILE)
def test_a_comment_is_text_on_every_page_and_in_the_crm(make_place: Callable[..., conftest.Place], comment: str) -> None:
    place = make_place()
    token = place.ask(subject=comment)
    wrong = place.answer(token, "eleven", comment=comment)
    thanks = place.answer(token, "3", comment=comment)
    again = place.get(f"/s/{token}?change=1")
    for page in (place.get(f"/why/{token}"), wrong, thanks, again):
        assert "{{ 49 }}" not in page.text
        assert "Set-Cookie" not in page.headers
        markup = re.sub(r"<textarea[^>]*>.*?</textarea>", "", page.text, flags=re.S)
        assert re.findall(r"<script(?![^>]* src=\"/static/)", markup) == []
        assert re.findall(r"<(?:svg|img)[^>]*\bon\w+=", page.text) == []
        assert "</textarea><svg" not in page.text
    assert place.asked(token).comment == comment.strip()
    place.later(hours=1)
    place.world.turn()
    written = [record.values.get("comment") for record in place.world.crm.records("case")]
    assert comment.strip() in written


@pytest.mark.parametrize("text", FORMULAS)
def test_a_cell_that_would_be_a_formula_is_defused(text: str) -> None:
    assert cases.plain(text).startswith("'")


@given(st.text(max_size=30))
def test_no_cell_begins_a_formula_or_a_line(text: str) -> None:
    file = io.StringIO()
    csv.writer(file).writerow([cases.plain(text), "after"])
    [row] = csv.reader(io.StringIO(file.getvalue()))
    assert row[1] == "after"
    assert not row[0].startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
