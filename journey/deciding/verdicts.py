"""Verdicts on the record: where settings name a field for it, a decided touchpoint tells its record whether it was asked and why.

Called by decide (which verdicts are wanted) and by write_back, which queues them as field updates like any other: batched,
repeated until they are written, the latest verdict last.
"""

from collections.abc import Iterable

from journey import belt as belts
from mapping import outward
from store import decisions, touchpoints, updates
from triggers import decision

_WORDS = {decision.Verdict.ASK: "Asked", decision.Verdict.LATER: "Not asked yet", decision.Verdict.NEVER: "Not asked"}
_GONE = frozenset({decision.Reason.DELETED, decision.Reason.MERGED})
"""There is no record to tell."""


def wanted(belt: belts.Belt, waiting: Iterable[touchpoints.Waiting]) -> frozenset[int]:
    """Ids of the touchpoints whose records have a field for the verdict."""
    return frozenset(one.id for one in waiting if _has_field(belt, one.touch.connector, one.touch.object))


def _has_field(belt: belts.Belt, connector: str, object_name: str) -> bool:
    return outward.Part.VERDICT in belt.targets.get(connector, {}).get(object_name, {}).values()


def queue(belt: belts.Belt, connector: str) -> int:
    """Make field updates of the verdicts that this connector's records do not know yet; how many."""
    total = 0
    while any(_has_field(belt, connector, name) for name in belt.targets.get(connector, {})) and not belt.stop.is_set():
        with belt.store.read() as tx:
            if not decisions.wants_telling(tx, connector):
                break
        total += _batch(belt, connector)
    return total


def _batch(belt: belts.Belt, connector: str) -> int:
    with belt.store.write() as tx:
        found = decisions.to_tell(tx, connector, belt.settings.batch)
        targets = {
            one.touchpoint_id: updates.Target(
                connector=connector, object=one.object, record=one.record, fields={str(outward.Part.VERDICT): sentence(one)}
            )
            for one in found
            if one.record and one.reason not in _GONE and _has_field(belt, connector, one.object)
        }
        updates.tell(tx, targets, belt.now())
        decisions.told(tx, [one.touchpoint_id for one in found])
    return len(found)


def sentence(one: decisions.Verdict) -> str:
    """``Not asked (quarantined): Rule “Cases” matched, but …``, as a service agent reads it on the case."""
    return f"{_WORDS[decision.Verdict(one.verdict)]} ({one.reason}): {one.explanation}"
