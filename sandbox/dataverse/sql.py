"""The SQL that the Web API's ``sql`` option takes, read into a query over joined tables.

Source: learn.microsoft.com/power-apps/developer/data-platform/webapi/query/sql (preview), and for TOP and OFFSET what
Microsoft's client for Python documents.
"""

import re
from dataclasses import dataclass, field, replace

from sandbox.dataverse import joins, odata, refusal, schema

_TOKEN = re.compile(
    r"(?:(?P<string>N?'(?:[^']|'')*'|\"[^\"]*\")|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>\[[^\]]+\]|[A-Za-z_]\w*)"
    r"|(?P<sign><>|!=|<=|>=|[=<>(),.*;]))",
    re.DOTALL,
)
_BLANK = re.compile(r"(?:\s|--[^\n]*|/\*.*?\*/)*", re.DOTALL)
_SIGNS = {"=": "eq", "<>": "ne", "!=": "ne", "<": "lt", ">": "gt", "<=": "le", ">=": "ge"}
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


@dataclass
class _Parser:
    """Recursive descent over the tokens; columns are resolved once all tables are known."""

    text: str
    tables: schema.Schema
    sources: list[joins.Source] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tokens: list[tuple[str, str]] = []
        at = self._blank(0)
        while at < len(self.text):
            found = _TOKEN.match(self.text, at)
            if found is None:
                raise self._wrong(self.text[at : at + 10])
            kind = found.lastgroup or ""
            word = found[kind]
            self.tokens.append(("name", word.strip("[]")) if kind == "name" else (kind, word))
            at = self._blank(found.end())
        self.at = 0

    def _blank(self, at: int) -> int:
        found = _BLANK.match(self.text, at)
        return found.end() if found else at

    def _wrong(self, near: str = "") -> refusal.Refusal:
        word = near or (self.tokens[self.at][1] if self.at < len(self.tokens) else "the end")
        return refusal.Refusal(400, "0x80041103", f"Incorrect syntax near '{word}', or not supported in Dataverse SQL.")

    def _next(self, kind: str = "") -> str:
        if self.at >= len(self.tokens) or (kind and self.tokens[self.at][0] != kind):
            raise self._wrong()
        self.at += 1
        return self.tokens[self.at - 1][1]

    def _peek(self, *words: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at][0] != "string" and self.tokens[self.at][1].upper() in words

    def _take(self, *words: str) -> bool:
        """Step over these words when they come next."""
        start = self.at
        for word in words:
            if not self._peek(word):
                self.at = start
                return False
            self.at += 1
        return True

    def _expect(self, *words: str) -> None:
        if not self._take(*words):
            raise self._wrong()

    def select(self) -> Select:
        """SELECT … FROM … with what follows."""
        self._expect("SELECT")
        distinct = self._take("DISTINCT")
        top = int(self._next("number")) if self._take("TOP") else None
        before = self.at
        self._skip_to("FROM")
        self._from()
        after, self.at = self.at, before
        shown = [self._shown()]
        while self._take(","):
            shown.append(self._shown())
        self._expect("FROM")
        self.at = after
        where = self._either() if self._take("WHERE") else None
        grouped = self._columns() if self._take("GROUP", "BY") else []
        order = self._order(shown) if self._take("ORDER", "BY") else []
        offset, top = self._offset(top)
        if self._take(";") or self.at < len(self.tokens):
            raise self._wrong()
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
        while not self._take(word):
            self._next()

    def _from(self) -> None:
        self.sources.append(self._table())
        while self._peek("INNER", "LEFT", "JOIN"):
            outer = self._take("LEFT")
            self._take("OUTER" if outer else "INNER")
            self._expect("JOIN")
            source = self._table()
            self.sources.append(source)
            self._expect("ON")
            own = self._column()
            self._expect("=")
            other = self._column()
            if own[0] != source.alias:
                own, other = other, own
            more = self._every() if self._take("AND") else None
            self.sources[-1] = replace(source, outer=outer, own=own[1], other=other, where=more)

    def _table(self) -> joins.Source:
        name = self._next("name").lower()
        if self._take("."):
            name = self._next("name").lower()
        if name not in self.tables.tables:
            raise refusal.Refusal(400, "0x80041102", f"The entity with a name = '{name}' was not found in the MetadataCache.")
        alias = name
        if self._take("AS") or (self._named() and not self._peek(*_ENDS)):
            alias = self._next("name").lower()
        return joins.Source(table=self.tables.tables[name], alias=alias)

    def _named(self) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at][0] == "name"

    def _column(self) -> joins.Name:
        first = self._next("name").lower()
        if self._take("."):
            return first, self._next("name").lower()
        holders = [source.alias for source in self.sources if first in source.table.columns]
        if len(holders) > 1:
            raise refusal.Refusal(400, "0x80041103", f"Ambiguous column name '{first}'.")
        return (holders or [self.sources[0].alias])[0], first

    def _columns(self) -> list[joins.Name]:
        found = [self._column()]
        while self._take(","):
            found.append(self._column())
        return found

    def _shown(self) -> joins.Shown:
        if self._peek("*"):
            raise refusal.Refusal(400, "0x80041103", "SELECT * is not supported: name each column.")
        word = self.tokens[self.at][1].upper() if self.at < len(self.tokens) else ""
        if word in _FIGURES and self.tokens[self.at + 1 : self.at + 2] == [("sign", "(")]:
            self.at += 2
            distinct = self._take("DISTINCT")
            column = None if word == "COUNT" and self._take("*") else self._column()
            self._expect(")")
            figure = "countcolumn" if word == "COUNT" and column else word.lower()
            return joins.Shown(column=column, label=self._label(), aggregate=figure, distinct=distinct)
        return joins.Shown(column=self._column(), label=self._label())

    def _label(self) -> str:
        if self._take("AS") or (self._named() and not self._peek("FROM")):
            return self._next("name")
        return ""

    def _order(self, shown: list[joins.Shown]) -> list[joins.Sort]:
        labels = {one.label.lower(): one for one in shown if one.label}
        found: list[joins.Sort] = []
        while not found or self._take(","):
            known = labels.get(self.tokens[self.at][1].lower()) if self.at < len(self.tokens) else None
            column = known.column if known else None
            if known is None:
                column = self._column()
            else:
                self.at += 1
            label = known.label if known else ""
            descending = self._take("DESC")
            if not descending:
                self._take("ASC")
            found.append(joins.Sort(column=column, label=label, descending=descending))
        return found

    def _offset(self, top: int | None) -> tuple[int, int | None]:
        if not self._take("OFFSET"):
            return 0, top
        offset = int(self._next("number"))
        self._expect("ROWS")
        if self._take("FETCH", "NEXT"):
            top = int(self._next("number"))
            self._expect("ROWS", "ONLY")
        return offset, top

    def _either(self) -> joins.Condition:
        items = [self._every()]
        while self._take("OR"):
            items.append(self._every())
        return items[0] if len(items) == 1 else joins.Both("or", tuple(items))

    def _every(self) -> joins.Condition:
        items = [self._one()]
        while self._take("AND"):
            items.append(self._one())
        return items[0] if len(items) == 1 else joins.Both("and", tuple(items))

    def _one(self) -> joins.Condition:
        if self._take("("):
            inner = self._either()
            self._expect(")")
            return inner
        column = self._column()
        path = odata.Path(column)
        if self._take("IS"):
            word = "ne" if self._take("NOT") else "eq"
            self._expect("NULL")
            return odata.Compare(word, path, odata.Literal(None, "null"))
        negated = self._take("NOT")
        if self._take("LIKE"):
            found: joins.Condition = joins.Like(column, self._constant())
        elif self._take("IN"):
            found = odata.Call("In", (), (("PropertyName", path), ("PropertyValues", self._constants())))
        elif self._take("BETWEEN"):
            low = self._constant()
            self._expect("AND")
            bounds = tuple(odata.Literal(text, "string") for text in (low, self._constant()))
            found = odata.Call("Between", (), (("PropertyName", path), ("PropertyValues", bounds)))
        elif not negated and (sign := self._next("sign")) in _SIGNS:
            compared = odata.Compare(_SIGNS[sign], path, odata.Literal(self._constant(), "text"))
            return joins.Both("and", (compared, odata.Compare("ne", path, odata.Literal(None, "null"))))
        else:
            raise self._wrong()
        return joins.Negated(found, column) if negated else found

    def _constant(self) -> str:
        if self.at < len(self.tokens) and self.tokens[self.at][0] in ("string", "number"):
            kind, word = self.tokens[self.at]
            self.at += 1
            return word if kind == "number" else word.lstrip("N")[1:-1].replace("''", "'")
        raise self._wrong()

    def _constants(self) -> tuple[odata.Literal, ...]:
        self._expect("(")
        found = [self._constant()]
        while self._take(","):
            found.append(self._constant())
        self._expect(")")
        return tuple(odata.Literal(text, "string") for text in found)
