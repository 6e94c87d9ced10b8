"""The composition root: settings → rooms → scheduled steps → clean stop.

Called by commands (run, demo) and tests. The belt's logic is in journey/, the pages' in web/; here they are only put together.
"""

import dataclasses
import functools
import threading
from types import TracebackType
from typing import Self

import structlog
from starlette import types

from channels import registry as channel_registry
from connectors import registry as connector_registry
from journey import belt as belts
from journey import engine, fields, fitting, outside, steps, tidy
from journey.deciding import versions
from settings import exchange, model
from store import database, people, writer
from web import app, server

log = structlog.get_logger("daemon")
STOP_WITHIN = 10.0
"""Seconds a clean stop may take, in the middle of work too."""


def compose(settings: model.Settings, *, patient: bool = True) -> belts.Belt:
    """Open everything that the steps need. Nothing outside is called yet: a CRM that is down does not hinder the start."""
    store = database.Store(settings.store.url)
    store.migrate()
    connectors = {name: connector_registry.open_connector(name, chosen) for name, chosen in settings.connectors.items()}
    return belts.Belt(
        store=store,
        writer=writer.Writer(store),
        secret=people.open_secret(settings.store.secret),
        connectors=connectors,
        since={name: chosen.since for name, chosen in settings.connectors.items()},
        sources={name: settings.mapping.sources(name, chosen.type) for name, chosen in settings.connectors.items()},
        targets=settings.mapping.write,
        rules=settings.triggers,
        surveys=settings.surveys.as_surveys(),
        brand=settings.as_brand(),
        channels=channel_registry.open_channels(settings.channels, settings.web.public_url),
        settings=settings.journey,
        public_url=settings.web.public_url,
        short_url=settings.web.short_url or "",
        patient=patient,
        began=belts.clock(),
        outside=outside.Outside(store, belts.clock),
        fields=fields.Fields(connectors, settings.mapping.write, settings.surveys.asked()),
    )


def exchanged(belt: belts.Belt, running: model.Settings, wanted: model.Settings) -> belts.Belt:
    """The same belt with what may change while it runs: rules, kinds, write-back, surveys and their words, the journey's pace."""
    crms = running.connectors
    return dataclasses.replace(
        belt,
        sources={name: wanted.mapping.sources(name, chosen.type) for name, chosen in crms.items()},
        targets=wanted.mapping.write,
        rules=wanted.triggers,
        surveys=wanted.surveys.as_surveys(),
        brand=wanted.as_brand(),
        settings=wanted.journey,
        fields=fields.Fields(belt.connectors, wanted.mapping.write, wanted.surveys.asked()),
    )


class Daemon:
    """The running service: scheduled steps and the pages. ``with Daemon(settings):`` runs it until the block ends."""

    def __init__(self, settings: model.Settings) -> None:
        self._settings = settings
        self.belt = compose(settings)
        """Exchanged as a whole by ``reload``: a step or a page works with one of them from its beginning to its end."""
        self.clockwork = engine.Clockwork()
        self._application = app.build(self.belt, settings.web)
        self.pages = server.Pages(self._page, settings.web)

    def start(self) -> None:
        """Open the pages, free what an earlier process left in the middle, start the steps."""
        self.pages.start()
        if self._settings.store.url.startswith("sqlite"):
            tidy.recover(self.belt, tidy.AT_ONCE)  # the only process on this file: whatever it finds claimed is stale
        versions.note(self.belt.store, self.belt.rules, self.belt.now())
        exchange.warn(self._settings)
        for step in steps.STEPS:
            self._schedule(step)
        self.clockwork.start()
        log.info("started", pages=self.pages.address, connectors=sorted(self.belt.connectors))

    def _schedule(self, step: steps.Listed) -> None:
        if not step.per_connector:
            self.clockwork.every(step.name, step.every or 1.0, functools.partial(self._run, step, ""))
            return
        for name, chosen in self._settings.connectors.items():
            seconds = step.every or chosen.poll.total_seconds()
            self.clockwork.every(f"{step.name} {name}", seconds, functools.partial(self._run, step, name))

    def _run(self, step: steps.Listed, connector: str) -> int:
        return step.run(self.belt, connector)

    async def _page(self, scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        await self._application(scope, receive, send)

    def reload(self, wanted: model.Settings) -> bool:
        """Go on with these settings, as far as that is possible without a restart, and say what is not. False: all stays."""
        obstacles = exchange.obstacles(self._settings, wanted)
        belt = exchanged(self.belt, self._settings, wanted)
        if obstacles or not fitting.fits(self.belt, belt):
            log.error("settings not reloaded, the old ones stay", problems=obstacles or "the CRM has not got what they name")
            return False
        versions.note(belt.store, belt.rules, belt.now())
        self._application = app.build(belt, self._settings.web)
        self.belt = belt
        exchange.warn(wanted)
        for section in exchange.restarts(self._settings, wanted):
            log.warning("changed, but only a restart takes it over", section=section)
        log.info("settings reloaded", rules=len(belt.rules.rules))
        return True

    def stop(self) -> None:
        """Take no more work, let what runs end at its next batch, close everything. Work that is cut short is still due."""
        self.belt.stop.set()
        stopping = threading.Thread(target=self.clockwork.stop, name="stopping", daemon=True)
        stopping.start()
        self.pages.stop()
        stopping.join(STOP_WITHIN - 2)
        if stopping.is_alive():
            log.warning("a call to the outside did not end in time; it is repeated or reported at the next start")
        self.belt.close()
        log.info("stopped")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
