"""The names that there are in a settings file, each as the file has them: what checks across its sections compare with.

Called by crosscheck and ruled with the file's plain tables.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pydantic

from mapping import kind, outward
from settings import locate, schema, words
from settings.found import Found


class World:
    """The names that there are, each as the file has them."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.crms = {
            name: str(table["type"])
            for name, table in table_at(raw, "connectors").items()
            if isinstance(table, dict) and isinstance(table.get("type"), str)
        }
        """Connector → type."""
        self.connectors = list(table_at(raw, "connectors"))
        self.surveys = list(table_at(raw, "surveys", "survey"))
        self.entries = table_at(raw, "surveys", "survey")
        self.extras = [f"{outward.EXTRA}{key}" for key in _further(table_at(raw, "surveys", "survey"))]
        """What may be written of further questions."""
        self.channels = list(table_at(raw, "channels"))
        self.triggers = table_at(raw, "triggers")
        self.languages = table_at(raw, "surveys").get("languages")
        self.write = table_at(raw, "mapping", "write")
        self.kinds = table_at(raw, "mapping", "kinds")
        rules = table_at(raw, "triggers").get("rules", [])
        self.rules: Sequence[Any] = rules if isinstance(rules, list) else []
        self.sources, self.wrong = _sources(self.crms, self.kinds)

    def of(self, connectors: Iterable[str] | None) -> list[kind.Source]:
        """The sources of these connectors, of all for None."""
        chosen = self.sources if connectors is None else [name for name in connectors if name in self.sources]
        return [source for name in chosen for source in self.sources[name]]


def table_at(raw: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """The table at this path; an empty one where there is none."""
    at: Any = raw
    for part in path:
        at = at.get(part, {}) if isinstance(at, dict) else {}
    return at if isinstance(at, dict) else {}


def _further(surveys: Mapping[str, Any]) -> Iterator[str]:
    """The keys of all surveys' further questions."""
    for table in surveys.values():
        asked = table.get("questions") if isinstance(table, dict) else None
        for one in asked if isinstance(asked, list) else ():
            if isinstance(one, dict) and isinstance(one.get("key"), str):
                yield one["key"]


def _sources(crms: Mapping[str, str], kinds: Mapping[str, Any]) -> tuple[dict[str, list[kind.Source]], list[Found]]:
    """Every connector's sources, and what is wrong with those that settings change or add."""
    sources: dict[str, list[kind.Source]] = {}
    wrong: list[Found] = []
    for connector, crm in crms.items():
        changes = {name: table for name, table in table_at(kinds, connector).items() if isinstance(table, dict)}
        tables = {
            **kind.built_in(crm),
            **{name: kind.merged(kind.built_in(crm).get(name, {}), table) for name, table in changes.items()},
        }
        sources[connector] = []
        wrong += [one for name, table in changes.items() for one in _named(("mapping", "kinds", connector, name), table)]
        for name, table in tables.items():
            try:
                source = kind.Source.model_validate({**table, "name": name})
            except pydantic.ValidationError as error:
                wrong += _source_problems(("mapping", "kinds", connector, name), error)
                sources[connector] += _untouched(crm, name)
            else:
                sources[connector] += [source] if source.enabled else []
    return sources, wrong


def _untouched(crm: str, name: str) -> list[kind.Source]:
    """The built-in source behind a wrong change, so that one mistake is not told of as several."""
    table = kind.built_in(crm).get(name)
    return [] if table is None else [kind.Source.model_validate({**table, "name": name})]


def _named(place: locate.Place, table: Mapping[str, Any]) -> Iterator[Found]:
    """A source is named by its table, so a key that says something else would do nothing."""
    if "name" in table:
        yield Found((*place, "name"), "should go: the name is the last part of the header", "a key that is not known: name")


def _source_problems(place: locate.Place, error: pydantic.ValidationError) -> Iterator[Found]:
    known = [name for name in kind.Source.model_fields if name != "name"]
    for one in error.errors(include_url=False):
        nested = schema.keys((*place, *one["loc"][:-1])) if len(one["loc"]) > 1 else known
        yield Found((*place, *one["loc"]), words.expected(one, known=nested), words.unknown(one))
