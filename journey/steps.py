"""The steps in order, and running them until nothing is due."""

from dataclasses import dataclass

from journey import belt as belts
from journey import decide, deliver, invite, notice, tidy, write_back


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A step and how it is run."""

    name: str
    run: belts.Step
    per_connector: bool
    """Runs once for each connector, side by side; otherwise once for all."""
    every: float | None
    """Seconds between runs; None: the connector's own poll interval."""


STEPS = (
    Listed(name="notice", run=notice.notice, per_connector=True, every=None),
    Listed(name="decide", run=decide.decide, per_connector=False, every=1),
    Listed(name="invite", run=invite.invite, per_connector=False, every=1),
    Listed(name="deliver", run=deliver.deliver, per_connector=True, every=1),
    Listed(name="write_back", run=write_back.write_back, per_connector=True, every=1),
    Listed(name="tidy", run=tidy.tidy, per_connector=False, every=60),
)
"""collect is not among them: a visitor runs it, not the clock."""


def until_nothing_is_due(belt: belts.Belt) -> dict[str, int]:
    """Read each connector once, then run the other steps until none of them moves anything; step → how much it moved."""
    moved = dict.fromkeys((step.name for step in STEPS), 0)
    for name in belt.connectors:
        moved["notice"] += notice.notice(belt, name)
    while not belt.stop.is_set():
        count = sum(_run(belt, step, moved) for step in STEPS if step.name != "notice")
        if count == 0:
            break
    return moved


def _run(belt: belts.Belt, step: Listed, moved: dict[str, int]) -> int:
    names = list(belt.connectors) if step.per_connector else [""]
    count = sum(step.run(belt, name) for name in names)
    moved[step.name] += count
    return count
