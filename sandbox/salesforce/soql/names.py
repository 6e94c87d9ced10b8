"""What a name in a query means: walks parents, honours field-level security, and hands out getters over records."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from sandbox.salesforce import errors, records, schema
from sandbox.salesforce.soql import tokens, tree

Getter: TypeAlias = Callable[[records.Record], Any]
MAXIMUM_PARENTS = 5
"""Levels of parents in one path (SOQL and SOSL Reference, "Understanding Relationship Query Limitations")."""
_WSDL = "Please reference your WSDL or the describe call for the appropriate names."
_NAME_FIELDS = (
    "Id",
    "Name",
    "Type",
    "Email",
    "FirstName",
    "LastName",
    "Username",
    "Alias",
    "Title",
    "Phone",
    "IsActive",
    "ProfileId",
)


@dataclass(frozen=True)
class Context:
    """Everything outside the query that its meaning depends on."""

    schema: schema.Schema
    store: records.Store
    hidden: frozenset[tuple[str, str]]
    """(object, field) pairs that the user cannot see."""
    zone: ZoneInfo
    now: datetime
    version: str


@dataclass(frozen=True)
class Column:
    """A resolved path."""

    field: schema.Field
    get: Getter
    path: tuple[str, ...]
    """With the schema's spelling."""


def unknown_entity(query: tree.Query, name: str) -> errors.ApiError:
    """INVALID_TYPE for the object in FROM."""
    message = (
        f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append "
        f"the '__c' after the entity name. {_WSDL}"
    )
    return errors.ApiError(400, "INVALID_TYPE", tokens.complaint(query.text, query.entity_at, message))


def invalid_field(text: str, at: int, message: str) -> errors.ApiError:
    """INVALID_FIELD with the place."""
    return errors.ApiError(400, "INVALID_FIELD", tokens.complaint(text, at, message))


class Names:
    """The names of one query's FROM object."""

    def __init__(self, context: Context, query: tree.Query, entity: schema.Entity) -> None:
        self.context = context
        self.query = query
        self.entity = entity

    def visible(self, entity: schema.Entity, column: schema.Field | None) -> bool:
        """Whether the user may see this column."""
        return column is not None and (entity.name, column.name) not in self.context.hidden

    def column(self, path: tree.Path) -> Column:
        """The column behind a path. Raises INVALID_FIELD."""
        names = self._strip(path.names)
        if len(names) - 1 > MAXIMUM_PARENTS:
            raise invalid_field(self.query.text, path.at, "More than 5 levels of parents in a relationship path")
        return self._walk(self.entity, names, path, ())

    def _strip(self, names: Sequence[str]) -> Sequence[str]:
        own = {self.entity.name.lower(), (self.query.alias or self.entity.name).lower()}
        if len(names) > 1 and names[0].lower() in own and self.entity.parent(names[0]) is None:
            return names[1:]
        return names

    def _walk(self, entity: schema.Entity, names: Sequence[str], path: tree.Path, done: tuple[str, ...]) -> Column:
        if len(names) == 1:
            column = entity.find(names[0])
            if column is None or not self.visible(entity, column):
                raise self.no_column(entity, names[0], path.at)
            return Column(column, self.getter(column), (*done, column.name))
        lookup = self.lookup(entity, names[0], path)
        relationship = lookup.relationship or ""
        if len(lookup.to) > 1:
            return self.polymorphic(lookup, names, path, (*done, relationship))
        parent = self.context.schema.entities[lookup.to[0]]
        inner = self._walk(parent, names[1:], path, (*done, relationship))
        rows, key, get, empty = self.context.store.table(parent.name).rows, lookup.name, inner.get, records.NOTHING

        def through(record: records.Record) -> Any:
            return get(rows.get(record.get(key, ""), empty))

        return Column(inner.field, through, inner.path)

    def lookup(self, entity: schema.Entity, relationship: str, path: tree.Path) -> schema.Field:
        """The lookup behind a relationship's name. Raises INVALID_FIELD."""
        lookup = entity.parent(relationship)
        if lookup is None or not self.visible(entity, lookup):
            message = (
                f"Didn't understand relationship '{relationship}' in field path. If you are attempting to use a custom "
                f"relationship, be sure to append the '__r' after the custom relationship name. {_WSDL}"
            )
            raise invalid_field(self.query.text, path.at, message)
        return lookup

    def polymorphic(self, lookup: schema.Field, names: Sequence[str], path: tree.Path, done: tuple[str, ...] = ()) -> Column:
        """A column of a lookup to several objects: only what all of them share, as the object Name."""
        wanted = {name.lower(): name for name in _NAME_FIELDS}.get(names[1].lower())
        if len(names) > 2 or wanted is None:
            raise self.no_column_named("Name", names[1], path.at)
        store, find, key = self.context.store, self.context.schema.of_id, lookup.name

        def get(record: records.Record) -> Any:
            identifier = record.get(key)
            entity = find(identifier) if identifier else None
            if entity is None or identifier is None:
                return None
            row = store.table(entity.name).rows.get(identifier, records.NOTHING)
            if wanted == "Type":
                return row.get("Type") if entity.name == "Group" else entity.name
            return row.get((entity.name_field if wanted == "Name" else wanted) or "")

        first = self.context.schema.entities[lookup.to[0]].find(wanted) or self.context.schema.entities["User"].find(wanted)
        column = first or schema.Field(name="Type", type="string", label="Type")
        return Column(column, get, (*done, wanted))

    def getter(self, column: schema.Field) -> Getter:
        """How to read a column of a record of its own object."""
        name = column.name
        if column.via is not None:
            key, shown = column.via
            rows, empty = self.context.store.table("Contact").rows, records.NOTHING
            return lambda record: rows.get(record.get(key, ""), empty).get(shown)
        if column.compound is not None:
            prefix = column.compound
            return lambda record: records.address(record, prefix)
        if column.type == "boolean":
            return lambda record: record.get(name, False)
        return lambda record: record.get(name)

    def no_column(self, entity: schema.Entity, name: str, at: int) -> errors.ApiError:
        """A column that is not there, or that the user cannot see: the service does not tell which."""
        return self.no_column_named(entity.name, name, at)

    def no_column_named(self, entity: str, name: str, at: int) -> errors.ApiError:
        """The same by the object's name."""
        message = (
            f"No such column '{name}' on entity '{entity}'. If you are attempting to use a custom field, be sure to append "
            f"the '__c' after the custom field name. {_WSDL}"
        )
        return invalid_field(self.query.text, at, message)
