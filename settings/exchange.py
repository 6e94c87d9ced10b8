"""What a running service can take over from changed settings, and what needs a restart.

Called by the daemon when it is told to read its settings again.
"""

from collections.abc import Mapping
from typing import Any

import structlog

from settings import model

log = structlog.get_logger("settings")


def warn(taken: model.Settings) -> None:
    """Log what is not wrong in settings that are taken over, but most likely not meant."""
    for gap in taken.surveys.gaps():
        log.warning("words are missing", what=gap)


def restarts(running: model.Settings, wanted: model.Settings) -> list[str]:
    """Sections that differ and stay as they are until the service is started again, as ``connectors.acme``."""
    changed = [name for name in ("store", "web") if getattr(running, name) != getattr(wanted, name)]
    changed += _tables("connectors", running.connectors, wanted.connectors)
    return changed + _tables("channels", dict(running.channels), dict(wanted.channels))


def _tables(section: str, running: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    names = dict.fromkeys([*running, *wanted])
    return [f"{section}.{name}" for name in names if running.get(name) != wanted.get(name)]


def obstacles(running: model.Settings, wanted: model.Settings) -> list[str]:
    """Why the wanted settings cannot be taken over at all: rules that lean on what only a restart brings."""
    channels = {name for name, given in running.channels if given is not None}
    found = []
    for one in wanted.triggers.rules:
        lacking = [f"channels.{name}" for name in one.channel if name not in channels]
        lacking += [f"connectors.{name}" for name in one.connectors or () if name not in running.connectors]
        found += [f"rule “{one.name}” needs {name}, which only a restart brings" for name in lacking]
    return found
