"""What must fit together across the sections of the settings.

Called by load with the file's plain tables: names are taken from there, so that a mistake in one section does not hide those in
another.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pydantic

from mapping import kind
from settings import locate, words
from triggers import condition, facts, rule

Found = tuple[locate.Place, str]
"""A place in the file and what would be right there."""


def check(raw: Mapping[str, Any]) -> list[Found]:
    """Everything that does not fit together, in no particular order."""
    world = _World(raw)
    found = [*_kinds(world), *_write(world)]
    rules = [(number, made) for number, table in enumerate(world.rules) if (made := _rule(table)) is not None]
    found += _doubles(rules)
    for number, made in rules:
        found += _rule_fits(world, number, made)
    return found


class _World:
    """The names that there are, each as the file has them."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.crms = {
            name: str(table["type"])
            for name, table in _table(raw, "connectors").items()
            if isinstance(table, dict) and isinstance(table.get("type"), str)
        }
        """Connector → type."""
        self.connectors = list(_table(raw, "connectors"))
        self.surveys = list(_table(raw, "surveys", "survey"))
        self.channels = list(_table(raw, "channels"))
        self.write = _table(raw, "mapping", "write")
        self.kinds = _table(raw, "mapping", "kinds")
        rules = _table(raw, "triggers").get("rules", [])
        self.rules: Sequence[Any] = rules if isinstance(rules, list) else []
        self.sources, self.wrong = _sources(self.crms, self.kinds)

    def of(self, connectors: Iterable[str] | None) -> list[kind.Source]:
        """The sources of these connectors, of all for None."""
        chosen = self.sources if connectors is None else [name for name in connectors if name in self.sources]
        return [source for name in chosen for source in self.sources[name]]


def _table(raw: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    at: Any = raw
    for part in path:
        at = at.get(part, {}) if isinstance(at, dict) else {}
    return at if isinstance(at, dict) else {}


def _sources(crms: Mapping[str, str], kinds: Mapping[str, Any]) -> tuple[dict[str, list[kind.Source]], list[Found]]:
    """Every connector's sources, and what is wrong with those that settings change or add."""
    sources: dict[str, list[kind.Source]] = {}
    wrong: list[Found] = []
    for connector, crm in crms.items():
        changes = {name: table for name, table in _table(kinds, connector).items() if isinstance(table, dict)}
        tables = {
            **kind.built_in(crm),
            **{name: kind.merged(kind.built_in(crm).get(name, {}), table) for name, table in changes.items()},
        }
        sources[connector] = []
        for name, table in tables.items():
            try:
                source = kind.Source.model_validate({**table, "name": name})
            except pydantic.ValidationError as error:
                wrong += _source_problems(("mapping", "kinds", connector, name), error)
            else:
                sources[connector] += [source] if source.enabled else []
    return sources, wrong


def _source_problems(place: locate.Place, error: pydantic.ValidationError) -> Iterator[Found]:
    known = [name for name in kind.Source.model_fields if name != "name"]
    for one in error.errors(include_url=False):
        yield (*place, *one["loc"]), words.expected(one, known=known)


def _kinds(world: _World) -> Iterator[Found]:
    for connector in world.kinds:
        if connector not in world.connectors:
            yield ("mapping", "kinds", connector), _connector(world, connector)
    yield from world.wrong


def _connector(world: _World, name: str) -> str:
    return words.should_be(name, world.connectors, "no connector is configured: add [connectors.NAME]")


def _write(world: _World) -> Iterator[Found]:
    for connector, objects in world.write.items():
        if connector not in world.connectors:
            yield ("mapping", "write", connector), _connector(world, connector)
        elif connector in world.sources and isinstance(objects, dict):
            targets = sorted({source.target for source in world.sources[connector]})
            for name in objects:
                if targets and name not in targets:
                    yield ("mapping", "write", connector, name), words.should_be(name, targets, "")


def _rule(table: Any) -> rule.Rule | None:
    try:
        return rule.Rule.model_validate(table)
    except (pydantic.ValidationError, OverflowError):
        return None


def _doubles(rules: Iterable[tuple[int, rule.Rule]]) -> Iterator[Found]:
    first: dict[str, int] = {}
    for number, made in rules:
        if first.setdefault(made.name, number) != number:
            words_ = f"should have another name: rule number {first[made.name] + 1} has this one already"
            yield ("triggers", "rules", number, "name"), words_


def _rule_fits(world: _World, number: int, made: rule.Rule) -> Iterator[Found]:
    place = ("triggers", "rules", number)
    if made.survey not in world.surveys:
        yield (*place, "survey"), words.should_be(made.survey, world.surveys, "no survey is configured: add [surveys.survey.KEY]")
    for channel in made.channel:
        if channel not in world.channels:
            nothing = f"no channel is configured: add [channels.{channel}]"
            yield (*place, "channel"), words.should_be(channel, world.channels, nothing)
    if made.delay >= made.expires:
        yield (*place, "delay"), "should be shorter than expires"
    for connector in made.connectors or ():
        if connector not in world.connectors:
            yield (*place, "connectors"), _connector(world, connector)
    yield from _kind_fits(world, place, made)


def _kind_fits(world: _World, place: locate.Place, made: rule.Rule) -> Iterator[Found]:
    """The rule's kind is one that its connectors have, and its conditions test facts that this kind has."""
    sources = world.of(made.connectors)
    known = {source.kind for source in sources}
    if not sources:
        return
    if made.on not in known:
        yield (*place, "on"), words.should_be(made.on, known, "")
        return
    fields = [*kind.facts(sources, made.on), *facts.INTRINSIC]
    for index, one in enumerate(made.when):
        for inner, field in _fields((*place, "when", index), one):
            if field not in fields:
                yield inner, words.should_be(field, fields, "")


def _fields(place: locate.Place, one: condition.Condition) -> Iterator[tuple[locate.Place, str]]:
    if one.field is not None:
        yield (*place, "field"), one.field
    for key, inner in (("any", one.any_), ("all", one.all_)):
        for index, nested in enumerate(inner or ()):
            yield from _fields((*place, key, index), nested)
    if one.not_ is not None:
        yield from _fields((*place, "not"), one.not_)
