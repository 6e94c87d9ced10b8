"""The locator finds the line of every key that the standard parser reads."""

import tomllib
from typing import Any

import pytest

from settings import locate

TEXT = '''\
title = "x"  # comment with [brackets] = and "quotes"
a.b."c.d" = 1
[table.inner]
list = [
  1, # one
  { x = 1, y = [2, 3] },

  "]",
]
text = """
[not.a.table]
key = "value"
"""
raw = \'\'\'
z = 1\'\'\'
[[rows]]
name = "first"
[rows.sub]
deep = true
[[rows]]
name = 'it''s'
when = [{ any = [{ field = "a" },
  { field = "b" }] }]
[rows.sub]
deep = false
'''.replace("'it''s'", "'its'")


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("title",), 1),
        (("a",), 2),
        (("a", "b", "c.d"), 2),
        (("table",), 3),
        (("table", "inner"), 3),
        (("table", "inner", "list"), 4),
        (("table", "inner", "list", 0), 5),
        (("table", "inner", "list", 1, "y", 1), 6),
        (("table", "inner", "list", 2), 8),
        (("table", "inner", "text"), 10),
        (("table", "inner", "raw"), 14),
        (("rows",), 16),
        (("rows", 0, "name"), 17),
        (("rows", 0, "sub", "deep"), 19),
        (("rows", 1), 20),
        (("rows", 1, "name"), 21),
        (("rows", 1, "when", 0, "any", 1, "field"), 23),
        (("rows", 1, "sub", "deep"), 25),
    ],
)
def test_a_key_is_on_its_line(place: locate.Place, line: int) -> None:
    assert locate.lines(TEXT)[place] == line


def places(value: Any, place: locate.Place = ()) -> list[locate.Place]:
    """Every key, table and element of parsed TOML."""
    found = [place] if place else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += places(inner, (*place, key))
    return found


def test_every_key_of_the_parser_is_found_and_no_other() -> None:
    assert set(places(tomllib.loads(TEXT))) == set(locate.lines(TEXT))


@pytest.mark.parametrize(
    "text", ["[", "a = [", "a = {", '"', "a = '", "]]", "= 1", "[a.", "a = {b = [", "\\", "a..b = 1", "[[a]"]
)
def test_broken_text_ends_the_reading_and_never_hangs(text: str) -> None:
    assert isinstance(locate.lines(text * 3), dict)
