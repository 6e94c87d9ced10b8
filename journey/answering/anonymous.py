"""Anonymous surveys: the answer is kept apart from the person, and small groups are not shown.

Called by taking (when a post has passed the signs) and collect. From the answer no row leads to the person or the record: it
takes along the kind of the touchpoint, the facts that the survey keeps and the day. Of the invitation it is only known that it
was answered. What that cannot hide is in docs/critiques.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from journey import belt as belts
from store import anonymous, holding, opened
from surveys import figures, suppression, survey


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a person said, and nothing about them."""

    value: int
    comment: str
    extras: Mapping[str, Any]
    at: datetime


def keep(belt: belts.Belt, tx: sa.Connection, invited: holding.Invited, said: Said) -> None:
    """Store the answer apart, and of the invitation that it was answered."""
    asked = belt.surveys[invited.survey]
    context = anonymous.context(tx, invited.touchpoint_id)
    anonymous.keep(
        tx,
        anonymous.Detached(
            kind=invited.kind,
            survey=invited.survey,
            facts={name: context[name] for name in asked.keep if name in context},
            day=day(said.at, belt.brand.time_zone),
            value=said.value,
            comment=said.comment,
            extras=said.extras,
        ),
    )
    anonymous.settle(tx, invited.id, invited.touchpoint_id)


def day(at: datetime, zone: str) -> datetime:
    """The local midnight before."""
    return at.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)


def mix(belt: belts.Belt) -> int:
    """Take away what the database itself remembers of the moment of earlier days' answers; how many answers. Called by tidy."""
    apart = [key for key, asked in belt.surveys.items() if asked.anonymous]
    if not apart:
        return 0
    with belt.store.write() as tx:
        return anonymous.mix(tx, apart, day(belt.now(), belt.brand.time_zone))


def tell(store: opened.Opened, asked: survey.Survey, by: str, since: datetime) -> Mapping[str, Any]:
    """What the answers to an anonymous survey say by a fact that it keeps; groups too small to be shown are withheld."""
    with store.read() as tx:
        found = anonymous.groups(tx, asked.key, by, since)
    counts = [one.answers for one in found]
    return {"by": by, "survey": asked.key, **shown(asked, [one.group for one in found], counts)}


def shown(asked: survey.Survey, names: Sequence[str], counts: Sequence[Mapping[int, int]]) -> dict[str, Any]:
    """``{"total", "groups", "withheld"}``: figures of these groups, those left out that would give somebody away."""
    sizes = [sum(one.values()) for one in counts]
    hidden = suppression.withhold(sizes, asked.smallest_group) if asked.anonymous else suppression.Withheld()
    total: dict[int, int] = {}
    for one in counts:
        for value, count in one.items():
            total[value] = total.get(value, 0) + count
    return {
        "total": None if hidden.total else figure(asked, total),
        "groups": [
            {"group": name, **figure(asked, one)}
            for place, (name, one) in enumerate(zip(names, counts, strict=True))
            if place not in hidden.groups
        ],
        "withheld": len(hidden.groups),
    }


def figure(asked: survey.Survey, counts: Mapping[int, int]) -> dict[str, Any]:
    """How many answers, and the headline with its 95 % interval."""
    found = figures.headline(asked.definition, counts)
    told = None
    if found is not None:
        ends = {name: round(value, 1) for name, value in (("value", found.value), ("low", found.low), ("high", found.high))}
        told = {**ends, "n": found.n, "too_few": found.too_few}
    return {"answers": sum(counts.values()), "metric": asked.metric, "score": told}
