"""How fields changed, asked of the CRM once per touchpoint and kept in its context, so that deciding stays pure.

Called by notice for touchpoints that are about to be stored, by preview for those of the past, and by ``palaute check``. Where no
rule compares changes, nothing is asked.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from connectors import base, field_history
from mapping import changed, kind
from store import touchpoints
from triggers import rule
from wire import finding

_Facts = Mapping[str, frozenset[str]]
"""Source → facts whose changes are wanted; sources of which none is are left out."""


def wanted(connector: str, sources: Iterable[kind.Source], rules: Sequence[rule.Rules]) -> _Facts:
    """What has to be asked, so that all these rules can be applied."""
    found = {one.name: frozenset[str]().union(*(some.changes(one.kind, connector) for some in rules)) for one in sources}
    return {name: facts for name, facts in found.items() if facts}


_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""No CRM tells changes from before its time, and a date typed by hand may lie in the year 1, which no query takes."""
Untold = Mapping[str, Mapping[str, field_history.Untold]]
"""Source → column → why its changes are not told."""


class Frozen(NamedTuple):
    """Touchpoints with the changes that rules compare in their contexts."""

    found: Sequence[touchpoints.Found]
    untold: Untold


def frozen(
    connector: base.Connector, sources: Iterable[kind.Source], rules: Sequence[rule.Rules], found: Sequence[touchpoints.Found]
) -> Frozen:
    """The same touchpoints with their changes, asked for in one go. Raises what connectors raise."""
    by_name = {one.name: one for one in sources}
    asked = wanted(connector.name, by_name.values(), rules)
    about: dict[str, list[touchpoints.Found]] = {}
    for one in found:
        if one.touch.source in asked and not one.touch.trouble:
            about.setdefault(one.touch.source, []).append(one)
    questions = {name: question for name, some in about.items() if (question := _question(by_name[name], asked[name], some))}
    if not questions:
        return Frozen(found, {})
    told = connector.field_changes(tuple(questions.values()))
    by_source = dict(zip(questions, told, strict=True))
    answers = {name: changed.Answer(by_name[name], asked[name], answer) for name, answer in by_source.items()}
    kept = [_kept(one, answers.get(one.touch.source)) for one in found]
    return Frozen(kept, {name: answer.untold for name, answer in by_source.items()})


def _question(source: kind.Source, facts: frozenset[str], some: Sequence[touchpoints.Found]) -> field_history.Asked | None:
    first = max(_EARLIEST, min(one.touch.happened_at for one in some))
    return changed.question(source, facts, (one.touch.record for one in some), first - changed.LIFE)


def _kept(one: touchpoints.Found, answer: changed.Answer | None) -> touchpoints.Found:
    if answer is None or one.touch.trouble:
        return one
    context = {**one.touch.context, **answer.context(one.touch.record, one.touch.happened_at)}
    return dataclasses.replace(one, touch=dataclasses.replace(one.touch, context=context))


def check(connector: base.Connector, sources: Sequence[kind.Source], rules: rule.Rules) -> list[finding.Finding]:
    """A finding for each rule that compares changes which the CRM does not tell. At most one call; raises what connectors do."""
    asked = wanted(connector.name, sources, [rules])
    if not asked:
        return []
    now = datetime.now(UTC)
    questions = {one.name: question for one in sources if (question := changed.question(one, asked.get(one.name, ()), (), now))}
    told = connector.field_changes(tuple(questions.values())) if questions else ()
    untold = {name: answer.untold for name, answer in zip(questions, told, strict=True)}
    return changed.check(connector.name, sources, rules, untold)
