"""Rules as settings write them: ``[[triggers.rules]]`` and the section around them, checked and compiled once.

Called by settings (to read and check them) and by decide (to apply them).
"""

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Self, TypeVar

import pydantic

from triggers import calendar, compiling, condition, draw, restraint, spans

Made = TypeVar("Made")
_REMEMBERED = 256
_ROUNDING = 0.001
"""Three variants may have 33.3% each."""
Words = Mapping[
    Annotated[str, pydantic.StringConstraints(min_length=2, max_length=20)],
    Annotated[str, pydantic.StringConstraints(min_length=1, max_length=500, strip_whitespace=True)],
]
"""Language → words."""


class Variant(pydantic.BaseModel):
    """One of several wordings of the same survey, to find out which works better."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    name: spans.Name = pydantic.Field(description="What reports call it; unique within the rule")
    share: draw.Share = pydantic.Field(description='Of the records that are asked about: "50%"')
    subject: Words = pydantic.Field({}, description="Subject of the mail, by language; without it, the usual one")
    question: Words = pydantic.Field({}, description="The question, by language; without it, the survey's own")


class AtLeast(pydantic.BaseModel):
    """Ask everybody of a group, whatever the sample, until the group has enough answers for a figure of its own."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    by: spans.Name = pydantic.Field(description="The fact that makes the groups: owner, team, product …")
    per: spans.Positive = pydantic.Field(description='The time over which answers are counted: "30d"')
    answers: int | None = pydantic.Field(None, ge=1, le=1_000_000, description="How many answers each group should have")
    within: draw.Share | None = pydantic.Field(
        None, description='Instead of answers: how far a share may be off, 95 times of 100: "10%" takes 97 answers'
    )
    response_rate: draw.Share = pydantic.Field(0.3, description="What a question that is not answered yet counts as")

    @pydantic.model_validator(mode="after")
    def _one_aim(self) -> Self:
        if (self.answers is None) == (self.within is None):
            raise ValueError("should have either answers or within")
        return self

    @property
    def wanted(self) -> int:
        """Answers that each group should have. From ``within``: n = z² / 4w², the worst case of a share, with z = 1.96."""
        return self.answers if self.answers is not None else math.ceil(_Z * _Z / 4 / (self.within or 1) ** 2)


_Z = 1.959964


class Rule(pydantic.BaseModel):
    """Which touchpoints lead to which survey, on which channel, when."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    name: spans.Name = pydantic.Field(description="What people call the rule; unique")
    on: spans.Name = pydantic.Field(description="Kind of touchpoint: case_closed, purchase, or one that mapping.kinds defines")
    connectors: spans.Names | None = pydantic.Field(None, description="Only touchpoints of these connectors; without it, of all")
    when: tuple[condition.Condition, ...] = pydantic.Field((), description="Conditions that must all hold")
    survey: spans.Name = pydantic.Field(description="Key of a survey: [surveys.survey.KEY]")
    channel: spans.Names = pydantic.Field(
        description="One channel or several; the first one the person can be reached by is used"
    )
    delay: spans.Span = pydantic.Field(timedelta(), description="How long after the touchpoint the message goes out")
    expires: spans.Positive = pydantic.Field(
        timedelta(days=14), description="How long the survey can be answered after the message was due"
    )
    business_days: bool | None = pydantic.Field(None, description="Instead of quiet.business_days, for this rule")
    window: calendar.SendWindow | None = pydantic.Field(None, description="Instead of quiet.window, for this rule")
    sample: draw.Share = pydantic.Field(
        1.0, description='How many of the records are asked about: "25%"; the same ones each time'
    )
    at_least: AtLeast | None = pydantic.Field(None, description="Groups that are asked without sampling until they have enough")
    reopened: restraint.Reopened = pydantic.Field(
        restraint.Reopened.RESTART, description="What becomes of a case that is closed more than once"
    )
    on_conflict: restraint.OnConflict | None = pydantic.Field(None, description="Instead of quiet.on_conflict, for this rule")
    remind: tuple[spans.Positive, ...] = pydantic.Field(
        (), max_length=5, description='Reminders, each so long after the first message: ["3d", "7d"]'
    )
    variants: tuple[Variant, ...] = pydantic.Field(
        (), max_length=20, description="Wordings to compare; their shares add up to 100%"
    )
    priority: int = pydantic.Field(0, ge=-1_000_000, le=1_000_000, description="Of several rules that match, the highest wins")

    @pydantic.field_validator("remind")
    @classmethod
    def _in_time(cls, remind: tuple[timedelta, ...], told: pydantic.ValidationInfo) -> tuple[timedelta, ...]:
        """A check of this key alone, so that a mistake in another does not hide what is wrong here; so are those below."""
        if any(later <= earlier for earlier, later in pairwise(remind)):
            raise ValueError("should name rising times, each only once")
        expires = told.data.get("expires")
        if remind and expires is not None and remind[-1] >= expires:
            raise ValueError(f"should be over before the survey expires ({compiling.told_span(expires)})")
        return remind

    @pydantic.field_validator("variants")
    @classmethod
    def _shared_out(cls, variants: tuple[Variant, ...]) -> tuple[Variant, ...]:
        if len({one.name for one in variants}) < len(variants):
            raise ValueError("should each have a name of their own")
        if variants and abs(sum(one.share for one in variants) - 1) > _ROUNDING:
            raise ValueError("should have shares that add up to 100%")
        return variants

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

    def changes(self) -> frozenset[str]:
        """Every field whose latest change the conditions test."""
        return frozenset[str]().union(*(one.changes() for one in self.when))


class Rules(pydantic.BaseModel):
    """The section ``[triggers]``: all rules and what restrains them."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    rules: tuple[Rule, ...] = ()
    quiet: restraint.Quiet = restraint.Quiet()
    exclude: restraint.Exclude = restraint.Exclude()
    zones: restraint.Zones = restraint.Zones()
    seed: str = pydantic.Field("", max_length=200, description="Draws samples and variants; another seed draws other records")

    @cached_property
    def _memory(self) -> dict[Any, tuple[object, Any]]:
        return {}

    def model_post_init(self, context: Any, /) -> None:
        """Compile at start, so that what cannot be compiled is found at start."""
        for rule in self.rules:
            _ = rule.tests, rule.version

    def remembered(self, key: object, made_of: object, make: Callable[[], Made]) -> Made:
        """What ``make`` gives, made once for each key as long as it is made of the same object.

        A copy with other rules shares the memory, and must not take what was made of the first ones.
        """
        known = self._memory.get(key)
        if known is not None and known[0] is made_of:
            return known[1]  # type: ignore[no-any-return]  # what was put there under this key
        made = make()
        if len(self._memory) < _REMEMBERED or key in self._memory:
            self._memory[key] = made_of, made
        return made

    def about(self, kind: str, connector: str) -> tuple[Rule, ...]:
        """The rules that touchpoints of this kind and connector can match at all."""
        return tuple(one for one in self.rules if one.on == kind and (one.connectors is None or connector in one.connectors))

    def changes(self, kind: str, connector: str) -> frozenset[str]:
        """Every field of such touchpoints whose latest change a rule tests; mostly none."""
        key = ("changes", kind, connector)
        return self.remembered(
            key, self.rules, lambda: frozenset[str]().union(*(one.changes() for one in self.about(kind, connector)))
        )

    def on_conflict(self, rule: Rule) -> restraint.OnConflict:
        """What becomes of a touchpoint of this rule that may not be asked about for now."""
        return rule.on_conflict or self.quiet.on_conflict

    def days(self, rule: Rule | None) -> calendar.Days | None:
        """The hours in which messages of this rule may go out; None: at any time."""
        window = rule.window if rule is not None else None
        return self.remembered(("days", window.text if window else ""), self.quiet, lambda: self.quiet.days(window))

    def named(self, name: str) -> Rule | None:
        """The rule of that name."""
        by_name = self.remembered("by name", self.rules, lambda: {rule.name: rule for rule in self.rules})
        return by_name.get(name)
