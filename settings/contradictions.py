"""Rules that can never match, and rules that never get a touchpoint because another takes each one first.

Called by crosscheck with the file's plain tables. Only what is certain is told: conditions inside ``any`` and ``not`` are left
alone but for being compared as a whole.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from settings import locate, ranges
from settings.found import Found
from triggers import facts


def check(rules: Sequence[Any]) -> Iterator[Found]:
    """Every rule that contradicts itself or is shadowed, each at its own place."""
    for number, table in enumerate(rules):
        if isinstance(table, dict):
            leaves = list(_leaves(("triggers", "rules", number, "when"), table.get("when")))
            yield from _contradicted(leaves)
            yield from ranges.check(leaves)
    yield from _shadowed(rules)


def _contradicted(leaves: Iterable[ranges.Leaf]) -> Iterator[Found]:
    """The same field would have to have two values at once."""
    allowed: dict[str, tuple[frozenset[Any], str]] = {}
    for place, one in leaves:
        field = one["field"]
        for key, values in _accepted(one):
            before, told = allowed.get(field, (values, ""))
            if before.isdisjoint(values):
                expected = f"can never hold together with {told}: put the values into one list, {field} in [...]"
                yield Found((*place, key), expected)
            allowed[field] = (before & values, f"{field} {key} {_shown(one[key])}") if before & values else (before, told)
        for key, values in _refused(one):
            before, told = allowed.get(field, (frozenset(), ""))
            if before and before <= values:
                yield Found((*place, key), f"can never hold together with {told}: take one of the two out")


def _leaves(place: locate.Place, node: Any) -> Iterator[ranges.Leaf]:
    """The comparisons that must all hold."""
    if isinstance(node, list):
        for index, nested in enumerate(node):
            yield from _leaves((*place, index), nested)
    elif isinstance(node, dict):
        if isinstance(node.get("field"), str):
            yield place, node
        yield from _leaves((*place, "all"), node.get("all"))


def _accepted(one: Mapping[str, Any]) -> Iterator[tuple[str, frozenset[Any]]]:
    if "is" in one and not isinstance(one["is"], dict | list):
        yield "is", frozenset((_same(one["is"]),))
    if isinstance(one.get("in"), list):
        yield "in", frozenset(_same(value) for value in one["in"] if not isinstance(value, dict | list))


def _refused(one: Mapping[str, Any]) -> Iterator[tuple[str, frozenset[Any]]]:
    if "is_not" in one and not isinstance(one["is_not"], dict | list):
        yield "is_not", frozenset((_same(one["is_not"]),))
    if isinstance(one.get("not_in"), list):
        yield "not_in", frozenset(_same(value) for value in one["not_in"] if not isinstance(value, dict | list))


def _same(value: Any) -> str:
    """Equal for values that conditions take for the same: the number 3 and the text "3"."""
    return str(facts.fold(facts.plain(value)))


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)[:60]


def _shadowed(rules: Sequence[Any]) -> Iterator[Found]:
    """A rule about the same touchpoints under the same conditions as one that wins over it; of equals the first wins."""
    best: dict[str, tuple[int, int]] = {}
    for number, table in enumerate(rules):
        key, priority = _meaning(table), _priority(table)
        if key is not None and (key not in best or priority > best[key][1]):
            best[key] = number, priority
    for number, table in enumerate(rules):
        key = _meaning(table)
        winner = best[key][0] if key is not None else number
        if winner != number:
            name = str(rules[winner].get("name", ""))[:60]
            expected = (
                f"never gets a touchpoint: rule number {winner + 1}, “{name}”, has the same conditions and wins; change one"
            )
            yield Found(("triggers", "rules", number, "priority" if "priority" in table else "name"), expected)


def _priority(table: Any) -> int:
    priority = table.get("priority", 0) if isinstance(table, dict) else 0
    return priority if isinstance(priority, int) else 0


def _meaning(table: Any) -> str | None:
    """Equal for rules that match the same touchpoints; None for what is no rule."""
    if not isinstance(table, dict) or not isinstance(table.get("on"), str):
        return None
    connectors = table.get("connectors")
    chosen = sorted([connectors] if isinstance(connectors, str) else [str(one) for one in connectors or ()])
    when = table.get("when", [])
    conditions = sorted(_text(one) for one in when) if isinstance(when, list) else [_text(when)]
    return json.dumps([table["on"].strip(), chosen, conditions])


_FOLDED = frozenset({"is", "is_not", "in", "not_in", "contains", "starts", "ends"})


def _text(node: Any, *, folded: bool = False) -> str:
    """A condition as text in which the order, and the letter case of what is compared without it, make no difference."""
    if isinstance(node, dict):
        return json.dumps({key: _text(node[key], folded=key in _FOLDED) for key in sorted(node)})
    if isinstance(node, list):
        return json.dumps(sorted(_text(one, folded=folded) for one in node))
    return _same(node) if folded else str(node)
