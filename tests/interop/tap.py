"""Singer's tap for Salesforce as its users run it: ``tap-salesforce --config … --discover``, then ``--catalog … --state …``."""

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from tests.interop import stage


@dataclass
class Sync:
    """What one run wrote on its standard output."""

    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Stream → records in their order."""
    state: dict[str, Any] = field(default_factory=dict)

    def ids(self, stream: str) -> list[str]:
        """Ids of a stream's records, in order."""
        return [row["Id"] for row in self.records.get(stream, [])]


class Tap:
    """The tap with a configuration of its own."""

    def __init__(self, world: stage.Stage, **config: Any) -> None:
        app = world.addresses.salesforce
        self._world = world
        self._config = world.folder / "tap.json"
        standard: dict[str, Any] = {
            "refresh_token": app["refresh_token"],
            "client_id": app["client_id"],
            "client_secret": app["client_secret"],
        }
        standard |= {"start_date": "2020-01-01T00:00:00Z", "api_type": "REST", "select_fields_by_default": True}
        self._config.write_text(json.dumps(standard | config))

    @property
    def refresh_token(self) -> str:
        """What the configuration holds now: the tap writes a new one there when the org rotates them."""
        return str(json.loads(self._config.read_text())["refresh_token"])

    def discover(self) -> dict[str, Any]:
        """The catalog."""
        catalog: dict[str, Any] = json.loads(self._world.run("tap-salesforce", "--config", self._config, "--discover"))
        return catalog

    def sync(self, catalog: dict[str, Any], streams: Collection[str], state: dict[str, Any] | None = None) -> Sync:
        """Read these streams incrementally, from where the state says."""
        words = ["--config", self._config, "--properties", self._written("catalog.json", chosen(catalog, streams))]
        if state is not None:
            words += ["--state", self._written("state.json", state)]
        return parsed(self._world.run("tap-salesforce", *words))

    def _written(self, name: str, value: Any) -> Any:
        path = self._world.folder / name
        path.write_text(json.dumps(value))
        return path


def chosen(catalog: dict[str, Any], streams: Collection[str]) -> dict[str, Any]:
    """The catalog with these streams selected, as its users edit it."""
    entries = [dict(entry) for entry in catalog["streams"] if entry["stream"] in streams]
    for entry in entries:
        entry["metadata"] = [
            part if part["breadcrumb"] else {**part, "metadata": part["metadata"] | _incremental(part["metadata"])}
            for part in entry["metadata"]
        ]
    return {"streams": entries}


def _incremental(found: dict[str, Any]) -> dict[str, Any]:
    keys = found.get("valid-replication-keys")
    method = {"replication-method": "INCREMENTAL", "replication-key": keys[0]} if keys else {"replication-method": "FULL_TABLE"}
    return {"selected": True, **method}


def parsed(output: str) -> Sync:
    """Singer's messages, one a line."""
    sync = Sync()
    for line in output.splitlines():
        message = json.loads(line)
        if message["type"] == "RECORD":
            sync.records.setdefault(message["stream"], []).append(message["record"])
        elif message["type"] == "STATE":
            sync.state = message["value"]
    return sync
