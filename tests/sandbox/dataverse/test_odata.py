"""OData conditions are read into the right tree, or refused with a position."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.dataverse import refusal
from sandbox.dataverse.queries import odata, parser
from sandbox.dataverse.queries.odata import Call, Compare, Lambda, Literal, Logic, Node, Not, Path


def read(source: str, **aliases: str) -> Node:
    """The tree of a condition."""
    return parser.Parser(source, {f"@{name}": value for name, value in aliases.items()}).whole()


ONE = Compare("eq", Path(("a",)), Literal(1, "number"))
TWO = Compare("eq", Path(("b",)), Literal(2, "number"))
THREE = Compare("eq", Path(("c",)), Literal(3, "number"))


@pytest.mark.parametrize(
    ("source", "tree"),
    [
        ("a eq 1", ONE),
        ("a eq 1 and b eq 2 or c eq 3", Logic("or", (Logic("and", (ONE, TWO)), THREE))),
        ("a eq 1 and (b eq 2 or c eq 3)", Logic("and", (ONE, Logic("or", (TWO, THREE))))),
        ("not a eq 1 and b eq 2", Logic("and", (Not(ONE), TWO))),
        ("not (a eq 1)", Not(ONE)),
        ("name eq 'O''Brien'", Compare("eq", Path(("name",)), Literal("O'Brien", "string"))),
        ("x/y/z ne null", Compare("ne", Path(("x", "y", "z")), Literal(None, "null"))),
        ("a gt -1.5e3", Compare("gt", Path(("a",)), Literal(-1500.0, "number"))),
        ("flag eq true", Compare("eq", Path(("flag",)), Literal(True, "boolean"))),
        (
            "id eq 6F1D2C52-6a9e-4c1b-9a53-0c8f0d6f2f10",
            Compare("eq", Path(("id",)), Literal("6f1d2c52-6a9e-4c1b-9a53-0c8f0d6f2f10", "guid")),
        ),
        ("t ge 2026-01-01T00:00:00Z", Compare("ge", Path(("t",)), Literal("2026-01-01T00:00:00Z", "datetime"))),
        ("t ge 2026-01-01", Compare("ge", Path(("t",)), Literal("2026-01-01", "date"))),
        ("contains(t,'x')", Call("contains", (Path(("t",)), Literal("x", "string")))),
        ("a/any()", Lambda(("a",), "any", "", None)),
        ("a/all(o:o/b eq 1)", Lambda(("a",), "all", "o", Compare("eq", Path(("o", "b")), Literal(1, "number")))),
        (
            "Microsoft.Dynamics.CRM.In(PropertyName='a',PropertyValues=['x',\"y\"])",
            Call(
                "In",
                (),
                (("PropertyName", Literal("a", "string")), ("PropertyValues", (Literal("x", "string"), Literal("y", "string")))),
            ),
        ),
    ],
)
def test_condition_becomes_this_tree(source: str, tree: Node) -> None:
    assert read(source) == tree


def test_alias_stands_for_its_value() -> None:
    assert read("a eq @p", p="1") == ONE


def test_alias_without_value_is_null() -> None:
    assert read("a eq @p") == Compare("eq", Path(("a",)), Literal(None, "null"))


@pytest.mark.parametrize(
    "source", ["", "a eq", "a eq 1 and", "(a eq 1", "a eq 1)", "a == 1", "a eq 'x", "f(a", "a in (1,2)", "eq 1"]
)
def test_nonsense_is_refused(source: str) -> None:
    with pytest.raises(refusal.Refusal) as caught:
        read(source)
    assert (caught.value.status, caught.value.code) == (400, "0x80060888")


def test_deep_nesting_is_refused_rather_than_overflowing() -> None:
    with pytest.raises(refusal.Refusal):
        read("(" * 500 + "a eq 1" + ")" * 500)


@given(st.text())
def test_quoted_text_comes_back_whole(text: str) -> None:
    quoted = "'" + text.replace("'", "''") + "'"
    assert read(f"a eq {quoted}") == Compare("eq", Path(("a",)), Literal(text, "string"))


@given(st.lists(st.text("abc(),;'[]=", max_size=8).filter(lambda text: "'" not in text or text.count("'") % 2 == 0), max_size=5))
def test_split_never_loses_a_character(parts: list[str]) -> None:
    source = ";".join(parts)
    try:
        found = odata.split(source, ";")
    except refusal.Refusal:
        return
    assert ";".join(found) == source
