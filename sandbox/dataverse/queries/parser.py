"""Reads OData expressions by recursive descent."""

import re
from collections.abc import Mapping

from sandbox.dataverse import refusal
from sandbox.dataverse.queries import odata

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

    def whole(self) -> odata.Node:
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

    def _or(self) -> odata.Node:
        self._depth += 1
        if self._depth > _DEPTH:
            raise refusal.bad_query("The recursion limit has been exceeded for the $filter expression.")
        items = [self._and()]
        while self._word("or"):
            items.append(self._and())
        self._depth -= 1
        return items[0] if len(items) == 1 else odata.Logic("or", tuple(items))

    def _and(self) -> odata.Node:
        items = [self._not()]
        while self._word("and"):
            items.append(self._not())
        return items[0] if len(items) == 1 else odata.Logic("and", tuple(items))

    def _not(self) -> odata.Node:
        return odata.Not(self._not()) if self._word("not") else self._comparison()

    def _comparison(self) -> odata.Node:
        left = self._operand()
        kind, word = self._peek()
        if kind != "name" or word not in _COMPARISONS:
            if (kind, word) in (("name", "in"), ("name", "has")):
                raise refusal.bad_query(
                    f"The '{word}' operator is not supported. Use the Microsoft.Dynamics.CRM.In query function."
                )
            return left
        self._at += 1
        return odata.Compare(word, left, self._operand())

    def _operand(self) -> odata.Node:
        kind, word = self._peek()
        if self._sign("("):
            inner = self._or()
            self._expect(")")
            return inner
        if kind in ("string", "quoted", "guid", "datetime", "date", "number"):
            self._at += 1
            return odata.literal(kind, word)
        if kind != "name":
            raise self._wrong()
        self._at += 1
        if word in ("null", "true", "false"):
            return odata.literal("word", word)
        if word.startswith("@"):
            return self._alias(word)
        if self._peek()[0] == "string" and "." in word:
            # An enumeration member: Microsoft.Dynamics.CRM.AttributeTypeCode'Integer'.
            self._at += 1
            return odata.literal("string", self._tokens[self._at - 1][1])
        if self._peek() == ("sign", "("):
            return self._call(word)
        return self._path(word)

    def _alias(self, name: str) -> odata.Node:
        if name not in self.aliases:
            return odata.Literal(None, "null")
        return Parser(self.aliases[name], depth=self._depth).whole()

    def _path(self, first: str) -> odata.Node:
        steps = [first]
        while self._sign("/"):
            kind, word = self._peek()
            if kind != "name":
                raise self._wrong()
            self._at += 1
            if word in ("any", "all") and self._sign("("):
                return self._lambda(tuple(steps), word)
            steps.append(word)
        return odata.Path(tuple(steps))

    def _lambda(self, path: tuple[str, ...], quantifier: str) -> odata.Node:
        if self._sign(")"):
            return odata.Lambda(path, quantifier, "", None)
        kind, variable = self._peek()
        if kind != "name":
            raise self._wrong()
        self._at += 1
        self._expect(":")
        condition = self._or()
        self._expect(")")
        return odata.Lambda(path, quantifier, variable, condition)

    def _call(self, name: str) -> odata.Node:
        self._expect("(")
        if name.startswith(_PREFIX):
            return odata.Call(name.removeprefix(_PREFIX), (), self._named())
        arguments: list[odata.Node] = []
        while not self._sign(")"):
            if arguments:
                self._expect(",")
            arguments.append(self._or())
        return odata.Call(name, tuple(arguments))

    def _named(self) -> tuple[tuple[str, odata.Node | tuple[odata.Literal, ...]], ...]:
        named: list[tuple[str, odata.Node | tuple[odata.Literal, ...]]] = []
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

    def _argument(self) -> odata.Node | tuple[odata.Literal, ...]:
        kind, word = self._peek()
        if kind == "name" and word.startswith("@") and self.aliases.get(word, "").lstrip().startswith("["):
            self._at += 1
            return Parser(self.aliases[word])._array()
        return self._operand()

    def _array(self) -> tuple[odata.Literal, ...]:
        self._expect("[")
        values: list[odata.Literal] = []
        while not self._sign("]"):
            if values:
                self._expect(",")
            value = self._operand()
            if not isinstance(value, odata.Literal):
                raise self._wrong()
            values.append(value)
        return tuple(values)
