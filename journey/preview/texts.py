"""What the texts of a preview would cost: how many, and of how many parts, rule by rule.

A text is the same for everybody who is asked the same in the same language, so each wording is made and counted once.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from channels import base as channel
from journey.preview import course
from journey.reaching import links, variants
from surveys import language, survey
from triggers import decision, rule, touchpoint

_TOKEN = "x" * 22
"""As long as a token is."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """The texts of one rule."""

    rule: str
    texts: int
    """First messages; what reminders add depends on who answers."""
    parts: int
    """Of how many they are made and billed as."""

    @property
    def average(self) -> float:
        """Parts of a text."""
        return self.parts / self.texts


@dataclass
class Texts:
    """``count`` each case once."""

    channels: Mapping[str, channel.Channel]
    surveys: Mapping[str, survey.Survey]
    brand: survey.Brand
    rules: rule.Rules
    url: str
    """What the links in texts begin with."""
    _known: dict[tuple[str, ...], int | None] = field(default_factory=dict)
    _texts: Counter[str] = field(default_factory=Counter)
    _parts: Counter[str] = field(default_factory=Counter)

    def count(self, case: course.Case) -> None:
        """Take in one case."""
        plan = case.decided.plan
        parts = None if plan is None else self._of(case.touch, plan, case.decided.rule)
        if parts is not None:
            self._texts[case.decided.rule] += 1
            self._parts[case.decided.rule] += parts

    def by_rule(self) -> Sequence[Sent]:
        """Those rules that would have sent texts."""
        return [Sent(rule=name, texts=texts, parts=self._parts[name]) for name, texts in self._texts.items()]

    def _of(self, touch: touchpoint.Touchpoint, plan: decision.Plan, rule_name: str) -> int | None:
        spoken = touch.person.language if touch.person is not None else ""
        said = language.known(spoken, self.brand.languages, self.brand.default_language)
        key = (plan.channels[0], plan.survey, plan.variant, rule_name, touch.kind, said)
        if key not in self._known:
            self._known[key] = self._measured(touch, plan, rule_name, said)
        return self._known[key]

    def _measured(self, touch: touchpoint.Touchpoint, plan: decision.Plan, rule_name: str, said: str) -> int | None:
        out, asked = self.channels.get(plan.channels[0]), self.surveys.get(plan.survey)
        if out is None or asked is None:
            return None
        own = variants.words(self.rules, rule_name, plan.variant) or {}
        return out.parts(
            channel.Message(
                key="",
                address="",
                language=said,
                brand=self.brand,
                survey=variants.survey_of(asked, own),
                kind=touch.kind,
                happened_at=touch.happened_at,
                page_url=links.page(self.url, _TOKEN),
                unsubscribe_url=links.unsubscribe(self.url, _TOKEN),
            )
        )
