"""Which connector answers to which ``type`` in settings. A vendor's library is imported only when its connector is opened."""

import importlib
from collections.abc import Callable, Mapping
from typing import cast

from connectors import base, settings

_OPENERS: Mapping[str, tuple[str, str]] = {
    "salesforce": ("connectors.salesforce", "SalesforceConnector"),
    "dynamics": ("connectors.dynamics", "DynamicsConnector"),
    "memory": ("connectors.memory", "MemoryConnector"),
}
"""``type`` → module and class; the class is called with the connector's name and its settings."""


def open_connector(name: str, chosen: settings.ConnectorSettings) -> base.Connector:
    """The connector of ``[connectors.NAME]``, without a call to the CRM."""
    module, class_name = _OPENERS[chosen.type]
    opener = cast(
        "Callable[[str, settings.ConnectorSettings], base.Connector]", getattr(importlib.import_module(module), class_name)
    )
    return opener(name, chosen)
