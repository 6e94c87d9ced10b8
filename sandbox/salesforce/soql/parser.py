"""SOQL text to tree, by recursive descent (grammar: SOQL and SOSL Reference, "SOQL SELECT Syntax")."""

from collections.abc import Sequence

from sandbox.salesforce.soql import tokens, tree, words
from sandbox.salesforce.soql.reader import Reader

_BOOLEANS = {"TRUE": "true", "FALSE": "false"}


def parse(text: str) -> tree.Query:
    """The tree of one query. Raises MALFORMED_QUERY with the place."""
    reader = _Parser(text)
    query = reader.query()
    reader.expect_kind("end")
    return query


class _Parser(Reader):
    def query(self) -> tree.Query:
        self.expect("SELECT")
        select = self.separated(self.item)
        self.expect("FROM")
        name = self.expect_kind("name")
        if name.text.upper() in words.RESERVED - words.ALSO_OBJECTS or self.is_word("BY"):
            raise self.fail(name)
        alias = self.alias()
        if self.accept("USING"):
            self.expect("SCOPE")
            self.expect_kind("name")
        where = self.either() if self.accept("WHERE") else None
        self.with_clause()
        group_by, having = self.grouping()
        order_by: Sequence[tree.Ordering] = ()
        if self.accept("ORDER"):
            self.expect("BY")
            order_by = self.separated(self.ordering)
        limit = self.whole_number() if self.accept("LIMIT") else None
        offset = self.whole_number() if self.accept("OFFSET") else 0
        return tree.Query(
            text=self.text, select=select, entity=name.text, entity_at=name.at, alias=alias, where=where, group_by=group_by,
            having=having, order_by=order_by, limit=limit, offset=offset, all_rows=self.tail(),
        )  # fmt: skip

    def alias(self) -> str | None:
        if self.token.kind == "name" and "." not in self.token.text and self.token.text.upper() not in words.RESERVED:
            return self.take().text
        return None

    def item(self) -> tree.Path | tree.Function | tree.TypeOf | tree.AllFields | tree.Query:
        if self.accept_mark("("):
            query = self.query()
            self.expect_mark(")")
            return query
        if self.is_word("TYPEOF"):
            return self.type_of()
        if self.is_word("FIELDS") and self.following("("):
            at = self.take().at
            self.expect_mark("(")
            kind = self.expect("ALL", "STANDARD", "CUSTOM")
            self.expect_mark(")")
            return tree.AllFields(kind, at)
        target = self.target()
        alias = self.alias()
        if isinstance(target, tree.Path):
            return tree.Path(target.names, target.at, alias)
        return tree.Function(target.name, target.inner, target.at, alias)

    def type_of(self) -> tree.TypeOf:
        self.take()
        path = self.path()
        whens = []
        while self.accept("WHEN"):
            kind = self.expect_kind("name").text
            self.expect("THEN")
            whens.append((kind, self.separated(self.path)))
        if not whens:
            raise self.fail()
        otherwise = self.separated(self.path) if self.accept("ELSE") else []
        self.expect("END")
        return tree.TypeOf(path, whens, otherwise)

    def path(self) -> tree.Path:
        token = self.expect_kind("name")
        if token.text.upper() in words.RESERVED:
            raise self.fail(token)
        return tree.Path(tuple(token.text.split(".")), token.at)

    def target(self) -> tree.Path | tree.Function:
        if not (self.token.kind == "name" and self.following("(")):
            return self.path()
        token = self.take()
        name = token.text.upper()
        if name not in words.FUNCTIONS:
            raise self.fail(token, f"unexpected token: '{token.text}'")
        self.expect_mark("(")
        inner = None if name == "COUNT" and self.token.text == ")" else self.target()
        self.expect_mark(")")
        return tree.Function(name, inner, token.at)

    def with_clause(self) -> None:
        while self.accept("WITH"):
            self.expect("SECURITY_ENFORCED", "USER_MODE", "SYSTEM_MODE")

    def grouping(self) -> tuple[Sequence[tree.Path | tree.Function], tree.Condition | None]:
        if not self.accept("GROUP"):
            return (), None
        self.expect("BY")
        terms = self.separated(self.target)
        return terms, self.either() if self.accept("HAVING") else None

    def ordering(self) -> tree.Ordering:
        target = self.target()
        descending = self.accept("ASC", "DESC") == "DESC"
        nulls_last = self.accept("NULLS") is not None and self.expect("FIRST", "LAST") == "LAST"
        return tree.Ordering(target, descending, nulls_last)

    def tail(self) -> bool:
        while self.accept("FOR"):
            self.expect("VIEW", "REFERENCE", "UPDATE")
        if self.accept("ALL"):
            self.expect("ROWS")
            return True
        return False

    def either(self) -> tree.Condition:
        """Conditions joined by AND or by OR; the two do not mix without parentheses."""
        parts = [self.negation()]
        joiner = self.accept("AND", "OR")
        if joiner is None:
            return parts[0]
        parts.append(self.negation())
        while self.is_word("AND", "OR"):
            if not self.is_word(joiner):
                raise self.fail()
            self.take()
            parts.append(self.negation())
        return tree.Both(parts) if joiner == "AND" else tree.Either(parts)

    def negation(self) -> tree.Condition:
        if self.accept("NOT"):
            return tree.Negation(self.negation())
        if self.accept_mark("("):
            inside = self.either()
            self.expect_mark(")")
            return inside
        return self.comparison()

    def comparison(self) -> tree.Condition:
        target = self.target()
        if self.token.kind == "operator":
            operator = self.take().text
            return tree.Compare(target, "!=" if operator == "<>" else operator, [self.literal()])
        if self.accept("LIKE"):
            return tree.Compare(target, "LIKE", [self.literal(like=True)])
        if (word := self.accept("INCLUDES", "EXCLUDES")) is not None:
            return tree.Compare(target, word, self.literals())
        negated = self.accept("NOT") is not None
        at = self.token.at
        self.expect("IN")
        if not isinstance(target, tree.Path):
            raise self.fail(self.tokens[self.place - 1])
        if self.token.text == "(" and self.tokens[self.place + 1].text.upper() == "SELECT":
            self.expect_mark("(")
            query = self.query()
            self.expect_mark(")")
            return tree.Member(target, negated, (), query, at)
        return tree.Member(target, negated, self.literals(), None, at)

    def literals(self) -> list[tree.Literal]:
        self.expect_mark("(")
        values = self.separated(self.literal)
        self.expect_mark(")")
        return values

    def literal(self, *, like: bool = False) -> tree.Literal:
        token = self.take()
        if token.kind == "string":
            return tree.Literal("string", tokens.unquote(token, self.text, like=like), token.at)
        if token.kind in ("number", "date", "datetime"):
            return tree.Literal(token.kind, token.text, token.at)
        if token.kind == "mark" and token.text == ":":
            raise self.fail(token, "Only variable references are allowed in dynamic SOQL/SOSL.")
        word = token.text.upper()
        if token.kind != "name":
            raise self.fail(token)
        if word in _BOOLEANS:
            return tree.Literal("boolean", _BOOLEANS[word], token.at)
        if word == "NULL":
            return tree.Literal("null", "null", token.at)
        if word in words.DATE_LITERALS:
            return tree.Literal("named", word, token.at)
        if word in words.COUNTED_LITERALS:
            self.expect_mark(":")
            return tree.Literal("named", word, token.at, self.whole_number())
        raise self.fail(token)
