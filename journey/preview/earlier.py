"""Earlier: what the store knew of records, accounts and days when the past that is looked at began."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from journey.deciding import judging
from store import opened, past, touchpoints
from triggers import load, rule, situation


class Earlier:
    """``meet`` the records first."""

    def __init__(self, store: opened.Opened | None) -> None:
        self._store = store
        self._closings: dict[int, list[past.Closing]] = defaultdict(list)

    def meet(self, found: Sequence[touchpoints.Found], before: datetime) -> set[int]:
        """Look up earlier closings of these records; the records (``judging.record``) that have some."""
        if self._store is None:
            return set()
        with self._store.read() as tx:
            known = past.closings(tx, {one.touch.record for one in found}, before)
        for one in known:
            self._closings[hash(situation.record_name(one.connector, one.kind, one.record))].append(one)
        return {hash(situation.record_name(one.connector, one.kind, one.record)) for one in known}

    def closings(self) -> dict[int, judging.Closed]:
        """Record → its earlier closings. They have negative numbers, which no touchpoint of the preview has."""
        return {
            key: judging.Closed(
                first=min(one.happened_at for one in several),
                last=max(one.happened_at for one in several),
                asked={-one.touchpoint: one.asked_at for one in several if one.asked_at is not None},
            )
            for key, several in self._closings.items()
        }

    def askings(self, rules: rule.Rules, before: datetime) -> Iterable[tuple[str, load.Asking]]:
        """Rule and asking, as far back as these rules count anything."""
        spans = [cap.span for cap in (rules.quiet.per_account, rules.quiet.per_domain) if cap is not None]
        spans += [one.at_least.per for one in rules.rules if one.at_least is not None]
        spans += [timedelta(days=2)] if rules.quiet.daily_cap is not None else []
        if self._store is None or not spans:
            return
        with self._store.read() as tx:
            yield from past.askings(tx, before - max(spans), before)
