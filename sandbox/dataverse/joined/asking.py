"""``?fetchXml=`` and ``?sql=`` on an entity set: reads the query, checks rights, cuts the page and shapes the rows."""

from typing import Any
from urllib.parse import quote, unquote_plus

from sandbox.dataverse import exchange, refusal, schema, session
from sandbox.dataverse.joined import fetchxml, joins, sql, totals
from sandbox.dataverse.queries import cookies, shape

_ATTRIBUTE = "@OData.Community.Display.V1.AttributeName"
_COOKIE = "@Microsoft.Dynamics.CRM.fetchxmlpagingcookie"
_MORE = "@Microsoft.Dynamics.CRM.morerecords"
_COUNT = "@Microsoft.Dynamics.CRM.totalrecordcount"
_LIMIT = 5000


def by_fetchxml(call: session.Session, table: schema.Table, text: str) -> exchange.Answer:
    """Answer FetchXML; ``page`` tells which page, the cookie only where it starts."""
    fetch = fetchxml.read(text, call.schema)
    rows = _rows(call, table, fetch.question, dotted=True)
    limit = fetch.top or min(fetch.count, call.reading.caller.page_limit)
    start = (fetch.page - 1) * limit
    page = rows[start : start + limit]
    body: dict[str, Any] = {"@odata.context": f"{call.root}$metadata#{table.entity_set}"}
    more = fetch.top is None and len(rows) > start + limit
    if fetch.total:
        body[_COUNT] = min(len(rows), _LIMIT)
        body["@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"] = len(rows) > _LIMIT
    if more and not fetch.question.totals:
        inner = f'<cookie page="{fetch.page}"><{table.key} last="{{{page[-1][table.key].upper()}}}" /></cookie>'
        encoded = quote(quote(inner, safe=""), safe="")
        body[_COOKIE] = f'<cookie pagenumber="{fetch.page + 1}" pagingcookie="{encoded}" istracking="False" />'
    if call.reading.caller.wishes.wants(_MORE):
        body[_MORE] = more
    return exchange.json_answer({**body, "value": page})


def by_sql(call: session.Session, table: schema.Table, text: str) -> exchange.Answer:
    """Answer SQL; pages come with next links, as for any other query."""
    select = sql.read(text, call.schema)
    rows = _rows(call, table, select.question, dotted=False)[select.offset :]
    rows = rows if select.top is None else rows[: select.top]
    token = call.options.system.get("$skiptoken")
    start = int(cookies.read(token).last[0]) if token is not None else 0
    size = call.reading.caller.size
    body: dict[str, Any] = {"@odata.context": f"{call.root}$metadata#{table.entity_set}", "value": rows[start : start + size]}
    if len(rows) > start + size:
        kept = "".join(f"{name}={value}&" for name, value in call.options.pairs if unquote_plus(name) != "$skiptoken")
        place = cookies.Place(start // size + 2, size, (start + size,))
        body["@odata.nextLink"] = f"{call.root}{table.entity_set}?{kept}$skiptoken={cookies.write(place, ('offset',))}"
    return exchange.json_answer(body)


def _rows(call: session.Session, table: schema.Table, question: joins.Question, *, dotted: bool) -> list[dict[str, Any]]:
    if question.sources[0].table is not table:
        raise refusal.bad_query(
            f"The entity in the query ({question.sources[0].table.name}) does not match the entity set '{table.entity_set}'."
        )
    for source in question.sources:
        call.rights.need(source.table, "Read")
    names = joins.Names(call.store, question.sources, call.request.user, call.hidden, call.blank)
    found = joins.matching(question, names)
    if question.totals:
        return totals.add_up(question, found, names, words=call.reading.caller.wishes.wants(shape.FORMATTED))
    shaper = _Shaper(call, question, names, dotted=dotted)
    made = [shaper.row(joined) for joined in joins.in_order(question, found, names)]
    return _unlike(made) if question.distinct else made


def _unlike(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({tuple(sorted((name, str(value)) for name, value in row.items())): row for row in reversed(rows)}.values())[::-1]


class _Shaper:
    """Makes the JSON object of a combination of rows."""

    def __init__(self, call: session.Session, question: joins.Question, names: joins.Names, *, dotted: bool) -> None:
        self._store = call.store
        self._wishes = call.reading.caller.wishes
        self._root = question.sources[0]
        self._whole = not question.distinct
        self._sparse = dotted
        self._parts = []
        taken: set[str] = set()
        for shown in question.shown:
            assert shown.column is not None
            column, get = names.column(shown.column), names.operand(shown.column).get
            label = self._label(shown, column, taken, dotted=dotted)
            taken.add(label)
            self._parts.append((shown.column[0], column, get, label, bool(shown.label)))

    def _label(self, shown: joins.Shown, column: schema.Column, taken: set[str], *, dotted: bool) -> str:
        assert shown.column is not None
        alias = shown.column[0]
        if shown.label:
            return shown.label
        if alias == self._root.alias:
            return column.wire
        return f"{alias}.{column.name}" if dotted or column.wire in taken else column.wire

    def row(self, joined: joins.Joined) -> dict[str, Any]:
        """One row of the answer: the first table's etag and key come along unless rows are made distinct."""
        root = joined[self._root.alias] or {}
        made: dict[str, Any] = {"@odata.etag": f'W/"{root["versionnumber"]}"'} if self._whole else {}
        for alias, column, get, label, renamed in self._parts:
            value = get(joined)
            if value is None and self._sparse and (renamed or alias != self._root.alias):
                continue
            made[label] = value
            if value is not None:
                self._annotate(made, joined[alias] or {}, column, label, renamed=renamed)
        if self._whole:
            made.setdefault(self._root.table.key, root[self._root.table.key])
        return made

    def _annotate(self, made: dict[str, Any], row: dict[str, Any], column: schema.Column, label: str, *, renamed: bool) -> None:
        if renamed and self._wishes.wants(_ATTRIBUTE):
            made[label + _ATTRIBUTE] = column.name
        plain = column.kind in schema.TEXTS or column.kind is schema.Kind.UNIQUEIDENTIFIER
        if not plain and self._wishes.wants(shape.FORMATTED):
            text = shape.formatted(self._store, column, row)
            made |= {label + shape.FORMATTED: text} if text is not None else {}
        if column.kind in schema.LOOKUPS and self._wishes.wants(shape.TARGET):
            made[label + shape.TARGET] = shape.target_of(column, row)
