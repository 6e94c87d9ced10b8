"""Runs a query: what it found, and how to write each record found."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sandbox.salesforce import errors, records, schema
from sandbox.salesforce.saving import history
from sandbox.salesforce.soql import conditions, grouping, names, ordering, parser, planning, projection, tokens, tree, words

MAXIMUM_OFFSET = 2_000
"""Salesforce, SOQL and SOSL Reference, "OFFSET"."""
MAXIMUM_FIELDS_ALL = 200


@dataclass(frozen=True)
class Found:
    """The result set of one query, not yet written as JSON."""

    entity: str
    rows: list[records.Record]
    total: int
    make: projection.Maker
    pages: bool = True
    """Whether further pages exist; aggregates have one page."""
    children: tuple[str, ...] = ()
    """Relationship names of the sub-selects, whose rows count towards the page."""
    columns: tuple[tuple[str, ...], ...] = ()
    """Resolved paths of SELECT, for writing CSV."""


def run(context: names.Context, text: str, *, deleted: bool = False) -> Found:
    """Parse and run. Raises the service's own errors."""
    return run_tree(context, parser.parse(text), deleted=deleted)


def run_tree(context: names.Context, query: tree.Query, *, deleted: bool = False) -> Found:
    """Run a parsed query."""
    entity = context.schema.find(query.entity)
    if entity is None:
        raise names.unknown_entity(query, query.entity)
    return _Run(context, query, entity, deleted or query.all_rows).result()


class _Run(names.Names):
    """One query over one object; also the resolver of its conditions."""

    def __init__(self, context: names.Context, query: tree.Query, entity: schema.Entity, deleted: bool) -> None:
        super().__init__(context, query, entity)
        if {(entity.name, ""), (entity.history_of, "")} & context.hidden:
            raise names.unknown_entity(query, query.entity)
        self.deleted = deleted

    def target(self, target: tree.Path | tree.Function) -> conditions.Target:
        if isinstance(target, tree.Function):
            if target.name in words.WRAPPERS and isinstance(target.inner, tree.Path):
                return self.target(target.inner)
            get, kind = grouping.date_function(self, target)
            return conditions.Target(target.name, kind, get)
        column = self.column(target)
        return conditions.Target(target.text, column.field.type, column.get, column.field.filterable)

    def members(self, member: tree.Member, target: conditions.Target) -> frozenset[Any]:
        assert member.query is not None
        if target.kind not in ("id", "reference"):
            raise conditions.refuse_operator(
                self, member.at, "The inner select field cannot be used: the outer field must be an ID or a reference field"
            )
        if len(member.query.select) != 1 or not isinstance(member.query.select[0], tree.Path):
            raise errors.malformed_query(
                tokens.complaint(self.query.text, member.at, "The inner query must select exactly one field")
            )
        entity = self.context.schema.find(member.query.entity)
        if entity is None:
            raise names.unknown_entity(member.query, member.query.entity)
        inner = _Run(self.context, member.query, entity, self.deleted)
        column = inner.column(member.query.select[0])
        if column.field.type not in ("id", "reference"):
            message = (
                f"The selected field '{column.field.name}' in the subquery and the left operand field in the where expression "
                "should point to the same object type"
            )
            raise errors.malformed_query(tokens.complaint(self.query.text, member.at, message))
        return frozenset(value for record in inner.chosen() if (value := column.get(record)) is not None)

    def result(self) -> Found:
        query = self.query
        if query.offset > MAXIMUM_OFFSET:
            raise errors.ApiError(
                400,
                "NUMBER_OUTSIDE_VALID_RANGE",
                tokens.complaint(query.text, query.entity_at, "Maximum SOQL offset allowed is 2000"),
            )
        counted = [item for item in query.select if isinstance(item, tree.Function) and item.name in words.AGGREGATES]
        if len(query.select) == 1 and counted and counted[0].inner is None and not query.group_by and counted[0].alias is None:
            return self._count()
        if counted or query.group_by:
            return self._grouped()
        make, children = self.maker()
        rows = self.chosen()
        paths = [self.column(item).path for item in query.select if isinstance(item, tree.Path)]
        for item in query.select:
            if isinstance(item, tree.AllFields):
                paths += [(column.name,) for column in projection.all_fields(item, self)]
        return Found(self.entity.name, rows, len(rows), make, children=children, columns=tuple(paths))

    def _count(self) -> Found:
        if self.query.order_by:
            message = "unexpected token: 'ORDER'"
            raise errors.malformed_query(tokens.complaint(self.query.text, self.query.entity_at, message))
        return Found(self.entity.name, [], len(self.chosen()), dict, pages=False)

    def _grouped(self) -> Found:
        groups = grouping.Groups(self)
        columns = groups.columns()
        test = conditions.compile_condition(self.query.having, groups) if self.query.having is not None else None
        terms = [groups.term(term) for term in self.query.order_by]
        rows = groups.rows(self.matching())
        if test is not None:
            rows = [row for row in rows if test(row)]
        ordering.sort(rows, terms)
        rows = self.cut(iter(rows))
        if len(rows) > grouping.MAXIMUM_GROUPS:
            raise errors.ApiError(
                400,
                "EXCEEDED_ID_LIMIT",
                "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch",
            )

        def make(row: records.Record) -> dict[str, Any]:
            return {"attributes": {"type": "AggregateResult"}, **{alias: get(row) for alias, get in columns}}

        return Found(self.entity.name, rows, len(rows), make, pages=False)

    def matching(self) -> list[records.Record]:
        """Records that WHERE lets through, in no particular order."""
        return list(self.filtered(planning.plan(self, self.query.where, by_stamp=False, backwards=False)))

    def filtered(self, plan: planning.Plan) -> Iterator[records.Record]:
        rows = plan.rows if self.deleted else (row for row in plan.rows if not row.get("IsDeleted"))
        if self.entity.history_of and self.context.hidden:
            rows = filter(self._of_a_visible_column, rows)
        test = self.test()
        return rows if test is None else filter(test, rows)

    def _of_a_visible_column(self, row: records.Record) -> bool:
        """Field history respects field-level security of the parent."""
        parent = self.context.schema.entities[self.entity.history_of]
        column = history.column_of(parent, row.get("Field", ""))
        return column is None or self.visible(parent, column)

    def test(self) -> conditions.Test | None:
        """WHERE, compiled."""
        return None if self.query.where is None else conditions.compile_condition(self.query.where, self)

    def chosen(self) -> list[records.Record]:
        """Records after WHERE, ORDER BY, OFFSET and LIMIT."""
        terms = [self.term(term) for term in self.query.order_by]
        stamped = self._in_stamp_order()
        plan = planning.plan(self, self.query.where, by_stamp=stamped is not None, backwards=stamped == "DESC")
        rows = self.filtered(plan)
        if plan.by_stamp or not terms:
            return self.cut(rows)
        sorted_rows = list(rows)
        ordering.sort(sorted_rows, terms)
        return self.cut(iter(sorted_rows))

    def cut(self, rows: Iterator[records.Record]) -> list[records.Record]:
        limit = self.query.limit
        return list(islice(rows, self.query.offset, None if limit is None else self.query.offset + limit))

    def term(self, term: tree.Ordering) -> ordering.Term:
        target = self.target(term.target)
        field = self.column(term.target).field if isinstance(term.target, tree.Path) else None
        if field is not None and not field.sortable:
            message = f"field '{target.name}' can not be sorted in a query call"
            raise names.invalid_field(self.query.text, term.target.at, message)
        return ordering.Term(target.get, target.kind, term.descending, term.nulls_last, field.values if field else ())

    def _in_stamp_order(self) -> str | None:
        """ASC or DESC when ORDER BY is SystemModstamp and Id, both that way."""
        terms = self.query.order_by
        paths = [term.target.text.lower() for term in terms if isinstance(term.target, tree.Path)]
        if paths != ["systemmodstamp", "id"] or len({term.descending for term in terms}) != 1:
            return None
        return "DESC" if terms[0].descending else "ASC"

    def maker(self) -> tuple[projection.Maker, tuple[str, ...]]:
        shape = projection.Shape(self, self.entity)
        children = []
        for item in self.query.select:
            if isinstance(item, tree.Path):
                self._add(shape, item)
            elif isinstance(item, tree.Function):
                self._add_function(shape, item)
            elif isinstance(item, tree.AllFields):
                self._add_all(shape, item)
            elif isinstance(item, tree.TypeOf):
                name, get = projection.type_of(item, self)
                shape.parts[name] = get
            else:
                name, get = self._child(item)
                shape.parts[name] = get
                children.append(name)
        return shape.maker(), tuple(children)

    def _add(self, shape: projection.Shape, item: tree.Path) -> None:
        column = self.column(item)
        if item.alias is not None:
            raise errors.malformed_query(tokens.complaint(self.query.text, item.at, f"unexpected token: '{item.alias}'"))
        if not shape.add(item, column.path, column.get):
            raise projection.duplicate(self.query, item)

    def _add_function(self, shape: projection.Shape, item: tree.Function) -> None:
        target = self.target(item)
        inner = item.inner.names[-1] if isinstance(item.inner, tree.Path) else f"expr{len(shape.parts)}"
        shape.parts[item.alias or inner] = target.get

    def _add_all(self, shape: projection.Shape, item: tree.AllFields) -> None:
        if item.kind != "STANDARD" and (self.query.limit or MAXIMUM_FIELDS_ALL + 1) > MAXIMUM_FIELDS_ALL:
            message = "The SOQL FIELDS function must have a LIMIT of at most 200"
            raise errors.malformed_query(tokens.complaint(self.query.text, item.at, message))
        for column in projection.all_fields(item, self):
            shape.add(tree.Path((column.name,), item.at), (column.name,), self.getter(column))

    def _child(self, query: tree.Query) -> tuple[str, Callable[[records.Record], Any]]:
        links = {
            name.lower(): (name, entity, column) for name, entity, column in self.context.schema.children(self.entity) if name
        }
        link = links.get(query.entity.split(".")[-1].lower())
        if link is None:
            message = (
                f"Didn't understand relationship '{query.entity}' in FROM part of query call. If you are attempting to use a "
                "custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your "
                "WSDL or the describe call for the appropriate names."
            )
            raise errors.ApiError(400, "INVALID_TYPE", tokens.complaint(query.text, query.entity_at, message))
        name, entity, column = link
        return name, _Children(_Run(self.context, query, entity, self.deleted), column.name)


class _Children:
    """The rows of a sub-select, parent by parent."""

    def __init__(self, run: _Run, key: str) -> None:
        self._run = run
        self._key = key
        self._table = run.context.store.table(run.entity.name)
        self._make, _ = run.maker()
        self._terms = [run.term(term) for term in run.query.order_by]
        self._test = run.test()

    def __call__(self, parent: records.Record) -> dict[str, Any] | None:
        found = self._table.having(self._key, parent["Id"])
        rows = [row for row in found if self._run.deleted or not row.get("IsDeleted")]
        if self._test is not None:
            rows = [row for row in rows if self._test(row)]
        ordering.sort(rows, self._terms)
        rows = self._run.cut(iter(rows))
        if not rows:
            return None
        return {"totalSize": len(rows), "done": True, "records": [self._make(row) for row in rows]}
