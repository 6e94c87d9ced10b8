"""The small types that the settings of triggers are written in: names, times, caps."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import pydantic

from wire import duration

LONGEST = timedelta(days=3653)
"""Ten years: no delay, expiry or quarantine is longer, so that no date leaves the calendar."""


def _bounded(span: timedelta) -> timedelta:
    if span > LONGEST:
        raise ValueError("should be at most ten years")
    return span


def _positive(span: timedelta) -> timedelta:
    if not span:
        raise ValueError("should be longer than nought")
    return span


def one_or_list(value: Any) -> Any:
    """What may be written as one text or as a list of them, as a list."""
    return (value,) if isinstance(value, str) else value


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise ValueError("should name each only once")
    return names


Span = Annotated[duration.Duration, pydantic.AfterValidator(_bounded)]
Positive = Annotated[Span, pydantic.AfterValidator(_positive)]
Name = Annotated[str, pydantic.StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Names = Annotated[
    tuple[Name, ...],
    pydantic.BeforeValidator(one_or_list, json_schema_input_type=str | list[str]),
    pydantic.Field(min_length=1),
    pydantic.AfterValidator(_distinct),
]
_CAP = re.compile(r"^\s*(\d{1,7})\s+per\s+(.+)$")


@dataclass(frozen=True, kw_only=True)
class Cap:
    """At most ``count`` askings within any ``span``."""

    count: int
    span: timedelta
    text: str
    """As it was written."""


def cap(text: Any) -> Cap:
    """``3 per 7d`` as a cap. Raises ValueError that says what would be right."""
    if isinstance(text, Cap):
        return text
    found = _CAP.match(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError('should be a cap such as "3 per 7d"')
    if not int(found[1]):
        raise ValueError("would let nobody be asked: should be at least 1; to ask nobody, take the rule out")
    return Cap(count=int(found[1]), span=_positive(_bounded(duration.parse(found[2]))), text=" ".join(found[0].split()))


Capped = Annotated[
    Cap,
    pydantic.BeforeValidator(cap, json_schema_input_type=str),
    pydantic.PlainSerializer(lambda one: one.text, return_type=str),
]
"""A pydantic field type: written ``"3 per 7d"``."""
