"""OData 4.0 expressions as Dataverse takes them, read by recursive descent into a small tree."""

import re
from collections.abc import Mapping
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


Node = Literal | Path | Compare | Logic | Not | Call | Lambda

_TOKENS = re.compile(
    r"""\s*(?:
      (?P<string>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"\\]|\\.)*")
    | (?P<guid>[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})(?![0-9A-Za-z_-])
    | (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))
    | (?P<date>\d{4}-\d\d-\d\d)(?![0-9A-Za-z_-])
    | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![0-9A-Za-z_])
    | (?P<name>[$@]?[A-Za-z_][A-Za-z0-9_.]*)
    | (?P<sign>[(),/=:\[\]])
    )""",
    re.VERBOSE,
)
_COMPARISONS = frozenset({"eq", "ne", "gt", "ge", "lt", "le"})
STRING_FUNCTIONS = frozenset({"contains", "startswith", "endswith"})
_PREFIX = "Microsoft.Dynamics.CRM."
_DEPTH = 100


class Parser:
    """Reads one expression; ``aliases`` are the request's ``@name`` parameters."""

    def __init__(self, source: str, aliases: Mapping[str, str] | None = None, *, depth: int = 0) -> None:
        self.source = source
        self.aliases = aliases or {}
        self._tokens = self._split(source)
        self._at = 0
        self._depth = depth

    def whole(self) -> Node:
        """The expression, which must take up all of the source."""
        node = self._or()
        if self._at < len(self._tokens):
            raise self._wrong()
        return node

    def _split(self, source: str) -> list[tuple[str, str, int]]:
        tokens = []
        at = 0
        end = len(source.rstrip())
        while at < end:
            match = _TOKENS.match(source, at)
            if match is None or match.lastgroup is None:
                raise refusal.bad_query(f"Syntax error at position {at} in '{source}'.")
            tokens.append((match.lastgroup, match.group(match.lastgroup), match.start(match.lastgroup)))
            at = match.end()
        return tokens

    def _wrong(self) -> refusal.Refusal:
        position = self._tokens[self._at][2] if self._at < len(self._tokens) else len(self.source)
        return refusal.bad_query(f"Syntax error at position {position} in '{self.source}'.")

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at][:2] if self._at < len(self._tokens) else ("end", "")

    def _sign(self, sign: str) -> bool:
        if self._peek() == ("sign", sign):
            self._at += 1
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._sign(sign):
            raise self._wrong()

    def _word(self, *words: str) -> str:
        kind, word = self._peek()
        if kind == "name" and word in words:
            self._at += 1
            return word
        return ""

    def _or(self) -> Node:
        self._depth += 1
        if self._depth > _DEPTH:
            raise refusal.bad_query("The recursion limit has been exceeded for the $filter expression.")
        items = [self._and()]
        while self._word("or"):
            items.append(self._and())
        self._depth -= 1
        return items[0] if len(items) == 1 else Logic("or", tuple(items))

    def _and(self) -> Node:
        items = [self._not()]
        while self._word("and"):
            items.append(self._not())
        return items[0] if len(items) == 1 else Logic("and", tuple(items))

    def _not(self) -> Node:
        return Not(self._not()) if self._word("not") else self._comparison()

    def _comparison(self) -> Node:
        left = self._operand()
        kind, word = self._peek()
        if kind != "name" or word not in _COMPARISONS:
            if (kind, word) in (("name", "in"), ("name", "has")):
                raise refusal.bad_query(
                    f"The '{word}' operator is not supported. Use the Microsoft.Dynamics.CRM.In query function."
                )
            return left
        self._at += 1
        return Compare(word, left, self._operand())

    def _operand(self) -> Node:
        kind, word = self._peek()
        if self._sign("("):
            inner = self._or()
            self._expect(")")
            return inner
        if kind in ("string", "quoted", "guid", "datetime", "date", "number"):
            self._at += 1
            return literal(kind, word)
        if kind != "name":
            raise self._wrong()
        self._at += 1
        if word in ("null", "true", "false"):
            return literal("word", word)
        if word.startswith("@"):
            return self._alias(word)
        if self._peek()[0] == "string" and "." in word:
            # An enumeration member: Microsoft.Dynamics.CRM.AttributeTypeCode'Integer'.
            self._at += 1
            return literal("string", self._tokens[self._at - 1][1])
        if self._peek() == ("sign", "("):
            return self._call(word)
        return self._path(word)

    def _alias(self, name: str) -> Node:
        if name not in self.aliases:
            return Literal(None, "null")
        return Parser(self.aliases[name], depth=self._depth).whole()

    def _path(self, first: str) -> Node:
        steps = [first]
        while self._sign("/"):
            kind, word = self._peek()
            if kind != "name":
                raise self._wrong()
            self._at += 1
            if word in ("any", "all") and self._sign("("):
                return self._lambda(tuple(steps), word)
            steps.append(word)
        return Path(tuple(steps))

    def _lambda(self, path: tuple[str, ...], quantifier: str) -> Node:
        if self._sign(")"):
            return Lambda(path, quantifier, "", None)
        kind, variable = self._peek()
        if kind != "name":
            raise self._wrong()
        self._at += 1
        self._expect(":")
        condition = self._or()
        self._expect(")")
        return Lambda(path, quantifier, variable, condition)

    def _call(self, name: str) -> Node:
        self._expect("(")
        if name.startswith(_PREFIX):
            return Call(name.removeprefix(_PREFIX), (), self._named())
        arguments: list[Node] = []
        while not self._sign(")"):
            if arguments:
                self._expect(",")
            arguments.append(self._or())
        return Call(name, tuple(arguments))

    def _named(self) -> tuple[tuple[str, Node | tuple[Literal, ...]], ...]:
        named: list[tuple[str, Node | tuple[Literal, ...]]] = []
        while not self._sign(")"):
            if named:
                self._expect(",")
            kind, name = self._peek()
            if kind != "name":
                raise self._wrong()
            self._at += 1
            self._expect("=")
            named.append((name, self._array() if self._peek() == ("sign", "[") else self._argument()))
        return tuple(named)

    def _argument(self) -> Node | tuple[Literal, ...]:
        kind, word = self._peek()
        if kind == "name" and word.startswith("@") and self.aliases.get(word, "").lstrip().startswith("["):
            self._at += 1
            return Parser(self.aliases[word])._array()
        return self._operand()

    def _array(self) -> tuple[Literal, ...]:
        self._expect("[")
        values: list[Literal] = []
        while not self._sign("]"):
            if values:
                self._expect(",")
            value = self._operand()
            if not isinstance(value, Literal):
                raise self._wrong()
            values.append(value)
        return tuple(values)


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
