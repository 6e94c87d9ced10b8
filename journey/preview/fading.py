"""Fading: what caps and minimums count is over some time after the asking; the past of months must not add up.

Called by replay. The daemon asks the store for what still counts; preview has no store of what it simulates.
"""

import heapq
from datetime import datetime, timedelta

from journey.deciding import judging
from triggers import load, rule

_SLACK = timedelta(days=1)
"""Askings of accounts and domains are kept so much longer than their caps reach."""


class Fading:
    """Takes back from ``known.counts`` what is over."""

    def __init__(self, rules: rule.Rules, known: judging.Known) -> None:
        self._known = known
        quiet = rules.quiet
        self._accounts = None if quiet.per_account is None else quiet.per_account.span
        self._domains = None if quiet.per_domain is None else quiet.per_domain.span
        self._minimums = {one.name: (one.at_least.per, one.at_least.response_rate) for one in rules.rules if one.at_least}
        self._answers: list[tuple[datetime, int, str, float]] = []
        self._dropped: set[int] = set()
        self._swept: datetime | None = None

    def asked(self, touchpoint_id: int, rule_name: str, asking: load.Asking) -> float:
        """This asking counts from now on; what it is worth as an answer."""
        if not asking.stratum or rule_name not in self._minimums:
            return 0.0
        per, worth = self._minimums[rule_name]
        heapq.heappush(self._answers, (asking.at + per, touchpoint_id, asking.stratum, worth))
        return worth

    def drop(self, touchpoint_id: int) -> None:
        """This asking gave way: who decided so has taken it back already."""
        self._dropped.add(touchpoint_id)

    def until(self, now: datetime) -> None:
        """Take back what is over by now."""
        answers = self._known.counts.answers
        while self._answers and self._answers[0][0] <= now:
            _, touchpoint_id, stratum, worth = heapq.heappop(self._answers)
            if touchpoint_id in self._dropped:
                self._dropped.discard(touchpoint_id)
            else:
                answers[stratum] = answers.get(stratum, worth) - worth
        if self._swept is None or now - self._swept >= _SLACK:
            self._sweep(now)

    def _sweep(self, now: datetime) -> None:
        self._swept = now
        counts = self._known.counts
        _keep(counts.accounts, None if self._accounts is None else now - self._accounts - _SLACK)
        _keep(counts.domains, None if self._domains is None else now - self._domains - _SLACK)


def _keep(table: dict[str, list[datetime]], since: datetime | None) -> None:
    """Only what was since then; nothing where it is not counted at all."""
    if since is None:
        table.clear()
        return
    for name in list(table):
        table[name] = [at for at in table[name] if at >= since]
        if not table[name]:
            del table[name]
