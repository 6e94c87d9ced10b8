"""What tables, columns and relationships are: the nouns that the metadata, the records and the queries share."""

import enum
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field


class Kind(enum.StrEnum):
    """A column's type, by its ``AttributeType`` name."""

    STRING = "String"
    MEMO = "Memo"
    INTEGER = "Integer"
    BIGINT = "BigInt"
    DECIMAL = "Decimal"
    DOUBLE = "Double"
    MONEY = "Money"
    BOOLEAN = "Boolean"
    DATETIME = "DateTime"
    PICKLIST = "Picklist"
    STATE = "State"
    STATUS = "Status"
    LOOKUP = "Lookup"
    CUSTOMER = "Customer"
    OWNER = "Owner"
    UNIQUEIDENTIFIER = "Uniqueidentifier"


TEXTS = frozenset({Kind.STRING, Kind.MEMO})
WHOLES = frozenset({Kind.INTEGER, Kind.BIGINT, Kind.PICKLIST, Kind.STATE, Kind.STATUS})
FRACTIONS = frozenset({Kind.DECIMAL, Kind.DOUBLE, Kind.MONEY})
CHOICES = frozenset({Kind.PICKLIST, Kind.STATE, Kind.STATUS})
LOOKUPS = frozenset({Kind.LOOKUP, Kind.CUSTOMER, Kind.OWNER})

_NAMESPACE = uuid.UUID("6f1d2c52-6a9e-4c1b-9a53-0c8f0d6f2f10")


def metadata_id(*names: str) -> str:
    """The lasting id of a piece of metadata."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(names)))


@dataclass(frozen=True, kw_only=True)
class Option:
    """One value of a choice column."""

    value: int
    label: str
    state: int | None = None
    """For a status reason: the state it belongs to."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table."""

    name: str
    """Logical name, lower case."""
    kind: Kind
    label: str
    schema_name: str = ""
    length: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    precision: int | None = None
    format: str | None = None
    """``DateOnly``/``DateAndTime`` for dates, ``Text``/``Email``/``Phone``/``TextArea`` … for text."""
    behavior: str = "UserLocal"
    """``UserLocal``, ``DateOnly`` or ``TimeZoneIndependent``."""
    options: tuple[Option, ...] = ()
    targets: tuple[str, ...] = ()
    create: bool = True
    update: bool = True
    custom: bool = False
    required: str = "None"
    default: int | bool | None = None
    secured: bool = False
    audited: bool = True
    """Whether changes are audited where the table is."""
    description: str = ""

    @property
    def wire(self) -> str:
        """The column's name on the wire: lookups read as ``_name_value``."""
        return f"_{self.name}_value" if self.kind in LOOKUPS else self.name

    @property
    def schema(self) -> str:
        """Schema name; the logical name where none was given."""
        return self.schema_name or self.name

    @property
    def auditable(self) -> bool:
        """Whether people change it: what the service itself fills is not audited."""
        return self.update or self.kind in (Kind.STATE, Kind.STATUS)

    @property
    def date_only(self) -> bool:
        """True when the wire shows a date without a time."""
        return self.kind is Kind.DATETIME and self.behavior == "DateOnly"


@dataclass(frozen=True, kw_only=True)
class Relationship:
    """A lookup column seen from both ends (many rows of ``referencing`` point at one row of ``referenced``)."""

    name: str
    referencing: str
    column: str
    referenced: str
    single: str
    """Navigation property on the row that points."""
    collection: str
    """Navigation property on the row that is pointed at."""
    custom: bool = False
    on_delete: str = "RemoveLink"


@dataclass(frozen=True, kw_only=True)
class Intersect:
    """A many-to-many relationship."""

    name: str
    first: str
    second: str


@dataclass(kw_only=True)
class Key:
    """An alternate key."""

    name: str
    schema_name: str
    columns: tuple[str, ...]
    active_from: float = 0.0
    """``time.monotonic()`` at which its index is built."""


@dataclass(kw_only=True)
class Table:
    """One table with everything that belongs to it."""

    name: str
    schema_name: str
    entity_set: str
    key: str
    primary_name: str
    label: str
    plural: str
    code: int
    columns: dict[str, Column] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)
    ownership: str = "UserOwned"
    activity: bool = False
    custom: bool = False
    tracked: bool = True
    bulk: bool = True
    """Takes CreateMultiple, UpdateMultiple and UpsertMultiple."""
    single: dict[str, Relationship] = field(default_factory=dict)
    collections: dict[str, Relationship] = field(default_factory=dict)
    many: dict[str, Intersect] = field(default_factory=dict)
    by_wire: dict[str, Column] = field(default_factory=dict)
    read_only: bool = False
    audited: bool = False
    read_privilege: str = ""
    """Of a table whose rows not everybody reads although they belong to nobody."""
    _defaults: dict[str, int | bool] | None = None

    def defaults(self) -> dict[str, int | bool]:
        """Values that a new row gets where none are given."""
        if self._defaults is None:
            self._defaults = {column.wire: column.default for column in self.columns.values() if column.default is not None}
        return self._defaults

    def add(self, column: Column) -> None:
        """Add or replace a column."""
        self.columns[column.name] = column
        self.by_wire[column.wire] = column
        self._defaults = None

    def remove(self, name: str) -> None:
        """Take a column away."""
        column = self.columns.pop(name)
        del self.by_wire[column.wire]
        self._defaults = None


class Schema:
    """All tables and relationships of the organisation."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        self.sets: dict[str, Table] = {}
        self.relationships: dict[str, Relationship] = {}
        self.intersects: dict[str, Intersect] = {}
        self.version = 1
        """Grows with every change of metadata."""

    def add_table(self, table: Table) -> None:
        """Make a table known by logical name and by entity set."""
        self.tables[table.name] = table
        self.sets[table.entity_set] = table
        self.version += 1

    def add_relationship(self, relationship: Relationship) -> None:
        """Put both navigation properties in place."""
        self.relationships[relationship.name] = relationship
        self.tables[relationship.referencing].single[relationship.single] = relationship
        self.tables[relationship.referenced].collections[relationship.collection] = relationship
        self.version += 1

    def add_intersect(self, intersect: Intersect) -> None:
        """Put a many-to-many relationship in place on both tables."""
        self.intersects[intersect.name] = intersect
        self.tables[intersect.first].many[intersect.name] = intersect
        self.tables[intersect.second].many[intersect.name] = intersect
        self.version += 1

    def add_column(self, table: Table, column: Column) -> None:
        """Add or replace a column."""
        table.add(column)
        self.version += 1

    def navigation(self, table: Table, column: Column, target: str) -> str:
        """Name of the single-valued navigation property of a lookup column for one target; empty when there is none."""
        for relationship in table.single.values():
            if relationship.column == column.name and relationship.referenced == target:
                return relationship.single
        return "ownerid" if column.kind is Kind.OWNER else ""


def title(names: Iterable[str]) -> str:
    """A readable label out of name parts."""
    return " ".join(part.capitalize() for part in names if part)
