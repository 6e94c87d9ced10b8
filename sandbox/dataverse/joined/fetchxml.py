"""FetchXML read into a query over joined tables.

Source: learn.microsoft.com/power-apps/developer/data-platform/fetchxml/reference.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree

from sandbox.dataverse import refusal, schema
from sandbox.dataverse.joined import joins
from sandbox.dataverse.queries import odata

MAX_PAGE = 5000
_COMPARED = {"eq": "eq", "ne": "ne", "neq": "ne", "gt": "gt", "ge": "ge", "lt": "lt", "le": "le"}
_LISTED = {"in": "In", "not-in": "NotIn", "between": "Between", "not-between": "NotBetween"}
_AROUND = {"begins-with": "{}%", "ends-with": "%{}", "begin-with": "{}%", "end-with": "%{}"}
_DEPTH = 50
"""Elements in elements."""
_LINKS = {"inner": False, "outer": True}


@dataclass(frozen=True, kw_only=True)
class Fetch:
    """A query and which page of it is wanted."""

    question: joins.Question
    top: int | None = None
    count: int = MAX_PAGE
    page: int = 1
    total: bool = False
    """``returntotalrecordcount``."""


def read(text: str, tables: schema.Schema) -> Fetch:
    """Take FetchXML apart. Raises Refusal for what Dataverse would refuse."""
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise refusal.Refusal(400, "0x80041102", f"Invalid XML. {error}") from error
    if _depth(root) > _DEPTH:
        raise _wrong("The query is nested too deeply.")
    entities = [one for one in root if one.tag == "entity"]
    if root.tag != "fetch" or len(entities) != 1:
        raise _wrong("The fetch element needs exactly one entity element.")
    top = _number(root, "top")
    if top is not None and ("page" in root.attrib or "count" in root.attrib):
        raise _wrong("The top attribute can't be specified with paging attribute page")
    reader = _Reader(tables, aggregate=_flag(root, "aggregate"))
    question = reader.question(entities[0], distinct=_flag(root, "distinct"))
    return Fetch(
        question=question,
        top=top,
        count=min(_number(root, "count") or MAX_PAGE, MAX_PAGE),
        page=_number(root, "page") or 1,
        total=_flag(root, "returntotalrecordcount"),
    )


def _depth(root: ElementTree.Element) -> int:
    """How many levels of elements there are, counted without recursion."""
    level, depth = [root], 0
    while level:
        level, depth = [child for one in level for child in one], depth + 1
    return depth


def _wrong(message: str) -> refusal.Refusal:
    return refusal.Refusal(400, "0x8004111c", message)


def _flag(element: ElementTree.Element, name: str) -> bool:
    return element.get(name, "false").lower() in ("true", "1")


def _number(element: ElementTree.Element, name: str) -> int | None:
    text = element.get(name)
    if text is None:
        return None
    if not text.isdecimal() or int(text) < 1:
        raise _wrong(f"The value '{text}' of the attribute '{name}' should be a positive whole number.")
    return int(text)


def _need(element: ElementTree.Element, name: str) -> str:
    found = element.get(name)
    if not found:
        raise _wrong(f"The {element.tag} element needs the attribute '{name}'.")
    return found


@dataclass
class _Reader:
    """Walks the elements and gathers what they say."""

    tables: schema.Schema
    aggregate: bool
    sources: list[joins.Source] = field(default_factory=list)
    shown: list[joins.Shown] = field(default_factory=list)
    grouped: list[joins.Name] = field(default_factory=list)
    order: list[joins.Sort] = field(default_factory=list)
    where: list[joins.Condition] = field(default_factory=list)

    def question(self, entity: ElementTree.Element, *, distinct: bool) -> joins.Question:
        """The whole query."""
        self._entity(entity, entity.get("alias") or _need(entity, "name"))
        return joins.Question(
            sources=tuple(self.sources),
            shown=tuple(self.shown),
            where=joins.Both("and", tuple(self.where)) if self.where else None,
            order=tuple(self.order),
            grouped=tuple(self.grouped),
            distinct=distinct,
            by_words=True,
        )

    def _table(self, element: ElementTree.Element) -> schema.Table:
        name = _need(element, "name").lower()
        if name not in self.tables.tables:
            raise refusal.Refusal(400, "0x80041102", f"The entity with a name = '{name}' was not found in the MetadataCache.")
        return self.tables.tables[name]

    def _entity(self, element: ElementTree.Element, alias: str, parent: str = "") -> None:
        table = self._table(element)
        nested = [self._filter(one, alias) for one in element if one.tag == "filter" and len(one)]
        inside: joins.Condition | None = joins.Both("and", tuple(nested)) if nested else None
        if parent:
            self.sources.append(self._link(element, table, alias, parent, inside))
        else:
            self.sources.append(joins.Source(table=table, alias=alias))
            self.where += nested
        for one in element:
            if one.tag == "attribute":
                self._attribute(one, alias)
            elif one.tag == "all-attributes":
                self.shown += [joins.Shown(column=(alias, name)) for name in table.columns]
            elif one.tag == "order":
                column = (one.get("entityname") or alias, one.get("attribute", ""))
                self.order.append(_sort(column, one))
            elif one.tag == "link-entity":
                self._entity(one, one.get("alias") or f"{_need(one, 'name')}{len(self.sources)}", alias)
            elif one.tag != "filter":
                raise _wrong(f"The element '{one.tag}' is not known in {element.tag}.")

    def _link(
        self, element: ElementTree.Element, table: schema.Table, alias: str, parent: str, where: joins.Condition | None
    ) -> joins.Source:
        kind = element.get("link-type", "inner")
        if kind not in _LINKS:
            raise refusal.Refusal(501, "0x80060888", f"The link-type {kind} is not supported by this stand-in.")
        above = next(source.table for source in self.sources if source.alias == parent)
        own, other = element.get("from") or table.key, element.get("to") or above.key
        return joins.Source(table=table, alias=alias, outer=_LINKS[kind], own=own, other=(parent, other), where=where)

    def _attribute(self, element: ElementTree.Element, alias: str) -> None:
        column = (alias, _need(element, "name"))
        label, aggregate = element.get("alias", ""), element.get("aggregate", "")
        if aggregate and not self.aggregate:
            raise _wrong("An aggregate needs aggregate='true' on the fetch element.")
        if self.aggregate and not label:
            raise _wrong("An attribute of an aggregate query needs an alias.")
        if _flag(element, "groupby"):
            self.grouped.append(column)
        elif self.aggregate and not aggregate:
            raise _wrong("An attribute of an aggregate query needs aggregate or groupby.")
        counted = {"distinct": _flag(element, "distinct"), "part": element.get("dategrouping", "")}
        self.shown.append(joins.Shown(column=column, label=label, aggregate=aggregate, **counted))  # type: ignore[arg-type]  # one flag, one word

    def _filter(self, element: ElementTree.Element, alias: str) -> joins.Condition:
        items = tuple(self._conditions(element, alias))
        return joins.Both("or" if element.get("type", "and") == "or" else "and", items)

    def _conditions(self, element: ElementTree.Element, alias: str) -> Iterator[joins.Condition]:
        for one in element:
            if one.tag == "filter":
                yield self._filter(one, alias)
            elif one.tag == "condition":
                yield _condition(one, (one.get("entityname") or alias, _need(one, "attribute")))
            else:
                raise _wrong(f"The element '{one.tag}' is not known in filter.")


def _sort(column: joins.Name, element: ElementTree.Element) -> joins.Sort:
    descending = _flag(element, "descending")
    label = element.get("alias")
    return joins.Sort(label=label, descending=descending) if label else joins.Sort(column=column, descending=descending)


def _condition(element: ElementTree.Element, column: joins.Name) -> joins.Condition:
    operator, value = _need(element, "operator"), element.get("value")
    texts = [one.text or "" for one in element if one.tag == "value"] or ([] if value is None else [value])
    path = odata.Path(column)
    if operator in ("null", "not-null"):
        return odata.Compare("eq" if operator == "null" else "ne", path, odata.Literal(None, "null"))
    if operator in _LISTED:
        several = tuple(odata.Literal(text, "string") for text in texts)
        return odata.Call(_LISTED[operator], (), (("PropertyName", path), ("PropertyValues", several)))
    positive = operator.removeprefix("not-")
    if positive == "like" or positive in _AROUND:
        pattern = _AROUND.get(positive, "{}").format(texts[0] if texts else "")
        like = joins.Like(column, pattern)
        return like if positive == operator else joins.Negated(like, column)
    if operator in _COMPARED:
        if not texts:
            raise _wrong(f"The operator '{operator}' needs a value.")
        return odata.Compare(_COMPARED[operator], path, odata.Literal(texts[0], "text"))
    named = {
        "eq-userid": "EqualUserId",
        "ne-userid": "NotEqualUserId",
        "last-seven-days": "Last7Days",
        "next-seven-days": "Next7Days",
    }
    name = named.get(operator) or "".join(part.capitalize() for part in operator.split("-"))
    given = (("PropertyValue", odata.Literal(int(texts[0]) if texts[0].isdecimal() else texts[0], "string")),) if texts else ()
    return odata.Call(name, (), (("PropertyName", path), *given))
