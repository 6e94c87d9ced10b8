"""What must fit together across the sections of the settings.

Called by load with the file's plain tables: names are taken from there, so that a mistake in one section does not hide those in
another.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pydantic

from mapping import kind, outward
from settings import compared, contradictions, locate, schema, shadows, words
from settings.found import Found
from triggers import compiling, condition, facts, restraint, rule
from wire import duration


def check(raw: Mapping[str, Any]) -> list[Found]:
    """Everything that does not fit together, in no particular order."""
    world = _World(raw)
    found = [*_kinds(world), *_write(world)]
    found += _doubles(world.rules)
    found += _names(world)
    found += _kept(world)
    found += contradictions.check(world.rules)
    found += shadows.check(world.rules)
    for number, table in enumerate(world.rules):
        if isinstance(table, dict):
            found += _rule_fits(world, number, table)
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
        self.entries = _table(raw, "surveys", "survey")
        self.extras = [f"{outward.EXTRA}{key}" for key in _further(_table(raw, "surveys", "survey"))]
        """What may be written of further questions."""
        self.channels = list(_table(raw, "channels"))
        self.triggers = _table(raw, "triggers")
        self.languages = _table(raw, "surveys").get("languages")
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
        changes = {name: table for name, table in _table(kinds, connector).items() if isinstance(table, dict)}
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


def _kinds(world: _World) -> Iterator[Found]:
    for connector in world.kinds:
        if connector not in world.connectors:
            yield Found(("mapping", "kinds", connector), _connector(world, connector))
    yield from world.wrong


def _connector(world: _World, name: str) -> str:
    return words.should_be(name, world.connectors, "no connector is configured: add [connectors.NAME]")


def _write(world: _World) -> Iterator[Found]:
    for connector, objects in world.write.items():
        if connector not in world.connectors:
            yield Found(("mapping", "write", connector), _connector(world, connector))
        elif connector in world.sources and isinstance(objects, dict):
            targets = sorted({source.target for source in world.sources[connector]})
            people = sorted({person.object for source in world.sources[connector] for person in source.person} - {"", *targets})
            for name, target in objects.items():
                if name in people:
                    yield from _person_fields(("mapping", "write", connector, name), target)
                elif targets and name not in targets:
                    yield Found(("mapping", "write", connector, name), words.should_be(name, [*targets, *people], ""))
                yield from _extras(world, ("mapping", "write", connector, name), target)


def _person_fields(place: locate.Place, target: Any) -> Iterator[Found]:
    """A person's record is told about their address; answers go onto the record that was asked about."""
    about_records = [str(part) for part in outward.Part if part is not outward.Part.ADDRESS_PROBLEM]
    for name, part in target.items() if isinstance(target, dict) else ():
        if isinstance(part, str) and (part in about_records or part.startswith(outward.EXTRA)):
            expected = f'should be "{outward.Part.ADDRESS_PROBLEM}": the rest goes onto the record that was asked about'
            yield Found((*place, name), expected)


def _extras(world: _World, place: locate.Place, target: Any) -> Iterator[Found]:
    """Answers to further questions are of questions that some survey asks."""
    for name, part in target.items() if isinstance(target, dict) else ():
        if isinstance(part, str) and part.startswith(outward.EXTRA) and part not in world.extras:
            nothing = "no survey has further questions: add [[surveys.survey.KEY.questions]]"
            yield Found((*place, name), words.should_be(part, world.extras, nothing))


def _names(world: _World) -> Iterator[Found]:
    """Names in the sections beside the rules: connectors of time zones, and the fact that account types are compared with."""
    for name in _table(world.triggers, "zones", "connectors"):
        if name not in world.connectors:
            yield Found(("triggers", "zones", "connectors", name), _connector(world, name))
    types = _table(world.triggers, "exclude").get("account_types")
    fact = restraint.ACCOUNT_TYPE
    for connector, sources in world.sources.items():
        lacking = [source.name for source in sources if source.account and fact not in source.context]
        if isinstance(types, list) and types and lacking:
            table = f'[mapping.kinds.{connector}.{lacking[0]}] context = {{ {fact} = "COLUMN" }}'
            yield Found(
                ("triggers", "exclude", "account_types"), f"needs the fact {fact}, which {connector} does not map: add {table}"
            )


def _kept(world: _World) -> Iterator[Found]:
    """Facts that anonymous answers take along are facts that some touchpoint has."""
    sources = world.of(None)
    known = sorted(name for one in {source.kind for source in sources} for name in kind.facts(sources, one))
    for key, entry in world.entries.items():
        told = entry.get("keep") if isinstance(entry, dict) else None
        for number, name in enumerate(told if isinstance(told, list) else ()):
            if sources and isinstance(name, str) and name not in known:
                yield Found(("surveys", "survey", key, "keep", number), words.should_be(name, known, ""))


def _doubles(rules: Iterable[Any]) -> Iterator[Found]:
    first: dict[str, int] = {}
    for number, table in enumerate(rules):
        name = table.get("name") if isinstance(table, dict) else None
        if isinstance(name, str) and first.setdefault(name.strip(), number) != number:
            expected = f"should have another name: rule number {first[name.strip()] + 1} has this one already"
            yield Found(("triggers", "rules", number, "name"), expected)


def _rule_fits(world: _World, number: int, table: Mapping[str, Any]) -> Iterator[Found]:
    place = ("triggers", "rules", number)
    nothing = "no survey is configured: add [surveys.survey.KEY]"
    yield from _listed(place, table, "survey", world.surveys, nothing)
    yield from _listed(place, table, "channel", world.channels, "no channel is configured: add [channels.email]")
    nothing = "no connector is configured: add [connectors.NAME]"
    yield from _listed(place, table, "connectors", world.connectors, nothing)
    yield from _languages(world, place, table)
    delay, expires = _span(table, "delay"), _span(table, "expires")
    if delay is not None and expires is not None and delay >= expires:
        told = compiling.told_span(expires)
        yield Found((*place, "delay"), f"should be shorter than expires ({told}), or the survey is over before it goes out")
    yield from _kind_fits(world, place, table)


def _listed(place: locate.Place, table: Mapping[str, Any], key: str, known: Sequence[str], nothing: str) -> Iterator[Found]:
    """Every name under the key, which is one text or a list of them, is one that is known."""
    value = table.get(key)
    if isinstance(value, str) and value not in known:
        yield Found((*place, key), words.should_be(value, known, nothing))
    for index, name in enumerate(value if isinstance(value, list) else ()):
        if isinstance(name, str) and name not in known:
            yield Found((*place, key, index), words.should_be(name, known, nothing))


def _languages(world: _World, place: locate.Place, table: Mapping[str, Any]) -> Iterator[Found]:
    """Variants have words in languages that surveys are sent in."""
    known = world.languages if isinstance(world.languages, list) else None
    variants = table.get("variants")
    for index, variant in enumerate(variants if isinstance(variants, list) else ()):
        for key in ("subject", "question"):
            for language in _table(variant, key) if isinstance(variant, dict) else ():
                if known is not None and language not in known:
                    yield Found((*place, "variants", index, key, language), words.should_be(language, known, ""))


def _span(table: Mapping[str, Any], key: str) -> timedelta | None:
    """The duration that is written there or is the default; None for one that is wrong, which its model tells of."""
    if key not in table:
        default = rule.Rule.model_fields[key].default
        return default if isinstance(default, timedelta) else None
    try:
        return duration.parse(table[key])
    except (ValueError, OverflowError):
        return None


def _kind_fits(world: _World, place: locate.Place, table: Mapping[str, Any]) -> Iterator[Found]:
    """The rule's kind is one that its connectors have, and its conditions test facts that this kind has."""
    chosen, on = table.get("connectors"), table.get("on")
    names = [chosen] if isinstance(chosen, str) else chosen
    sources = world.of([name for name in names if isinstance(name, str)] if isinstance(names, list) else None) or world.of(None)
    known = {source.kind for source in sources}
    if not sources or not isinstance(on, str):
        return
    if on not in known:
        yield Found((*place, "on"), words.should_be(on, known, ""))
    kinds = [on] if on in known else sorted(known)
    fields = [*(name for one in kinds for name in sorted(kind.facts(sources, one))), *facts.INTRINSIC]
    for inner, field in _fields((*place, "when"), table.get("when")):
        if field not in fields:
            yield Found(inner, words.should_be(field, fields, ""))
    yield from compared.check(place, table, [source for source in sources if source.kind in kinds])
    least = table.get("at_least")
    by = least.get("by") if isinstance(least, dict) else None
    if isinstance(by, str) and by not in fields:
        yield Found((*place, "at_least", "by"), words.should_be(by, fields, ""))


def _fields(place: locate.Place, node: Any) -> Iterator[tuple[locate.Place, str]]:
    """Every field that conditions test, however deeply they are nested."""
    if isinstance(node, list):
        for index, nested in enumerate(node):
            yield from _fields((*place, index), nested)
    elif isinstance(node, dict):
        if isinstance(node.get("field"), str):
            yield (*place, "field"), node["field"]
        for key in condition.NESTING:
            yield from _fields((*place, key), node.get(key))
