"""Reading the past: a connector's records of the last days as touchpoints, by the same code as the notice step.

The bookmarks are preview's own and are thrown away; those of the daemon stay where they are.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors import base, field_history
from journey import notice
from journey.deciding import changes
from mapping import inward, kind
from store import rows, touchpoints
from triggers import rule


@dataclass(frozen=True, kw_only=True)
class Origin:
    """A connector whose past is read."""

    connector: base.Connector
    sources: Sequence[kind.Source]
    poll: timedelta
    """How often the daemon asks it what is new."""

    @property
    def name(self) -> str:
        """As in settings."""
        return self.connector.name


@dataclass(frozen=True, kw_only=True)
class Span:
    """The time that is looked at, by the CRM's own clock."""

    since: datetime
    until: datetime

    def tick(self, happened_at: datetime, poll: timedelta) -> datetime:
        """When the daemon would have noticed what happened then: the poll after it, at the latest now."""
        passed = max(happened_at - self.since, timedelta(0))
        return min(self.since + -(-passed // poll) * poll, self.until)


@dataclass(frozen=True, kw_only=True)
class Portion:
    """A part of the past: as many rows as one question about field changes takes; a page of a CRM's may hold ten times that."""

    records: int
    """Rows that the CRM sent."""
    found: Sequence[touchpoints.Found] = field(repr=False)
    covered: float
    """How much of the time is behind, 0 to 1."""


def begin(origin: Origin, days: float) -> Span:
    """The last ``days`` by the CRM's clock. One call. Raises what connectors raise."""
    marks = origin.connector.start(inward.watches(tuple(origin.sources)))
    until = max(mark.started for mark in marks.values())
    return Span(since=until - timedelta(days=days), until=until)


def read(origin: Origin, span: Span, secret: bytes, rules: Sequence[rule.Rules] = ()) -> Iterator[Portion]:
    """Everything that changed since, bit by bit, with the field changes that rules compare. Raises what connectors raise."""
    sources = {source.name: source for source in origin.sources}
    watches = inward.watches(tuple(sources.values()))
    marks = {watch.name: base.Bookmark(stamp=span.since, started=span.since) for watch in watches}
    reached: Mapping[str, base.Bookmark] = dict(marks)

    def portion(some: Sequence[base.Change]) -> Portion:
        noticed = notice.found(secret, origin.name, sources, marks, some)
        found = changes.frozen(origin.connector, origin.sources, rules, noticed).found
        return Portion(records=len(some), found=found, covered=_covered(span, reached))

    for page in origin.connector.read(watches, marks):
        reached = {**reached, **page.bookmarks}
        yield from map(portion, rows.chunks(page.changes, field_history.BATCH))
        del page  # tens of megabytes, which must not lie beside the next page while that is read


def _covered(span: Span, reached: Mapping[str, base.Bookmark]) -> float:
    slowest = min(mark.stamp for mark in reached.values())
    return max(0.0, min(1.0, (slowest - span.since) / max(span.until - span.since, timedelta(seconds=1))))
