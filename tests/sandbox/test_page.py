"""Pages and mails are read as a browser reads them."""

import pytest

from sandbox import letters, page

FORM = """<base href="http://h.example/x/"><a href="y">y</a><a href="mailto:a@b.example">m</a><a name="no">n</a>
<form method=POST action="../s/1?a=1&amp;b=2"><input type=hidden name=n value="&lt;1&gt;">
<p hidden><textarea name="trap"></textarea></p><label>1<input type=radio name=v value=1></label>
<input type=radio name=v value=2 checked><input type=radio name=v value=3><input type=radio name=solved value=yes>
<input type=checkbox name=news><input type=checkbox name=terms checked><input name=extra value="e" disabled>
<input name=decoy tabindex=-1><textarea name=comment>
old</textarea><input type=submit name=go value=Go></form><script>var thanks = "thank";</script>"""


def test_links_are_absolute_and_only_of_the_web() -> None:
    assert page.read(FORM).links == ("http://h.example/x/y",)


def test_a_form_is_filled_as_a_person_would() -> None:
    form = page.read(FORM).survey()
    assert form is not None
    assert form.action == "http://h.example/s/1?a=1&b=2"
    assert (form.scale(), form.chosen()) == (["1", "2", "3"], "2")
    assert form.filled("3", "a\nb") == [
        ("n", "<1>"),
        ("trap", ""),
        ("v", "3"),
        ("terms", "on"),
        ("decoy", ""),
        ("comment", "a\r\nb"),
        ("go", "Go"),
    ]


@pytest.mark.parametrize(
    ("html", "thanks"),
    [
        ("<h1>Thank you!</h1>", True),
        ("<h1>KIITOS</h1>", True),
        ("<h1>Closed</h1><script>'thank'</script>", False),
        ("<p>thanks</p>" + FORM, False),
    ],
)
def test_a_page_thanks_when_it_says_so_and_asks_nothing(html: str, thanks: bool) -> None:
    assert page.read(html).thanks() is thanks


def letter(*links: str, unsubscribe: str = "") -> letters.Letter:
    return letters.Letter(key="1", address="a@b.example", text="", arrived=0.0, links=links, unsubscribe=unsubscribe)


def test_taps_are_sorted_and_the_plain_link_opens_the_same_page() -> None:
    received = letter("http://h/s/1?v=10", "http://h/s/1?v=2&lang=fi", "http://h/privacy", "http://h/s/1?lang=fi")
    assert received.taps() == ["http://h/s/1?v=2&lang=fi", "http://h/s/1?v=10"]
    assert received.plain() == "http://h/s/1?lang=fi"


def test_without_taps_the_first_link_is_the_plain_one_unless_it_unsubscribes() -> None:
    assert letter("http://h/u/1", "http://h/s/1", unsubscribe="http://h/u/1").plain() == "http://h/s/1"
    assert letter().plain() == ""
