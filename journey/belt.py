"""The belt: everything a step needs, handed to each of them by the daemon.

A step is a function ``step(belt, connector) -> int``: how many things it moved on. Steps are idempotent, claim their work from
the store and may die at any point; they look at ``belt.stop`` between batches.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from channels import base as channel
from connectors import base as connector
from journey import fields, outside, settings
from mapping import kind, outward
from store import opened, writer
from surveys import survey
from triggers import rule


def clock() -> datetime:
    """The time now, aware, UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Belt:
    """What the steps work with. Everything in it may be used from several threads."""

    store: opened.Opened
    writer: writer.Writer
    secret: bytes = field(repr=False)
    connectors: Mapping[str, connector.Connector]
    since: Mapping[str, timedelta | None]
    """How much of the past a connector's first bookmarks take in; None or absent: nothing."""
    sources: Mapping[str, Sequence[kind.Source]]
    targets: outward.Targets
    rules: rule.Rules
    surveys: Mapping[str, survey.Survey]
    brand: survey.Brand
    channels: Mapping[str, channel.Channel]
    settings: settings.JourneySettings
    public_url: str
    short_url: str = ""
    """Where the links in texts lead, when that is a shorter host of the same pages; empty: ``public_url``."""
    patient: bool = True
    """Batches are gathered; False (``run --once``) sends and writes what there is at once."""
    now: Callable[[], datetime] = clock
    began: datetime
    """When this program started, by ``now``: what happened since is asked about, also where a CRM was down at first."""
    stop: threading.Event = field(default_factory=threading.Event)
    outside: outside.Outside
    fields: fields.Fields
    looked: dict[int, datetime] = field(default_factory=dict)
    """Messages that passed a last look and when, for as long as it holds: see turns.py."""

    def ripe(self, count: int, oldest: datetime | None, newest: datetime | None) -> bool:
        """Whether a batch should go now, rather than grow a little longer."""
        if count == 0 or oldest is None or newest is None:
            return False
        if not self.patient or count >= self.settings.batch:
            return True
        now, gather = self.now(), self.settings.gather
        return now - newest >= gather.quiet or now - oldest >= gather.at_most

    def close(self) -> None:
        """Give back what it was made of."""
        self.writer.close()
        for crm in self.connectors.values():
            crm.close()
        for way in self.channels.values():
            way.close()
        self.store.close()


Step = Callable[[Belt, str], int]
