"""Matching: which rules look at a touchpoint, and what each of them says. Rules share the tests that they have in common.

Called by decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from triggers import changes, decision, facts, rule, touchpoint


class Candidate:
    """A rule as decide meets it."""

    __slots__ = ("_changes", "_fields", "matched", "rule", "steps")

    def __init__(self, chosen: rule.Rule, shared: dict[object, int]) -> None:
        self.rule = chosen
        self.matched = decision.Checked(rule=chosen.name, matched=True)
        self._fields = tuple(sorted(chosen.fields()))
        self._changes = tuple(sorted(chosen.changes()))
        numbers = [shared.setdefault(test.key, len(shared)) for test in chosen.tests]
        self.steps = tuple(
            (n, test.holds, test.field, changes.field_of(test.field), test.text, _Known())
            for n, test in zip(numbers, chosen.tests, strict=True)
        )

    def unknown(self, seen: facts.Facts) -> decision.Checked | None:
        """What is said where a tested fact is not there.

        A fact that the record does not have, or that the CRM did not let us read, is no ground to ask anybody: however the
        conditions read, the rule does not match. The same holds for a change that the CRM did not tell.
        """
        name = self.rule.name
        for field in self._fields:
            if field not in seen.values:
                return decision.Checked(rule=name, matched=False, condition=f"{field} is known")
        for field in self._changes:
            if not changes.told(seen.values, field):
                words = f"the CRM tells how {field} changed"
                return decision.Checked(rule=name, matched=False, condition=words, saw=changes.UNTOLD)
        return None

    def failed(self, text: str, key: tuple[type, touchpoint.Plain], known: "_Known") -> decision.Checked:
        """What is said of a value that failed; the same failure on the same short value is the same object, for speed."""
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
        """How each candidate looks at these facts. One loop without calls: it runs a million times a second."""
        said: list[Any] = [None] * self.tests  # True, or what a failed test saw, with its class: 1 is not true
        values = seen.values
        made = []
        for candidate in self.candidates:
            for number, holds, field, changed, text, known in candidate.steps:
                saw = said[number]
                if saw is None:
                    if holds(seen):
                        said[number] = True
                        continue
                    value = changes.shown(values, changed) if changed else values.get(field)
                    saw = said[number] = (value.__class__, value)
                elif saw is True:
                    continue
                made.append(known.get(saw) or candidate.failed(text, saw, known))
                break
            else:
                made.append(candidate.unknown(seen) or candidate.matched)
        return made


def plan(rules: rule.Rules, kind: str, connector: str) -> Plan:
    """What is left to test for touchpoints of this kind and connector; remembered for the kinds that rules name."""
    return rules.remembered((kind, connector), rules.rules, lambda: _plan(rules.rules, kind, connector))


def _plan(rules: Sequence[rule.Rule], kind: str, connector: str) -> Plan:
    candidates = []
    ruled_out = []
    shared: dict[object, int] = {}
    for one in rules:
        reason = _ruled_out(one, kind, connector)
        if reason is None:
            candidates.append(Candidate(one, shared))
        else:
            ruled_out.append(reason)
    return Plan(candidates=tuple(candidates), ruled_out=tuple(ruled_out), tests=len(shared))


def _ruled_out(one: rule.Rule, kind: str, connector: str) -> decision.Checked | None:
    if one.on != kind:
        return decision.Checked(rule=one.name, matched=False, condition=f"kind is {one.on}", saw=kind)
    if one.connectors is not None and connector not in one.connectors:
        names = ", ".join(one.connectors)
        return decision.Checked(rule=one.name, matched=False, condition=f"connector in {names}", saw=connector)
    return None


def shorten(value: touchpoint.Plain, longest: int = 200) -> touchpoint.Plain:
    """The value, a long text cut with an ellipsis: decisions are kept for every touchpoint and must stay small."""
    return value[: longest - 1] + "…" if isinstance(value, str) and len(value) > longest else value
