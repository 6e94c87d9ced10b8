"""The SQL that the Web API's ``sql`` option takes, read into a query over joined tables.

Source: learn.microsoft.com/power-apps/developer/data-platform/webapi/query/sql (preview), and for TOP and OFFSET what
Microsoft's client for Python documents.
"""

from dataclasses import dataclass, replace

from sandbox.dataverse import refusal, schema
from sandbox.dataverse.joined import joins, tokens
from sandbox.dataverse.queries import odata

_SIGNS = {"=": "eq", "<>": "ne", "!=": "ne", "<": "lt", ">": "gt", "<=": "le", ">=": "ge"}
_DEPTH = 50
"""Brackets in brackets."""
_FIGURES = frozenset({"COUNT", "SUM", "AVG", "MIN", "MAX"})
_ENDS = frozenset(
    {"INNER", "LEFT", "JOIN", "ON", "WHERE", "GROUP", "ORDER", "OFFSET", "AND", "OR", "RIGHT", "FULL", "CROSS", "HAVING"}
)


@dataclass(frozen=True, kw_only=True)
class Select:
    """A query and how much of its result is wanted."""

    question: joins.Question
    top: int | None = None
    offset: int = 0


def read(text: str, tables: schema.Schema) -> Select:
    """Read one SELECT. Raises Refusal for everything else."""
    return _Parser(text, tables).select()


class _Parser(tokens.Tokens):
    """Recursive descent over the words; columns are resolved once all tables are known."""

    def __init__(self, text: str, tables: schema.Schema) -> None:
        super().__init__(text)
        self.tables = tables
        self.sources: list[joins.Source] = []
        self._depth = 0

    def select(self) -> Select:
        """SELECT … FROM … with what follows."""
        self.expect("SELECT")
        distinct = self.take("DISTINCT")
        top = self.whole() if self.take("TOP") else None
        before = self.at
        self._skip_to("FROM")
        self._from()
        after, self.at = self.at, before
        shown = [self._shown()]
        while self.take(","):
            shown.append(self._shown())
        self.expect("FROM")
        self.at = after
        where = self._either() if self.take("WHERE") else None
        grouped = self._columns() if self.take("GROUP", "BY") else []
        order = self._order(shown) if self.take("ORDER", "BY") else []
        offset, top = self._offset(top)
        if self.take(";") or self.at < len(self.tokens):
            raise self.wrong()
        question = joins.Question(
            sources=tuple(self.sources),
            shown=tuple(shown),
            where=where,
            order=tuple(order),
            grouped=tuple(grouped),
            distinct=distinct,
        )
        return Select(question=question, top=top, offset=offset)

    def _skip_to(self, word: str) -> None:
        while not self.take(word):
            self.next()

    def _from(self) -> None:
        self.sources.append(self._table())
        while self.peek("INNER", "LEFT", "JOIN"):
            outer = self.take("LEFT")
            self.take("OUTER" if outer else "INNER")
            self.expect("JOIN")
            source = self._table()
            self.sources.append(source)
            self.expect("ON")
            own = self._column()
            self.expect("=")
            other = self._column()
            if own[0] != source.alias:
                own, other = other, own
            more = self._every() if self.take("AND") else None
            self.sources[-1] = replace(source, outer=outer, own=own[1], other=other, where=more)

    def _table(self) -> joins.Source:
        name = self.next("name").lower()
        if self.take("."):
            name = self.next("name").lower()
        if name not in self.tables.tables:
            raise refusal.Refusal(400, "0x80041102", f"The entity with a name = '{name}' was not found in the MetadataCache.")
        alias = name
        if self.take("AS") or (self._named() and not self.peek(*_ENDS)):
            alias = self.next("name").lower()
        return joins.Source(table=self.tables.tables[name], alias=alias)

    def _named(self) -> bool:
        return self.kind == "name"

    def _column(self) -> joins.Name:
        first = self.next("name").lower()
        if self.take("."):
            return first, self.next("name").lower()
        holders = [source.alias for source in self.sources if first in source.table.columns]
        if len(holders) > 1:
            raise refusal.Refusal(400, "0x80041103", f"Ambiguous column name '{first}'.")
        return (holders or [self.sources[0].alias])[0], first

    def _columns(self) -> list[joins.Name]:
        found = [self._column()]
        while self.take(","):
            found.append(self._column())
        return found

    def _shown(self) -> joins.Shown:
        if self.peek("*"):
            raise refusal.Refusal(400, "0x80041103", "SELECT * is not supported: name each column.")
        word = self.tokens[self.at][1].upper() if self.at < len(self.tokens) else ""
        if word in _FIGURES and self.tokens[self.at + 1 : self.at + 2] == [("sign", "(")]:
            self.at += 2
            distinct = self.take("DISTINCT")
            column = None if word == "COUNT" and self.take("*") else self._column()
            self.expect(")")
            figure = "countcolumn" if word == "COUNT" and column else word.lower()
            return joins.Shown(column=column, label=self._label(), aggregate=figure, distinct=distinct)
        return joins.Shown(column=self._column(), label=self._label())

    def _label(self) -> str:
        if self.take("AS") or (self._named() and not self.peek("FROM")):
            return self.next("name")
        return ""

    def _order(self, shown: list[joins.Shown]) -> list[joins.Sort]:
        labels = {one.label.lower(): one for one in shown if one.label}
        found: list[joins.Sort] = []
        while not found or self.take(","):
            known = labels.get(self.tokens[self.at][1].lower()) if self.at < len(self.tokens) else None
            column = known.column if known else None
            if known is None:
                column = self._column()
            else:
                self.at += 1
            label = known.label if known else ""
            descending = self.take("DESC")
            if not descending:
                self.take("ASC")
            found.append(joins.Sort(column=column, label=label, descending=descending))
        return found

    def _offset(self, top: int | None) -> tuple[int, int | None]:
        if not self.take("OFFSET"):
            return 0, top
        offset = self.whole()
        self.expect("ROWS")
        if self.take("FETCH", "NEXT"):
            top = self.whole()
            self.expect("ROWS", "ONLY")
        return offset, top

    def _either(self) -> joins.Condition:
        items = [self._every()]
        while self.take("OR"):
            items.append(self._every())
        return items[0] if len(items) == 1 else joins.Both("or", tuple(items))

    def _every(self) -> joins.Condition:
        items = [self._one()]
        while self.take("AND"):
            items.append(self._one())
        return items[0] if len(items) == 1 else joins.Both("and", tuple(items))

    def _one(self) -> joins.Condition:
        if self.take("("):
            return self._nested()
        column = self._column()
        path = odata.Path(column)
        if self.take("IS"):
            word = "ne" if self.take("NOT") else "eq"
            self.expect("NULL")
            return odata.Compare(word, path, odata.Literal(None, "null"))
        negated = self.take("NOT")
        if self.take("LIKE"):
            found: joins.Condition = joins.Like(column, self._constant())
        elif self.take("IN"):
            found = odata.Call("In", (), (("PropertyName", path), ("PropertyValues", self._constants())))
        elif self.take("BETWEEN"):
            low = self._constant()
            self.expect("AND")
            bounds = tuple(odata.Literal(text, "string") for text in (low, self._constant()))
            found = odata.Call("Between", (), (("PropertyName", path), ("PropertyValues", bounds)))
        elif not negated and (sign := self.next("sign")) in _SIGNS:
            compared = odata.Compare(_SIGNS[sign], path, odata.Literal(self._constant(), "text"))
            return joins.Both("and", (compared, odata.Compare("ne", path, odata.Literal(None, "null"))))
        else:
            raise self.wrong()
        return joins.Negated(found, column) if negated else found

    def _nested(self) -> joins.Condition:
        self._depth += 1
        if self._depth > _DEPTH:
            raise refusal.Refusal(400, "0x80041103", "The query is nested too deeply.")
        inner = self._either()
        self._depth -= 1
        self.expect(")")
        return inner

    def _constant(self) -> str:
        if self.kind in ("string", "number"):
            kind, word = self.tokens[self.at]
            self.at += 1
            return word if kind == "number" else word.lstrip("N")[1:-1].replace("''", "'")
        raise self.wrong()

    def _constants(self) -> tuple[odata.Literal, ...]:
        self.expect("(")
        found = [self._constant()]
        while self.take(","):
            found.append(self._constant())
        self.expect(")")
        return tuple(odata.Literal(text, "string") for text in found)
