"""What must fit between a rule and the rest of the settings: kinds, facts, surveys, channels, connectors, languages.

Called by crosscheck with each rule's plain table.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from mapping import kind
from settings import compared, contradictions, locate, shadows, words
from settings.found import Found
from settings.world import World, table_at
from triggers import compiling, condition, facts, rule
from wire import duration


def check(world: World) -> Iterator[Found]:
    """Everything about rules that does not fit."""
    yield from _doubles(world.rules)
    yield from contradictions.check(world.rules)
    yield from shadows.check(world.rules)
    for number, table in enumerate(world.rules):
        if isinstance(table, dict):
            yield from _rule_fits(world, number, table)


def _doubles(rules: Iterable[Any]) -> Iterator[Found]:
    first: dict[str, int] = {}
    for number, table in enumerate(rules):
        name = table.get("name") if isinstance(table, dict) else None
        if isinstance(name, str) and first.setdefault(name.strip(), number) != number:
            expected = f"should have another name: rule number {first[name.strip()] + 1} has this one already"
            yield Found(("triggers", "rules", number, "name"), expected)


def _rule_fits(world: World, number: int, table: Mapping[str, Any]) -> Iterator[Found]:
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


def _languages(world: World, place: locate.Place, table: Mapping[str, Any]) -> Iterator[Found]:
    """Variants have words in languages that surveys are sent in."""
    known = world.languages if isinstance(world.languages, list) else None
    variants = table.get("variants")
    for index, variant in enumerate(variants if isinstance(variants, list) else ()):
        for key in ("subject", "question"):
            for language in table_at(variant, key) if isinstance(variant, dict) else ():
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


def _kind_fits(world: World, place: locate.Place, table: Mapping[str, Any]) -> Iterator[Found]:
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
    by = table_at(table, "at_least").get("by")
    if isinstance(by, str) and by not in fields:
        yield Found((*place, "at_least", "by"), words.should_be(by, fields, ""))
    elif isinstance(by, str):
        yield from _minimum(world, place, table.get("survey"), by)


def _minimum(world: World, place: locate.Place, survey: Any, by: str) -> Iterator[Found]:
    """Groups are to have enough answers for a figure of their own; anonymous answers only belong to groups that they keep."""
    entry = table_at(world.entries, survey) if isinstance(survey, str) else {}
    kept = entry.get("keep", [])
    if entry.get("anonymous") is True and isinstance(kept, list) and by not in kept:
        expected = (
            f'leads to no figures: answers to the anonymous survey {survey} are not kept by {by}; write keep = ["{by}"] under'
            f" [surveys.survey.{survey}], or take at_least out"
        )
        yield Found((*place, "at_least", "by"), expected)


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
