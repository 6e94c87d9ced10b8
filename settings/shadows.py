"""Rules that never get a touchpoint, because another takes each one first.

Called by crosscheck with the file's plain tables. Only rules that say the same are told.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from settings.found import Found
from triggers import facts


def check(rules: Sequence[Any]) -> Iterator[Found]:
    """Each rule about the same touchpoints under the same conditions as one that wins over it; of equals the first wins."""
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
    connectors = table.get("connectors", [])
    chosen = sorted(str(one) for one in connectors) if isinstance(connectors, list) else [str(connectors)]
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


def _same(value: Any) -> str:
    """Equal for values that conditions take for the same: the number 3 and the text "3"."""
    return str(facts.fold(facts.plain(value)))
