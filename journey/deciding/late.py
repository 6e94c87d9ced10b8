"""Field changes that a CRM writes down late: asked for again right before the first decision.

Called by notice, which lets touchpoints wait whose CRM may not know yet what changed last, and by decide when they have waited.
What the CRM does not tell then either stays as it was told when the closing was noticed.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import structlog

from connectors import base
from journey import belt as belts
from journey import poison
from journey.deciding import changes
from store import touchpoints
from triggers import touchpoint
from wire import errors

log = structlog.get_logger("journey.decide")


def waiting(belt: belts.Belt, connector: str, found: Sequence[touchpoints.Found]) -> list[touchpoints.Found]:
    """The same touchpoints, with how long each is to wait. A single round (``run --once``) does not wait."""
    lag = belt.connectors[connector].history_lag
    asked = changes.wanted(connector, belt.sources[connector], [belt.rules]) if lag and belt.patient else {}
    return [dataclasses.replace(one, decide_in=lag) if one.touch.source in asked else one for one in found]


def learn(belt: belts.Belt, ids: Sequence[int]) -> None:
    """Ask again about those of these touchpoints that are to be decided for the first time. At most one call a connector."""
    slow = {name: connector for name, connector in belt.connectors.items() if _is_slow(belt, connector)}
    if not (slow and belt.patient):
        return
    with belt.store.read() as tx:
        first = touchpoints.undecided(tx, ids, list(slow))
    for name, connector in slow.items():
        told = _told(belt, connector, [one for one in first if one.touch.connector == name])
        if told:
            with belt.store.write() as tx:
                touchpoints.learn(tx, told)


def _is_slow(belt: belts.Belt, connector: base.Connector) -> bool:
    return bool(connector.history_lag and changes.wanted(connector.name, belt.sources[connector.name], [belt.rules]))


def _told(
    belt: belts.Belt, connector: base.Connector, some: Sequence[touchpoints.Waiting]
) -> Mapping[int, Mapping[str, touchpoint.Plain]]:
    """Touchpoint id → its context, where the CRM tells something else than when it was noticed."""
    found = [touchpoints.Found(touch=one.touch, person=None) for one in some]
    try:
        made = changes.frozen(connector, belt.sources[connector.name], [belt.rules], found).found
    except errors.OutsideError:
        return {}  # noted by the steps that cannot do without the CRM; what was told first counts
    except Exception as error:  # noqa: BLE001 - as in notice: a history that nobody foresaw counts as not told
        log.error("changes of fields cannot be read", connector=connector.name, error=poison.where(error))
        return {}
    return {one.id: new.touch.context for one, new in zip(some, made, strict=True) if new.touch.context != one.touch.context}
