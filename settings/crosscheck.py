"""What must fit together across the sections of the settings.

Called by load with the file's plain tables: names are taken from there, so that a mistake in one section does not hide those in
another.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from mapping import kind, outward
from settings import locate, ruled, words
from settings.found import Found
from settings.world import World, table_at
from triggers import restraint


def check(raw: Mapping[str, Any]) -> list[Found]:
    """Everything that does not fit together, in no particular order."""
    world = World(raw)
    found = [*_kinds(world), *_write(world)]
    found += _names(world)
    found += _kept(world)
    found += ruled.check(world)
    return found


def _kinds(world: World) -> Iterator[Found]:
    for connector in world.kinds:
        if connector not in world.connectors:
            yield Found(("mapping", "kinds", connector), _connector(world, connector))
    yield from world.wrong


def _connector(world: World, name: str) -> str:
    return words.should_be(name, world.connectors, "no connector is configured: add [connectors.NAME]")


def _write(world: World) -> Iterator[Found]:
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


def _extras(world: World, place: locate.Place, target: Any) -> Iterator[Found]:
    """Answers to further questions are of questions that some survey asks."""
    for name, part in target.items() if isinstance(target, dict) else ():
        if isinstance(part, str) and part.startswith(outward.EXTRA) and part not in world.extras:
            nothing = "no survey has further questions: add [[surveys.survey.KEY.questions]]"
            yield Found((*place, name), words.should_be(part, world.extras, nothing))


def _names(world: World) -> Iterator[Found]:
    """Names in the sections beside the rules: connectors of time zones, and the fact that account types are compared with."""
    for name in table_at(world.triggers, "zones", "connectors"):
        if name not in world.connectors:
            yield Found(("triggers", "zones", "connectors", name), _connector(world, name))
    types = table_at(world.triggers, "exclude").get("account_types")
    fact = restraint.ACCOUNT_TYPE
    for connector, sources in world.sources.items():
        lacking = [source.name for source in sources if source.account and fact not in source.context]
        if isinstance(types, list) and types and lacking:
            table = f'[mapping.kinds.{connector}.{lacking[0]}] context = {{ {fact} = "COLUMN" }}'
            yield Found(
                ("triggers", "exclude", "account_types"), f"needs the fact {fact}, which {connector} does not map: add {table}"
            )


def _kept(world: World) -> Iterator[Found]:
    """Facts that anonymous answers take along are facts that some touchpoint has."""
    sources = world.of(None)
    known = sorted(name for one in {source.kind for source in sources} for name in kind.facts(sources, one))
    for key, entry in world.entries.items():
        told = entry.get("keep") if isinstance(entry, dict) else None
        for number, name in enumerate(told if isinstance(told, list) else ()):
            if sources and isinstance(name, str) and name not in known:
                yield Found(("surveys", "survey", key, "keep", number), words.should_be(name, known, ""))
