"""Sources: where in a CRM the touchpoints of a kind come from, as plain data.

A source names the object to watch, the condition that means "it happened", and the paths to everything else. Those that each CRM
brings along are in ``mapping/builtin/*.toml``; settings change them or add others under ``[mapping.kinds.CONNECTOR.SOURCE]`` in
the same shape. Called by inward, settings (to check names) and daemon.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, cached_property
from importlib import resources
from typing import Annotated, Any, Self

import pydantic

Path = Annotated[str, pydantic.StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$", max_length=500)]
"""The CRM's own names with dots along lookups: ``Contact.Email``, ``incidentid.primarycontactid.emailaddress1``."""
Name = Annotated[str, pydantic.StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]


def _one_or_list(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Paths = Annotated[tuple[Path, ...], pydantic.BeforeValidator(_one_or_list, json_schema_input_type=str | list[str])]
"""One path, or several of which the first that is not empty counts."""
Scalar = pydantic.StrictBool | pydantic.StrictInt | pydantic.StrictStr
Expected = Mapping[Path, Scalar | tuple[Scalar, ...]]
"""Path → the value, or one of the values, that it must have."""


class _Part(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class Column(_Part):
    """Where one fact comes from."""

    path: Paths = pydantic.Field(min_length=1)
    names: Mapping[str, str] = pydantic.Field({}, description="Names for codes, where the CRM stores numbers: 1 = High")


PERSON_PATHS = ("record", "name", "email", "phone", "country", "language", "opt_out", "objection", "bounced")
"""The keys of a person that hold paths."""


class Person(_Part):
    """One place where the person to ask may be found. Of several, the first with an address counts."""

    object: str = pydantic.Field("", description="The object that these columns are on, so that rights can be checked: Contact")
    record: Paths = ()
    name: Paths = ()
    email: Paths = ()
    phone: Paths = ()
    country: Paths = pydantic.Field((), description="Country of the person, where a phone number without its code belongs")
    language: Paths = ()
    opt_out: Paths = pydantic.Field(
        (), description="Columns that say no when true; all must be readable. None: the CRM keeps no consent for such a person"
    )
    objection: Paths = pydantic.Field(
        (), description="Further columns that say no when true; one that is empty or missing says nothing"
    )
    bounced: Paths = pydantic.Field((), description="Columns that tell, when true, that mail to the address came back")

    def paths(self) -> tuple[str, ...]:
        """Every path it reads."""
        return tuple(path for part in PERSON_PATHS for path in getattr(self, part))


def _column(value: Any) -> Any:
    return {"path": value} if isinstance(value, str | list | tuple) else value


Context = Annotated[Column, pydantic.BeforeValidator(_column, json_schema_input_type=str | list[str] | Column)]


class Source(_Part):
    """Where touchpoints of one kind come from in one CRM. Paths start at the watched object."""

    name: Name = pydantic.Field(description="Unique per connector; the bookmark is stored under it")
    kind: Name = pydantic.Field(description="Kind of touchpoint: case_closed, purchase, or a new one")
    object: Path = pydantic.Field(description="The object that is watched: Case, incidentresolution")
    where: str = pydantic.Field("", description="Condition in the CRM's own language, so that it sends less")
    when: Expected = pydantic.Field({}, description="The same condition as values, checked on every row that comes")
    lookup: str = pydantic.Field("", description="Lookup to the record that is asked about, where that is not the watched row")
    record: str = pydantic.Field("", description="Column with that record's id; empty: the watched row itself")
    record_object: str = pydantic.Field("", description="That record's object; empty: the watched object")
    occurrence: Paths = pydantic.Field((), description="Column that tells one occurrence from the next: ClosedDate")
    once: str = pydantic.Field("", description="A word instead, where a record can only do it once: won")
    happened: Paths = pydantic.Field((), description="Instant of the touchpoint; without a value the row's own stamp")
    label: Paths = pydantic.Field((), description="What people call the record: case number, order number")
    account: Paths = ()
    person: tuple[Person, ...] = ()
    context: Mapping[Name, Context] = pydantic.Field({}, description="Facts that rules may test, by name")
    still: Expected = pydantic.Field({}, description="What must hold at the last look before sending; default: as in when")
    merged: Paths = pydantic.Field((), description="Column with the surviving record's id, where records can be merged")
    children: Mapping[Path, str] = pydantic.Field({}, description="Child relationship → condition; its first row comes along")
    optional: tuple[Path, ...] = pydantic.Field((), description="Paths that may not exist in an org")
    region: str = pydantic.Field("", description="Country of numbers whose person tells none; empty: as in [mapping] region")
    enabled: bool = pydantic.Field(True, description="false switches a built-in source off")

    @pydantic.model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.occurrence) == bool(self.once):
            raise ValueError("should have either occurrence (a column) or once (a word)")
        if bool(self.lookup) != bool(self.record) or bool(self.lookup) != bool(self.record_object):
            raise ValueError("should have lookup, record and record_object all three, or none of them")
        return self

    @cached_property
    def target(self) -> str:
        """The object the score goes back to."""
        return self.record_object or self.object

    @cached_property
    def steady(self) -> Expected:
        """What must hold at the last look."""
        return self.still or self.when

    @cached_property
    def consent(self) -> frozenset[str]:
        """Every path that tells whether somebody opted out."""
        return frozenset(path for person in self.person for path in person.opt_out)

    @cached_property
    def may_miss(self) -> frozenset[str]:
        """Every path that may be hidden without stopping the reading; a hidden consent means that nobody is asked."""
        lenient = (path for person in self.person for path in (*person.objection, *person.bounced))
        return self.consent.union(self.optional, lenient)

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Every path that is read when the touchpoint is noticed, each once."""
        found = [self.record, *self.occurrence, *self.happened, *self.label, *self.account, *self.when]
        found += [path for person in self.person for path in person.paths()]
        found += [path for column in self.context.values() for path in column.path]
        return tuple(dict.fromkeys(path for path in found if path))

    @cached_property
    def look_paths(self) -> tuple[str, ...]:
        """Every path that is read at the last look: does it still hold, and may this person still be asked."""
        found = [*self.steady, *self.merged, *self.occurrence]
        found += [path for person in self.person for path in person.paths()]
        return tuple(dict.fromkeys(found))

    @cached_property
    def on_record(self) -> "Source":
        """This source with the paths as they read from the record itself; what stands outside it is left out."""
        if not self.lookup:
            return self
        inside = f"{self.lookup}."

        def own(paths: Iterable[str]) -> tuple[str, ...]:
            return tuple(path.removeprefix(inside) for path in paths if path.startswith(inside))

        def held(expected: Expected) -> Expected:
            return {path.removeprefix(inside): value for path, value in expected.items() if path.startswith(inside)}

        people = [
            Person(object=person.object, **{part: own(getattr(person, part)) for part in PERSON_PATHS}) for person in self.person
        ]
        occurrence = own(self.occurrence)
        return Source(
            name=self.name,
            kind=self.kind,
            object=self.target,
            occurrence=occurrence,
            once="" if occurrence else self.once or "once",
            happened=own(self.happened),
            label=own(self.label),
            account=own(self.account),
            person=tuple(people),
            still=held(self.steady),
            merged=own(self.merged),
            optional=own(self.optional),
        )


class _LikeSource:
    """Tells the JSON Schema that a table has a source's keys, none of which is needed: it may change a built-in source."""

    def __get_pydantic_json_schema__(self, core: Any, handler: pydantic.GetJsonSchemaHandler) -> Mapping[str, Any]:
        schema = handler.resolve_ref_schema(handler(Source.__pydantic_core_schema__))
        properties = {key: value for key, value in schema["properties"].items() if key != "name"}
        return {"type": "object", "properties": properties, "additionalProperties": False, "description": "A source"}


Changes = Annotated[Mapping[str, Any], _LikeSource()]
"""A table in settings in the shape of a source, of which any key may be missing where it changes a built-in one."""


@cache
def built_in(crm: str) -> Mapping[str, Mapping[str, Any]]:
    """The sources a CRM brings along, by name, as data; empty for a CRM without any."""
    file = resources.files("mapping") / "builtin" / f"{crm}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")) if crm.isidentifier() and file.is_file() else {}


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A source with what settings change: context is changed fact by fact, everything else key by key."""
    added = changes.get("context")
    context = {**base.get("context", {}), **added} if isinstance(added, Mapping) else added
    return {**base, **changes, **({} if context is None else {"context": context})}


def sources(crm: str, changes: Mapping[str, Mapping[str, Any]] | None = None) -> tuple[Source, ...]:
    """The sources of one connector: those its CRM brings along, changed and extended by ``[mapping.kinds.CONNECTOR]``.

    Raises pydantic.ValidationError for a source that makes no sense.
    """
    tables: dict[str, Mapping[str, Any]] = dict(built_in(crm))
    for name, table in (changes or {}).items():
        tables[name] = merged(tables.get(name, {}), table)
    found = (Source.model_validate({**table, "name": name}) for name, table in tables.items())
    return tuple(source for source in found if source.enabled)


def facts(chosen: Sequence[Source], kind: str) -> frozenset[str]:
    """Names that rules about this kind may test, over all of these sources."""
    return frozenset(name for source in chosen if source.kind == kind for name in source.context)
