"""ORDER BY: stable sorts from the last term to the first; null comes first unless NULLS LAST says otherwise."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.salesforce import records, schema
from sandbox.salesforce.soql import names


@dataclass(frozen=True)
class Term:
    """One resolved term."""

    get: names.Getter
    kind: str
    descending: bool
    nulls_last: bool
    values: Sequence[str] = ()
    """Of a picklist, which sorts in the admin's order."""


def sort(rows: list[records.Record], terms: Sequence[Term]) -> None:
    """Sort in place."""
    for term in reversed(terms):
        rows.sort(key=_key(term), reverse=term.descending)


def _key(term: Term) -> Callable[[records.Record], tuple[int, Any]]:
    get, comparable = term.get, _comparable(term)
    null = (2 if term.nulls_last != term.descending else 0, None)

    def key(row: records.Record) -> tuple[int, Any]:
        value = get(row)
        return null if value is None else (1, comparable(value))

    return key


def _comparable(term: Term) -> Callable[[Any], Any]:
    if term.kind == "picklist":
        places = {value: (place, value) for place, value in enumerate(term.values)}
        return lambda value: places.get(value, (len(places), value))
    if term.kind in schema.TEXTUAL:
        return str.lower
    return lambda value: value
