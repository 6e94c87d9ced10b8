"""The steps in order, and running them until nothing is due."""

from collections.abc import Iterable
from dataclasses import dataclass

import structlog

from journey import belt as belts
from journey import decide, deliver, invite, notice, poison, tidy, write_back
from journey.reaching import bounces

log = structlog.get_logger("journey.steps")


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
    Listed(name="bounces", run=bounces.bounces, per_connector=False, every=1),
    Listed(name="write_back", run=write_back.write_back, per_connector=True, every=1),
    Listed(name="tidy", run=tidy.tidy, per_connector=False, every=60),
)
"""collect is not among them: a visitor runs it, not the clock."""


def until_nothing_is_due(belt: belts.Belt) -> dict[str, int]:
    """Read each connector once, then run the other steps until none of them moves anything; step → how much it moved.

    A step that raises stops none of the others; it is not run again, and its error is raised in an ExceptionGroup at the end.
    """
    turn = _Turn(belt)
    reading, others = [step for step in STEPS if step.name == "notice"], [step for step in STEPS if step.name != "notice"]
    turn.run(reading)
    while not belt.stop.is_set() and turn.run(others):
        pass
    if turn.failed:
        raise ExceptionGroup("steps failed", list(turn.failed.values()))
    return turn.moved


class _Turn:
    def __init__(self, belt: belts.Belt) -> None:
        self._belt = belt
        self.moved = dict.fromkeys((step.name for step in STEPS), 0)
        self.failed: dict[tuple[str, str], Exception] = {}

    def run(self, listed: Iterable[Listed]) -> int:
        """Run each of these once, for each connector where it is run so; how much they moved together."""
        total = 0
        for step in listed:
            for name in list(self._belt.connectors) if step.per_connector else [""]:
                count = self._run(step, name)
                self.moved[step.name] += count
                total += count
        return total

    def _run(self, step: Listed, connector: str) -> int:
        if (step.name, connector) in self.failed:
            return 0
        try:
            return step.run(self._belt, connector)
        except Exception as error:  # noqa: BLE001 - raised at the end, when the others have had their turn
            self.failed[step.name, connector] = error
            log.error("step failed", step=step.name, connector=connector, error=poison.where(error))
            return 0
