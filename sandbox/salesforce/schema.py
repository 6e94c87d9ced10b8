"""Objects and fields: what describe tells, what SOQL may name, what may be written."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

TEXTUAL = frozenset({"string", "textarea", "email", "phone", "url", "picklist", "multipicklist", "combobox", "encryptedstring"})
NUMERIC = frozenset({"double", "int", "currency", "percent", "long"})


@dataclass(frozen=True, kw_only=True)
class Field:
    """One column of an object."""

    name: str
    type: str
    label: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    nillable: bool = True
    createable: bool = True
    updateable: bool = True
    filterable: bool = True
    permissionable: bool = True
    """Whether field-level security can hide it."""
    default: Any = None
    values: tuple[str, ...] = ()
    """Of a picklist, in the order that the admin gave them."""
    restricted: bool = False
    to: tuple[str, ...] = ()
    """Objects that a lookup may point at."""
    relationship: str | None = None
    """How SOQL walks to the parent: ``Contact`` of ContactId."""
    child: str | None = None
    """How SOQL walks from the parent: ``Cases``."""
    unique: bool = False
    external_id: bool = False
    id_lookup: bool = False
    auto_number: bool = False
    via: tuple[str, str] | None = None
    """Of a derived column: the lookup field and the parent's field that is shown."""
    compound: str | None = None
    """Of an address: what the names of its parts begin with."""
    cascade: bool = False
    description: str | None = None

    @property
    def custom(self) -> bool:
        """Made by an admin."""
        return self.name.endswith("__c")

    @property
    def required(self) -> bool:
        """Whether an insert without it is refused."""
        return not self.nillable and self.createable and self.default is None and self.type != "boolean"

    @property
    def sortable(self) -> bool:
        """Whether ORDER BY may name it."""
        return self.filterable and self.type != "multipicklist"

    @property
    def groupable(self) -> bool:
        """Whether GROUP BY may name it."""
        groupable = {"string", "picklist", "reference", "boolean", "date", "email", "phone", "id", "int", "url", "textarea"}
        return self.filterable and self.type in groupable and not self.auto_number


@dataclass(kw_only=True)
class Entity:
    """One object."""

    name: str
    label: str
    plural: str
    prefix: str
    fields: dict[str, Field] = field(default_factory=dict)
    createable: bool = True
    updateable: bool = True
    deletable: bool = True
    _by_lower: dict[str, Field] = field(default_factory=dict)
    _parents: dict[str, Field] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    """Columns without which an insert is refused."""
    unique: tuple[Field, ...] = ()
    """Columns whose values must differ."""
    history_of: str = ""
    """Of a field history: the object whose changes it keeps."""

    @property
    def custom(self) -> bool:
        """Made by an admin."""
        return self.name.endswith("__c")

    def add(self, fields: Iterable[Field]) -> None:
        """Add columns, replacing those of the same name."""
        for column in fields:
            self.fields[column.name] = column
            self._by_lower[column.name.lower()] = column
            if column.relationship:
                self._parents[column.relationship.lower()] = column
        self._gather()

    def _gather(self) -> None:
        self.required = tuple(column.name for column in self.fields.values() if column.required)
        self.unique = tuple(column for column in self.fields.values() if column.unique)

    def drop(self, name: str) -> None:
        """Forget a column."""
        column = self.fields.pop(name)
        del self._by_lower[name.lower()]
        if column.relationship:
            self._parents.pop(column.relationship.lower(), None)
        self._gather()

    def find(self, name: str) -> Field | None:
        """A column by its name in any case."""
        return self._by_lower.get(name.lower())

    def parent(self, relationship: str) -> Field | None:
        """The lookup behind a relationship's name."""
        return self._parents.get(relationship.lower())

    @property
    def name_field(self) -> str | None:
        """The column that names a record."""
        for candidate in ("Name", "CaseNumber", "OrderNumber", "Subject", "MasterLabel"):
            if candidate in self.fields:
                return candidate
        return None


class Schema:
    """All objects of the org."""

    def __init__(self) -> None:
        self.entities: dict[str, Entity] = {}
        self._by_lower: dict[str, Entity] = {}
        self._by_prefix: dict[str, Entity] = {}
        self._custom_prefixes = 0

    def add(self, entity: Entity) -> None:
        """Make an object known."""
        self.entities[entity.name] = entity
        self._by_lower[entity.name.lower()] = entity
        if entity.prefix:
            self._by_prefix.setdefault(entity.prefix, entity)

    def find(self, name: str) -> Entity | None:
        """An object by its name in any case."""
        return self._by_lower.get(name.lower())

    def of_id(self, identifier: str) -> Entity | None:
        """The object that an id belongs to, by its first three characters."""
        return self._by_prefix.get(identifier[:3])

    def children(self, parent: Entity) -> list[tuple[str, Entity, Field]]:
        """Relationship name, child object and its lookup, for all lookups that point at ``parent``."""
        return [
            (column.child or "", entity, column)
            for entity in self.entities.values()
            for column in entity.fields.values()
            if parent.name in column.to
        ]

    def next_custom_prefix(self) -> str:
        """The key prefix of the next custom object: a00, a01 …"""
        number = self._custom_prefixes
        self._custom_prefixes += 1
        return f"a{number // 10 % 10}{number % 10}"
