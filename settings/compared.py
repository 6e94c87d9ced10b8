"""Rules that compare how a fact changed, where no CRM can tell that.

Called by crosscheck with one rule's plain table and the sources that it is about. What one CRM tells and another does not is
found by ``palaute check``; here only what none of them can tell.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mapping import changed, kind
from settings import locate
from settings.found import Found
from triggers import changes, condition, facts


def check(place: locate.Place, table: Mapping[str, Any], sources: Sequence[kind.Source]) -> Iterator[Found]:
    """One problem for each such comparison; ``place`` is the rule's, ``sources`` those of its kind and connectors."""
    for inner, field in _compared((*place, "when"), table.get("when")):
        troubles = [changed.trouble(source, field) for source in sources if field in source.context or field in facts.INTRINSIC]
        if troubles and all(troubles):
            yield Found(inner, f"cannot be told: {troubles[0]}; compare a fact that is a column of the record itself")


def _compared(place: locate.Place, node: Any) -> Iterator[tuple[locate.Place, str]]:
    """The place of every comparison with a change, and its field."""
    if isinstance(node, list):
        for index, nested in enumerate(node):
            yield from _compared((*place, index), nested)
    elif isinstance(node, dict):
        if isinstance(node.get("field"), str):
            yield from (((*place, key), node["field"]) for key in changes.COMPARISONS if key in node)
        for key in condition.NESTING:
            yield from _compared((*place, key), node.get(key))
