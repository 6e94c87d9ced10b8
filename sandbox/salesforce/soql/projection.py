"""SELECT as closures: from a record to the JSON object of the reply."""

from collections.abc import Callable
from typing import Any, TypeAlias

from sandbox.salesforce import records, schema
from sandbox.salesforce.soql import names, tree

Maker: TypeAlias = Callable[[records.Record], dict[str, Any]]
Part: TypeAlias = tuple[str, Callable[[records.Record], Any]]


def attributes(entity: str, identifier: str, version: str) -> dict[str, str]:
    """What every record in a reply begins with."""
    return {"type": entity, "url": f"/services/data/v{version}/sobjects/{entity}/{identifier}"}


class Shape:
    """The selected columns of one object, with the selected columns of its parents inside."""

    def __init__(self, resolver: names.Names, entity: schema.Entity) -> None:
        self.resolver = resolver
        self.entity = entity
        self.parts: dict[str, Callable[[records.Record], Any]] = {}
        self.parents: dict[str, tuple[schema.Field, Shape | None, list[str]]] = {}

    def add(self, path: tree.Path, below: tuple[str, ...], get: names.Getter) -> bool:
        """Add a column by its resolved path; False when it is there already."""
        if len(below) == 1:
            fresh = below[0] not in self.parts
            self.parts[below[0]] = get
            return fresh
        lookup = self.entity.parent(below[0])
        assert lookup is not None
        if below[0] not in self.parents:
            single = self.resolver.context.schema.entities[lookup.to[0]] if len(lookup.to) == 1 else None
            self.parents[below[0]] = (lookup, Shape(self.resolver, single) if single else None, [])
            self.parts[below[0]] = lambda record: None
        _, shape, plain = self.parents[below[0]]
        if shape is None:
            fresh = below[1] not in plain
            plain.append(below[1])
            return fresh
        column = shape.entity.find(below[-1]) if len(below) == 2 else None
        return shape.add(path, below[1:], self.resolver.getter(column) if column else get)

    def maker(self) -> Maker:
        """The closure."""
        for name, (lookup, shape, plain) in self.parents.items():
            self.parts[name] = self._parent(lookup, shape.maker()) if shape else self._named(lookup, plain)
        kind, parts = self.entity.name, list(self.parts.items())
        prefix = f"/services/data/v{self.resolver.context.version}/sobjects/{kind}/"

        def make(record: records.Record) -> dict[str, Any]:
            made: dict[str, Any] = {"attributes": {"type": kind, "url": prefix + record["Id"]}}
            for name, get in parts:
                made[name] = get(record)
            return made

        return make

    def _parent(self, lookup: schema.Field, make: Maker) -> Callable[[records.Record], Any]:
        rows, key = self.resolver.context.store.table(lookup.to[0]).rows, lookup.name

        def parent(record: records.Record) -> Any:
            found = rows.get(record.get(key, ""))
            return None if found is None else make(found)

        return parent

    def _named(self, lookup: schema.Field, plain: list[str]) -> Callable[[records.Record], Any]:
        resolver = self.resolver
        relationship = lookup.relationship or ""
        query = tree.Path((relationship,), 0)
        gets = [(name, resolver.polymorphic(lookup, (relationship, name), query).get) for name in plain]
        version = resolver.context.version

        def named(record: records.Record) -> Any:
            identifier = record.get(lookup.name)
            entity = resolver.context.schema.of_id(identifier) if identifier else None
            if entity is None or identifier not in resolver.context.store.table(entity.name).rows:
                return None
            kind = "Name" if set(lookup.to) == {"User", "Group"} else entity.name
            return {
                "attributes": attributes(entity.name, identifier, version) | {"type": kind},
                **{name: get(record) for name, get in gets},
            }

        return named


def all_fields(wanted: tree.AllFields, resolver: names.Names) -> list[schema.Field]:
    """The columns of FIELDS(…)."""
    visible = [column for column in resolver.entity.fields.values() if resolver.visible(resolver.entity, column)]
    if wanted.kind == "ALL":
        return visible
    return [column for column in visible if column.custom is (wanted.kind == "CUSTOM")]


def type_of(term: tree.TypeOf, resolver: names.Names) -> Part:
    """The closure of TYPEOF. Raises INVALID_FIELD and INVALID_TYPE."""
    lookup = resolver.lookup(resolver.entity, term.path.names[0], term.path)
    context, key = resolver.context, lookup.name
    makers: dict[str, Maker] = {}
    for kind in lookup.to:
        entity = context.schema.entities[kind]
        paths = next((paths for when, paths in term.whens if when.lower() == kind.lower()), term.otherwise)
        inner = names.Names(context, resolver.query, entity)
        shape = Shape(inner, entity)
        for path in paths:
            column = inner.column(path)
            shape.add(path, column.path, column.get)
        makers[kind] = shape.maker()

    def choose(record: records.Record) -> Any:
        identifier = record.get(key)
        entity = context.schema.of_id(identifier) if identifier else None
        row = context.store.get(entity.name, identifier) if entity is not None and identifier else None
        return None if row is None or entity is None else makers[entity.name](row)

    return lookup.relationship or "", choose


def duplicate(query: tree.Query, path: tree.Path) -> Exception:
    """INVALID_FIELD for a column that is selected twice."""
    return names.invalid_field(query.text, path.at, f"duplicate field selected: {path.text}")
