"""OData 4.0 expressions as Dataverse takes them: the tree that parser.py makes, and ways to cut option texts."""

import re
from dataclasses import dataclass
from typing import Any

from sandbox.dataverse import refusal


@dataclass(frozen=True)
class Literal:
    """A constant; ``kind`` is string, guid, number, date, datetime, boolean or null."""

    value: Any
    kind: str


@dataclass(frozen=True)
class Path:
    """A property, perhaps behind navigation properties."""

    steps: tuple[str, ...]


@dataclass(frozen=True)
class Compare:
    """``left op right`` with eq, ne, gt, ge, lt or le."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True)
class Logic:
    """``and`` or ``or`` over two or more conditions."""

    operator: str
    items: tuple["Node", ...]


@dataclass(frozen=True)
class Not:
    """Negation."""

    item: "Node"


@dataclass(frozen=True)
class Call:
    """A function; query functions of Microsoft.Dynamics.CRM name their arguments."""

    name: str
    arguments: tuple["Node", ...]
    named: tuple[tuple[str, "Node | tuple[Literal, ...]"], ...] = ()


@dataclass(frozen=True)
class Lambda:
    """``path/any(x:condition)`` or ``path/all(…)``; ``any()`` without a condition has none."""

    path: tuple[str, ...]
    quantifier: str
    variable: str
    condition: "Node | None"


STRING_FUNCTIONS = frozenset({"contains", "startswith", "endswith"})
Node = Literal | Path | Compare | Logic | Not | Call | Lambda


def conditions(node: Node | None) -> int:
    """How many single conditions a tree holds."""
    if isinstance(node, Logic):
        return sum(conditions(item) for item in node.items)
    if isinstance(node, Not):
        return conditions(node.item)
    return conditions(node.condition) if isinstance(node, Lambda) else 1


def literal(kind: str, word: str) -> Literal:
    """A token as a constant."""
    if kind == "string":
        return Literal(word[1:-1].replace("''", "'"), "string")
    if kind == "quoted":
        return Literal(re.sub(r"\\(.)", r"\1", word[1:-1]), "string")
    if kind == "number":
        return Literal(float(word) if any(c in word for c in ".eE") else int(word), "number")
    if kind == "guid":
        return Literal(word.lower(), "guid")
    if kind == "word":
        return Literal({"null": None, "true": True, "false": False}[word], "null" if word == "null" else "boolean")
    return Literal(word, kind)


def split(text: str, separator: str) -> list[str]:
    """Split outside of quotes, parentheses and brackets."""
    parts: list[str] = []
    depth = 0
    quoted = False
    start = 0
    for at, char in enumerate(text):
        if char == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
        elif char == separator and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    parts.append(text[start:])
    if depth != 0 or quoted:
        raise refusal.bad_query(f"Found an unbalanced bracket expression at position {len(text)} in '{text}'.")
    return parts
