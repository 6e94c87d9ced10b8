"""Conditions of a rule: a table in settings, compiled once into a test of a touchpoint's facts.

``{ field = "priority", is_not = "Low" }``; several comparisons in one table must all hold; ``any``, ``all`` and ``not`` nest.
Text is compared as people do: case and the composition of accents make no difference. A field that is empty is
neither above nor below anything, contains nothing, and is not any value; one that could not be read makes the rule not match.
``changed_from`` and ``changed_to`` look at the latest change at or before the touchpoint's moment (see changes.py); one that the
CRM did not tell makes the rule not match.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Self

import pydantic
import re2  # type: ignore[import-untyped]  # the wheel carries no stubs

from triggers import changes, facts, spans

Facts = facts.Facts
LONGEST_PATTERN = 1_000
"""Characters of a ``matches`` pattern."""
DEEPEST = 20
"""Levels of any/all/not."""


@dataclass(frozen=True, kw_only=True)
class Test:
    """A compiled condition."""

    text: str
    """As an admin would read it: ``priority is not Low``."""
    field: str
    """The field whose value is told when it fails; of several, the first."""
    holds: Callable[[Facts], bool]
    key: object
    """Equal for tests that always say the same, so that rules can share the work."""


def _scalar(value: Any) -> Any:
    if isinstance(value, str | bool | int | float):
        return value
    raise ValueError("should be a text, a number, true or false; dates are compared by above, at_least, below, at_most")


def _threshold(value: Any) -> Any:
    if isinstance(value, str):
        raise ValueError("should be a number or a date, without quotes")
    if isinstance(value, bool) or not isinstance(value, int | float | date):
        raise ValueError("should be a number or a date")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("should be a finite number")
    return value


def _fragment(value: Any) -> str:
    if isinstance(value, str) and value:
        return value
    raise ValueError("should be a text that is not empty")


def _pattern(value: Any) -> str:
    text = _fragment(value)
    if len(text) > LONGEST_PATTERN:
        raise ValueError(f"should be a pattern of at most {LONGEST_PATTERN} characters")
    try:
        compile_pattern(text)
    except re2.error as error:
        words = error.args[0] if error.args else ""
        said = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
        raise ValueError(f"should be a pattern in RE2's syntax (no look-around, no back-references): {said}") from None
    return text


def compile_pattern(text: str) -> Any:
    """A pattern of RE2, whose time grows with the length of the text only, so that no record can stall the daemon."""
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False
    return re2.compile(text, options)


def _comparable(bound: Any) -> Any:
    """A threshold so that dates, and instants with and without a zone, can be put in order."""
    if isinstance(bound, datetime):
        return facts.aware(bound)
    return facts.aware(datetime(bound.year, bound.month, bound.day)) if isinstance(bound, date) else bound  # noqa: DTZ001  # aware


def _one_or_list(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else (value,)


_NOT_EMPTY = pydantic.Field(min_length=1)
Scalar = Annotated[Any, pydantic.PlainValidator(_scalar, json_schema_input_type=str | bool | int | float)]
Threshold = Annotated[Any, pydantic.PlainValidator(_threshold, json_schema_input_type=int | float | date)]
Fragment = Annotated[str, pydantic.PlainValidator(_fragment, json_schema_input_type=str)]
Pattern = Annotated[str, pydantic.PlainValidator(_pattern, json_schema_input_type=str)]
Values = Annotated[tuple[Scalar, ...], pydantic.Field(min_length=1)]
OneOrMore = Annotated[
    Values,
    pydantic.BeforeValidator(
        _one_or_list, json_schema_input_type=str | bool | int | float | Annotated[list[str | bool | int | float], _NOT_EMPTY]
    ),
]
"""One value, or a list of which any will do; an empty text stands for an empty field."""
COMPARISONS = (
    "is",
    "is_not",
    "in",
    "not_in",
    "above",
    "at_least",
    "below",
    "at_most",
    "contains",
    "starts",
    "ends",
    "matches",
    "empty",
    "older_than",
    "newer_than",
    "changed_from",
    "changed_to",
)
NESTING = ("any", "all", "not")


class Condition(pydantic.BaseModel):
    """One condition: a field with comparisons that must all hold, or one of any, all, not."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    field: str | None = pydantic.Field(None, min_length=1, description="Name of a fact: priority, origin, amount …")
    is_: Scalar | None = pydantic.Field(None, alias="is")
    is_not: Scalar | None = None
    in_: Values | None = pydantic.Field(None, alias="in")
    not_in: Values | None = None
    above: Threshold | None = None
    at_least: Threshold | None = None
    below: Threshold | None = None
    at_most: Threshold | None = None
    contains: Fragment | None = None
    starts: Fragment | None = None
    ends: Fragment | None = None
    matches: Pattern | None = pydantic.Field(None, description="RE2 pattern, found anywhere in the text, case ignored")
    empty: pydantic.StrictBool | None = None
    older_than: spans.Span | None = pydantic.Field(None, description='The instant lies at least so far back: "2d"')
    newer_than: spans.Span | None = pydantic.Field(None, description='The instant lies less far back, or in the future: "2d"')
    changed_from: OneOrMore | None = pydantic.Field(
        None, description='Its latest change was from this value, or one of these: "Low"'
    )
    changed_to: OneOrMore | None = pydantic.Field(
        None, description='Its latest change was to this value, or one of these: "High"'
    )
    any_: tuple["Condition", ...] | None = pydantic.Field(None, alias="any", min_length=1)
    all_: tuple["Condition", ...] | None = pydantic.Field(None, alias="all", min_length=1)
    not_: "Condition | None" = pydantic.Field(None, alias="not")

    @pydantic.model_validator(mode="after")
    def _one_form(self) -> Self:
        given = self.given()
        nesting = [key for key in given if key in NESTING]
        if len(nesting) > 1 or (nesting and (self.field is not None or len(given) > 1)):
            raise ValueError("should be either a field with comparisons or one of any, all, not")
        if not nesting and self.field is None:
            raise ValueError('should name a field, for example { field = "priority", is_not = "Low" }')
        if not given:
            raise ValueError(f"should compare the field with one of {', '.join(COMPARISONS)}")
        if self.depth() > DEEPEST:
            raise ValueError(f"should nest at most {DEEPEST} levels")
        self._possible()
        return self

    def _possible(self) -> None:
        if self.older_than is not None and self.newer_than is not None and self.older_than >= self.newer_than:
            raise ValueError("can never hold: nothing is both older and newer than that")
        ends = {facts.fold(one) for one in (*(self.changed_from or ()), *(self.changed_to or ()))}
        if self.changed_from is not None and self.changed_to is not None and len(ends) == 1:
            raise ValueError("can never hold: no change leads from a value to the same value")
        lowest = [bound for bound in (self.above, self.at_least) if bound is not None]
        highest = [bound for bound in (self.below, self.at_most) if bound is not None]
        if not (lowest and highest):
            return
        if len({isinstance(bound, date) for bound in lowest + highest}) > 1:
            raise ValueError("should not compare the field both with numbers and with dates")
        low, high = max(lowest, key=_comparable), min(highest, key=_comparable)
        strict = self.above == low or self.below == high
        if _comparable(low) > _comparable(high) or (strict and _comparable(low) == _comparable(high)):
            raise ValueError(f"can never hold: nothing lies between {low} and {high}")

    def given(self) -> dict[str, Any]:
        """The comparisons or the nesting that were written, by the key in settings."""
        written = {name.rstrip("_"): getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set}
        return {key: value for key, value in written.items() if key != "field" and value is not None}

    def inner(self) -> Sequence["Condition"]:
        """The conditions nested right under this one."""
        return (*(self.any_ or ()), *(self.all_ or ()), *((self.not_,) if self.not_ else ()))

    def depth(self) -> int:
        """Levels of nesting, 1 for a plain comparison."""
        return 1 + max((condition.depth() for condition in self.inner()), default=0)

    def fields(self) -> frozenset[str]:
        """Every field that is tested, nested ones too."""
        own = frozenset((self.field,)) if self.field is not None else frozenset()
        return own.union(*(condition.fields() for condition in self.inner()))

    def changes(self) -> frozenset[str]:
        """Every field whose latest change is tested, nested ones too."""
        return frozenset(field for field, key, _ in self.comparisons() if key in changes.COMPARISONS)

    def comparisons(self) -> Iterator[tuple[str, str, Any]]:
        """Every comparison, nested ones too: field, key in settings, and what it is compared with."""
        if self.field is not None:
            yield from ((self.field, key, wanted) for key, wanted in self.given().items())
        for condition in self.inner():
            yield from condition.comparisons()
