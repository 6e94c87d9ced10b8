"""The Dynamics 365 connector: the contract of ``connectors.base`` over ``$batch`` and UpdateMultiple."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from connectors import base, remote, settings
from connectors.dynamics import audits, line, queries, rights, tables, tracking, writing
from wire import finding

_WORDS = remote.Words(
    signs_in="Microsoft",
    answers="Dataverse",
    sign_in_remedy="Look at the network, the proxy and authority.",
    reach_remedy="Look at the network, the proxy and url.",
)


class DynamicsConnector(remote.RemoteConnector):
    """One Dataverse environment."""

    words = _WORDS
    history_lag = timedelta(minutes=1)
    """Audits are written beside the transaction; how long that may take is not documented."""

    def __init__(self, name: str, chosen: settings.DynamicsSettings) -> None:
        self._batch = chosen.batch
        self._line = line.Line(chosen)
        self._tables = tables.Tables(self._line)
        tracked = tracking.Tracking(self._line, chosen.reading, chosen.look_back, chosen.page)
        reads = queries.Queries(self._line, self._tables, chosen.page, tracked)
        super().__init__(name, chosen, way=self._line, reads=reads, history=audits.Audits(self._line))

    def _send(self, updates: Sequence[base.FieldUpdate]) -> Sequence[base.Settled]:
        return writing.write(self._line, self._tables, updates, self._batch)

    def describe(self, objects: Sequence[str]) -> Mapping[str, base.Description]:
        return self._tables.describe(objects)

    def rights(self, read: Sequence[str], written: Sequence[str]) -> Sequence[finding.Finding]:
        return rights.check(f"connectors.{self.name}", self._line, read, written)
