"""Query options: from the URL's text to a checked plan over one table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from sandbox.dataverse import refusal, schema
from sandbox.dataverse.queries import odata, parser, scope

_KNOWN = frozenset(
    {"$select", "$filter", "$orderby", "$expand", "$top", "$count", "$apply", "$skiptoken", "$deltatoken", "$format", "$id"}
)
WHOLE_QUERIES = ("fetchXml", "sql")
"""Options that hold a whole query in a language of its own (asking.py)."""
_EXPANDS = 15
CONDITIONS = 500
"""Conditions to a query; the In function is one, however many values it has."""


@dataclass(frozen=True)
class Order:
    """One part of ``$orderby``."""

    steps: tuple[str, ...]
    descending: bool


@dataclass(frozen=True, kw_only=True)
class Expansion:
    """One navigation property that comes along."""

    name: str
    single: bool
    target: schema.Table
    plan: "Plan"
    reference: bool = False
    source: str = ""
    """The options as written, for the next link."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a query asks for."""

    table: schema.Table
    columns: tuple[schema.Column, ...]
    selected: bool = False
    where: odata.Node | None = None
    order: tuple[Order, ...] = ()
    expansions: tuple[Expansion, ...] = ()
    top: int | None = None
    count: bool = False
    apply: str = ""

    @property
    def nested(self) -> bool:
        """True when an expansion expands again."""
        return any(expansion.plan.expansions for expansion in self.expansions)


@dataclass(frozen=True)
class Options:
    """The query string, split; names of system options in lower case."""

    system: Mapping[str, str]
    aliases: Mapping[str, str] = field(default_factory=dict)
    pairs: Sequence[tuple[str, str]] = ()
    """As sent (still encoded), in order, for next links."""


def split_query(query: str) -> Options:
    """Take the query string apart; refuses options that the Web API does not have."""
    system: dict[str, str] = {}
    aliases: dict[str, str] = {}
    pairs: list[tuple[str, str]] = []
    for part in query.split("&"):
        if not part:
            continue
        name, _, value = part.partition("=")
        pairs.append((name, value))
        name = unquote_plus(name).strip()
        text = unquote_plus(value)
        if name.startswith("@"):
            aliases[name] = text
        elif name.startswith("$"):
            if name == "$skip":
                raise refusal.bad_query("Skip Clause is not supported in CRM")
            if name not in _KNOWN:
                raise refusal.bad_query(f"The query parameter {name} is not supported.")
            if name in system:
                raise refusal.bad_query(
                    f"Query option '{name}' was specified more than once, but it must be specified at most once."
                )
            system[name] = text
        elif name in WHOLE_QUERIES:
            system[name] = text
        elif name in ("savedQuery", "userQuery"):
            raise refusal.Refusal(501, "0x80060888", f"The query option {name} is not supported by this stand-in.")
    return Options(system, aliases, pairs)


class Reader:
    """Reads options over the organisation's schema; what is hidden from the caller does not exist."""

    def __init__(self, tables: schema.Schema, aliases: Mapping[str, str], hidden: frozenset[str]) -> None:
        self._schema = tables
        self._aliases = aliases
        self._hidden = hidden
        self._expanded = 0

    def plan(self, table: schema.Table, system: Mapping[str, str]) -> Plan:
        """The whole plan for these options."""
        columns, selected = self._columns(table, system.get("$select"))
        made = Plan(
            table=table,
            columns=columns,
            selected=selected,
            where=self.condition(system["$filter"]) if "$filter" in system else None,
            order=_order(system["$orderby"]) if "$orderby" in system else (),
            expansions=self._expansions(table, system["$expand"]) if "$expand" in system else (),
            top=_top(system["$top"]) if "$top" in system else None,
            count=_flag(system["$count"]) if "$count" in system else False,
            apply=system.get("$apply", ""),
        )
        _check_nesting(made)
        return made

    def condition(self, source: str) -> odata.Node:
        """A ``$filter``."""
        node = parser.Parser(source, self._aliases).whole()
        if odata.conditions(node) > CONDITIONS:
            raise refusal.invalid("Number of conditions in query exceeded maximum limit.")
        return node

    def _columns(self, table: schema.Table, select: str | None) -> tuple[tuple[schema.Column, ...], bool]:
        if select is None or select.strip() == "*":
            shown = tuple(column for column in table.columns.values() if f"{table.name}.{column.name}" not in self._hidden)
            return shown, select is not None
        names = [name.strip() for name in select.split(",")]
        if not all(names):
            raise refusal.bad_query("Term '" + select + "' is not valid in a $select or $expand expression.")
        found = []
        for name in dict.fromkeys(names):
            # Selecting a navigation property gives the lookup's value, as Dataverse does.
            if name in table.single and name not in table.by_wire:
                found.append(table.columns[table.single[name].column])
            elif name == "ownerid" and "ownerid" in table.columns and name not in table.by_wire:
                found.append(table.columns["ownerid"])
            else:
                found.append(scope.find_column(table, name, self._hidden))
        return tuple(found), True

    def _expansions(self, table: schema.Table, source: str) -> tuple[Expansion, ...]:
        made = []
        for part in odata.split(source, ","):
            self._expanded += 1
            if self._expanded > _EXPANDS:
                raise refusal.bad_query(f"The request includes more than {_EXPANDS} $expand options.")
            made.append(self._expansion(table, part.strip()))
        return tuple(made)

    def _expansion(self, table: schema.Table, part: str) -> Expansion:
        name, bracket, rest = part.partition("(")
        name, _, suffix = name.strip().partition("/")
        if bracket and not rest.endswith(")"):
            raise refusal.bad_query(f"Syntax error at position {len(part)} in '{part}'.")
        inner = rest[:-1] if bracket else ""
        system: dict[str, str] = {}
        for option in odata.split(inner, ";") if inner.strip() else []:
            key, equals, value = option.strip().partition("=")
            if not equals or key not in ("$select", "$filter", "$orderby", "$top", "$expand"):
                raise refusal.bad_query(f"Term '{option.strip()}' is not valid in a $select or $expand expression.")
            system[key] = value
        target, single = self._target(table, name)
        if single and {"$orderby", "$top", "$filter"} & system.keys():
            raise refusal.bad_query(
                "Only $select and $filter clause can be provided while doing $expand on many-to-one relationship or nested "
                "one-to-many relationship."
            )
        if suffix not in ("", "$ref"):
            raise refusal.bad_query(f"Term '{part}' is not valid in a $select or $expand expression.")
        if suffix and not single:
            raise refusal.bad_query("Expand with $ref is only supported on lookup type navigation property.")
        plan = self.plan(target, system)
        return Expansion(name=name, single=single, target=target, plan=plan, reference=bool(suffix), source=inner)

    def _target(self, table: schema.Table, name: str) -> tuple[schema.Table, bool]:
        if name in table.single:
            return self._schema.tables[table.single[name].referenced], True
        if name in table.collections:
            return self._schema.tables[table.collections[name].referencing], False
        if name in table.many:
            intersect = table.many[name]
            return self._schema.tables[intersect.second if intersect.first == table.name else intersect.first], False
        if name == "ownerid" and "ownerid" in table.columns:
            return principal(), True
        raise refusal.no_property(name, table.name)


def principal() -> schema.Table:
    """What ``ownerid`` expands to: user or team, of which only the key is known here."""
    made = schema.Table(
        name="principal",
        schema_name="Principal",
        entity_set="principals",
        key="ownerid",
        primary_name="ownerid",
        label="Owner",
        plural="Owners",
        code=0,
    )
    made.add(schema.Column(name="ownerid", kind=schema.Kind.UNIQUEIDENTIFIER, label="Owner"))
    return made


def _check_nesting(plan: Plan) -> None:
    if not plan.nested:
        return
    for expansion in plan.expansions:
        if not expansion.single and (expansion.plan.order or expansion.plan.top is not None):
            raise refusal.bad_query(
                "Only $select and $filter clause can be provided while doing $expand on many-to-one relationship or nested "
                "one-to-many relationship."
            )


def _order(source: str) -> tuple[Order, ...]:
    made = []
    for part in odata.split(source, ","):
        words = part.split()
        if not words or len(words) > 2 or (len(words) == 2 and words[1] not in ("asc", "desc")):
            raise refusal.bad_query(f"Syntax error at position {len(source)} in '{source}'.")
        made.append(Order(tuple(words[0].split("/")), words[-1] == "desc" and len(words) == 2))
    return tuple(made)


def _top(text: str) -> int:
    if not text.isdigit():
        raise refusal.bad_query(
            f"Invalid value '{text}' for $top query option found. The $top query option requires a non-negative integer value."
        )
    return int(text)


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise refusal.bad_query(f"Invalid value '{text}' for $count query option found. Valid values are 'true' and 'false'.")
    return text == "true"
