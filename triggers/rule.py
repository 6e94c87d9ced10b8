"""Rules as settings write them: ``[[triggers.rules]]`` and ``[triggers.quiet]``, checked and compiled once.

Called by settings (to read and check them) and by decide (to apply them).
"""

import enum
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Self

import pydantic

from triggers import compiling, condition, decision, draw, facts, touchpoint
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


def _one_or_list(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise ValueError("should name each only once")
    return names


_ROUNDING = 0.001
"""Three variants may have 33.3% each."""

Span = Annotated[duration.Duration, pydantic.AfterValidator(_bounded)]
Name = Annotated[str, pydantic.StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Names = Annotated[
    tuple[Name, ...],
    pydantic.BeforeValidator(_one_or_list, json_schema_input_type=str | list[str]),
    pydantic.Field(min_length=1),
    pydantic.AfterValidator(_distinct),
]


Positive = Annotated[Span, pydantic.AfterValidator(_positive)]
Words = Mapping[
    Annotated[str, pydantic.StringConstraints(min_length=2, max_length=20)],
    Annotated[str, pydantic.StringConstraints(min_length=1, max_length=500, strip_whitespace=True)],
]
"""Language → words."""


class Variant(pydantic.BaseModel):
    """One of several wordings of the same survey, to find out which works better."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    name: Name = pydantic.Field(description="What reports call it; unique within the rule")
    share: draw.Share = pydantic.Field(description='Of the records that are asked about: "50%"')
    subject: Words = pydantic.Field({}, description="Subject of the mail, by language; without it, the usual one")
    question: Words = pydantic.Field({}, description="The question, by language; without it, the survey's own")


class Rule(pydantic.BaseModel):
    """Which touchpoints lead to which survey, on which channel, when."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    name: Name = pydantic.Field(description="What people call the rule; unique")
    on: Name = pydantic.Field(description="Kind of touchpoint: case_closed, purchase, or one that mapping.kinds defines")
    connectors: Names | None = pydantic.Field(None, description="Only touchpoints of these connectors; without it, of all")
    when: tuple[condition.Condition, ...] = pydantic.Field((), description="Conditions that must all hold")
    survey: Name = pydantic.Field(description="Key of a survey: [surveys.survey.KEY]")
    channel: Names = pydantic.Field(description="One channel or several; the first one the person can be reached by is used")
    delay: Span = pydantic.Field(timedelta(), description="How long after the touchpoint the message goes out")
    expires: Positive = pydantic.Field(
        timedelta(days=14), description="How long the survey can be answered after the message was due"
    )
    remind: tuple[Positive, ...] = pydantic.Field(
        (), max_length=5, description='Reminders, each so long after the first message: ["3d", "7d"]'
    )
    variants: tuple[Variant, ...] = pydantic.Field(
        (), max_length=20, description="Wordings to compare; their shares add up to 100%"
    )
    priority: int = pydantic.Field(0, ge=-1_000_000, le=1_000_000, description="Of several rules that match, the highest wins")

    @pydantic.model_validator(mode="after")
    def _fits_together(self) -> Self:
        if any(later <= earlier for earlier, later in pairwise(self.remind)):
            raise ValueError("remind should name rising times, each only once")
        if self.remind and self.remind[-1] >= self.expires:
            raise ValueError("remind should be over before the survey expires")
        if len({one.name for one in self.variants}) < len(self.variants):
            raise ValueError("variants should each have a name of their own")
        if self.variants and abs(sum(one.share for one in self.variants) - 1) > _ROUNDING:
            raise ValueError("variants should have shares that add up to 100%")
        return self

    @cached_property
    def version(self) -> str:
        """Short hash of the rule's normalised text: the same meaning has the same version, however it was laid out."""
        text = json.dumps(self.model_dump(mode="json", by_alias=True, exclude_defaults=True), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @cached_property
    def tests(self) -> tuple[condition.Test, ...]:
        """The conditions, compiled; all must hold."""
        return compiling.parts(self.when)

    def fields(self) -> frozenset[str]:
        """Every field that the conditions test."""
        return frozenset[str]().union(*(one.fields() for one in self.when))


class OnConflict(enum.StrEnum):
    """What becomes of a touchpoint whose person was asked not long ago."""

    DROP = "drop"
    """Never asked about."""
    DEFER = "defer"
    """Asked about when the quarantine is over, if that is before the touchpoint is too old."""


class Quiet(pydantic.BaseModel):
    """When to leave people in peace."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    per_person: Span = pydantic.Field(
        timedelta(days=30), description="Nobody is asked again within this time, across connectors, rules and channels"
    )
    too_old: Positive = pydantic.Field(timedelta(days=7), description="A touchpoint noticed later than this is not asked about")
    on_conflict: OnConflict = pydantic.Field(OnConflict.DROP, description="drop, or defer until the quarantine is over")


class Candidate:
    """A rule as decide meets it."""

    __slots__ = ("_fields", "_matched", "_steps", "rule")

    def __init__(self, rule: Rule, shared: dict[object, int]) -> None:
        self.rule = rule
        self._matched = decision.Checked(rule=rule.name, matched=True)
        self._fields = tuple(sorted(rule.fields()))
        numbers = [shared.setdefault(test.key, len(shared)) for test in rule.tests]
        self._steps = tuple((n, test.holds, test.field, test.text, _Known()) for n, test in zip(numbers, rule.tests, strict=True))

    def check(self, seen: facts.Facts, said: list[bool | None]) -> decision.Checked:
        """How the rule looks at these facts. ``said`` is what tests of earlier rules said of them, by the tests' numbers.

        The same failure on the same short value is the same object, for speed.

        A fact that the record does not have, or that the CRM did not let us read, is no ground to ask anybody: however the
        conditions read, the rule does not match.
        """
        for number, holds, field, text, known in self._steps:
            held = said[number]
            if held is None:
                held = said[number] = holds(seen)
            if not held:
                saw = seen.values.get(field)
                key = (saw.__class__, saw)
                return known.get(key) or self._failed(text, key, known)
        for field in self._fields:
            if field not in seen.values:
                return decision.Checked(rule=self.rule.name, matched=False, condition=f"{field} is known")
        return self._matched

    def _failed(self, text: str, key: tuple[type, touchpoint.Plain], known: "_Known") -> decision.Checked:
        saw = key[1]
        made = decision.Checked(rule=self.rule.name, matched=False, condition=text, saw=shorten(saw))
        if len(known) < _REMEMBERED and (not isinstance(saw, str) or len(saw) <= _SHORT):
            known[key] = made
        return made


_Known = dict[tuple[type, touchpoint.Plain], decision.Checked]
_REMEMBERED = 256
_SHORT = 40


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The rules as one (kind, connector) meets them: some can never match, the rest are to be tested."""

    candidates: Sequence[Candidate]
    """Rules that the kind and the connector leave, in the order of the settings."""
    ruled_out: Sequence[decision.Checked]
    """The others, with why."""
    tests: int
    """How many different tests the candidates have between them."""

    def check(self, seen: facts.Facts) -> list[decision.Checked]:
        """How each candidate looks at these facts."""
        said: list[bool | None] = [None] * self.tests
        return [candidate.check(seen, said) for candidate in self.candidates]


class Rules(pydantic.BaseModel):
    """The section ``[triggers]``: all rules and the quiet times."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    rules: tuple[Rule, ...] = ()
    quiet: Quiet = Quiet()
    seed: str = pydantic.Field("", max_length=200, description="Draws samples and variants; another seed draws other records")
    _plans: dict[tuple[str, str], tuple[tuple[Rule, ...], Plan]] = pydantic.PrivateAttr(default_factory=dict)

    def model_post_init(self, context: Any, /) -> None:
        """Compile at start, so that what cannot be compiled is found at start."""
        for rule in self.rules:
            _ = rule.tests, rule.version

    def plan(self, kind: str, connector: str) -> Plan:
        """What is left to test for touchpoints of this kind and connector; remembered for the kinds that rules name."""
        key = (kind, connector)
        known = self._plans.get(key)
        if known is not None and known[0] is self.rules:  # a copy with other rules shares this dictionary
            return known[1]
        made = _plan(self.rules, kind, connector)
        if len(self._plans) < _REMEMBERED:
            self._plans[key] = self.rules, made
        return made


def _plan(rules: Sequence[Rule], kind: str, connector: str) -> Plan:
    candidates = []
    ruled_out = []
    shared: dict[object, int] = {}
    for rule in rules:
        reason = _ruled_out(rule, kind, connector)
        if reason is None:
            candidates.append(Candidate(rule, shared))
        else:
            ruled_out.append(reason)
    return Plan(candidates=tuple(candidates), ruled_out=tuple(ruled_out), tests=len(shared))


def _ruled_out(rule: Rule, kind: str, connector: str) -> decision.Checked | None:
    if rule.on != kind:
        return decision.Checked(rule=rule.name, matched=False, condition=f"kind is {rule.on}", saw=kind)
    if rule.connectors is not None and connector not in rule.connectors:
        names = ", ".join(rule.connectors)
        return decision.Checked(rule=rule.name, matched=False, condition=f"connector in {names}", saw=connector)
    return None


def shorten(value: touchpoint.Plain, longest: int = 200) -> touchpoint.Plain:
    """The value, a long text cut with an ellipsis: decisions are kept for every touchpoint and must stay small."""
    return value[: longest - 1] + "…" if isinstance(value, str) and len(value) > longest else value
