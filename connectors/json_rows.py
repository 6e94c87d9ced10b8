"""Rows of JSON as plain values: what connectors over REST share of taking them apart."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors import base

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,7})?(?:\+0000|Z)")
_ABSENT = object()

Take = Callable[[Mapping[str, Any]], dict[str, Any]]
"""A row as plain values, by path."""
FirstChild = Callable[[Any], Mapping[str, Any] | None]
"""The first of the child rows that stand under a relationship's name."""


def taker(fields: Sequence[str], children: Sequence[base.Child], left_out: frozenset[str], first_child: FirstChild) -> Take:
    """A function that picks these paths from a row; what the row does not answer for stays absent."""
    plain = [path for path in fields if "." not in path and path not in left_out]
    along = [(path, path.split(".")) for path in fields if "." in path and path not in left_out]
    below = [
        (
            child.relationship,
            [(full, path.split(".")) for path in child.fields if (full := f"{child.relationship}.{path}") not in left_out],
        )
        for child in children
    ]

    def take(row: Mapping[str, Any]) -> dict[str, Any]:
        values = {path: plain_value(row[path]) for path in plain if path in row}
        for path, steps in along:
            if (value := _walk(row, steps)) is not _ABSENT:
                values[path] = plain_value(value)
        for relationship, paths in below:
            child = first_child(row.get(relationship))
            for path, steps in paths:
                if (value := _walk(child, steps)) is not _ABSENT:
                    values[path] = plain_value(value)
        return values

    return take


def _walk(row: Any, steps: Sequence[str]) -> Any:
    """The value at the end of a path; None behind a lookup that is empty."""
    for step in steps:
        if row is None:
            return None
        row = row.get(step, _ABSENT) if isinstance(row, Mapping) else _ABSENT
        if row is _ABSENT:
            return _ABSENT
    return row


def plain_value(value: Any) -> Any:
    """A value of JSON as a connector hands it on: instants as datetimes in UTC, nothing for what is nested."""
    if isinstance(value, str) and len(value) >= 20 and value[10] == "T" and _INSTANT.fullmatch(value):
        return datetime.fromisoformat(value).astimezone(UTC)
    return None if isinstance(value, Mapping | list) else value
