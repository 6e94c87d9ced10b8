"""The stand-in itself: one Dynamics 365 organisation with its token host, as the sandbox drives it."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sandbox import base
from sandbox.dataverse import acts, entra, face, misbehaving, population, protection, schema, service
from sandbox.dataverse.rows import audit, records
from sandbox.dataverse.rows.indexes import ORDER, Row
from sandbox.dataverse.tables import standard

_LABELS = {"incident": "ticketnumber", "salesorder": "ordernumber", "opportunity": "name"}
LATE = 3.0
"""Seconds until a late commit, where the fault does not say."""
_RESERVED = 100
"""Row versions set aside for each record of a transaction that is committed late."""


class Dataverse(base.StandIn):
    """A Dataverse organisation. ``app`` answers the Web API, ``token_app`` the sign-in; both are ASGI applications."""

    def __init__(self, clock: base.Clock, *, tenant: str, client_id: str, client_secret: str, seed: int = 1) -> None:
        self.name = "dynamics"
        self.faults = base.Faults(misbehaving.KINDS)
        self.counters = base.Counters()
        self._clock = clock
        self.store = records.Store(clock, standard.standard(), seed)
        self._tokens = entra.TokenHost(clock, tenant=tenant, client_id=client_id, client_secret=client_secret)
        self._service = service.Service(self.store, self.faults)
        self._face = face.Face(clock, self.faults, self.counters, self._service, self._tokens)
        self._face.settle = self._commit_due
        self.store.witness = audit.Trail(self.store)
        self._filling = population.Filling(self.store, seed)
        self._filling.found(client_id, "Palaute Sandbox")
        self._face.user = self._filling.application_user
        self._acting = acts.Acting(self.store, self._filling)
        self._late: list[tuple[datetime, datetime, int, acts.Job]] = []
        self.url = "https://localhost"
        self.authority = f"https://localhost/{tenant}"

    @property
    def app(self) -> face.Face:
        """ASGI application of the organisation's address."""
        return self._face

    @property
    def token_app(self) -> entra.TokenHost:
        """ASGI application of the token host."""
        return self._tokens

    @property
    def url(self) -> str:
        """``https://HOST:PORT`` of the organisation, without a slash at the end; set once the port is known."""
        return self._service.url

    @url.setter
    def url(self, value: str) -> None:
        self._service.url = self._tokens.resource = value.rstrip("/")

    @property
    def authority(self) -> str:
        """``https://HOST:PORT/TENANT`` of the token host; set once the port is known."""
        return self._tokens.authority

    @authority.setter
    def authority(self, value: str) -> None:
        self._tokens.authority = value.rstrip("/")

    @property
    def limits(self) -> protection.Limits:
        """The service protection limits; may be lowered."""
        return self._face.limits

    @property
    def operations(self) -> int:
        """Operations carried out, those inside batches counted one by one."""
        return self._service.operations

    @property
    def refresh_token(self) -> str:
        """A refresh token that is always good, for programs that sign in with one."""
        return self._tokens.refresh_token

    def populate(self, population: base.Population) -> None:
        """Fill the organisation."""
        self._filling.fill(population)

    def act(self, do: str, *, count: int | None = None, records: Sequence[str] | None = None) -> list[str]:
        """Do what people in the CRM would do.

        With the fault ``late_commit`` on, it becomes visible later, with this moment's stamp.
        """
        self._commit_due()
        ids, job = self._acting.prepare(do, count, records)
        fault = self.faults.take("late_commit")
        if fault is None:
            job()
            return ids
        self.store.reserved.append(self.store.version + 1)
        self.store.version += _RESERVED * max(1, len(ids))
        left = LATE if fault.until is None else fault.until - time.monotonic()
        late = timedelta(seconds=float(fault.options.get("seconds", left)))
        now = self._clock.now()
        self._late.append((now + late, now, self.store.reserved[-1], job))
        self._late.sort(key=lambda one: one[0])
        return ids

    def records(self, object_name: str, ids: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """All columns of these rows; ``object_name`` is the entity set or the logical name."""
        self._commit_due()
        table = self._table(object_name)
        rows = self.store.table(table.name).by_id
        wanted = list(rows) if ids is None else [one.lower() for one in ids]
        return [_shown(table, rows[record]) for record in wanted if record in rows]

    def labels(self, record: str) -> dict[str, str]:
        """What mail and pages would say of a case, opportunity or order: ``email``, ``label``, ``subject``."""
        for name, column in _LABELS.items():
            row = self.store.get(name, record.lower())
            if row is not None:
                contact = self.store.get("contact", self._contact(row))
                mail = str((contact or {}).get("emailaddress1") or "")
                return {
                    "email": mail,
                    "label": str(row.get(column) or ""),
                    "subject": str(row.get("title") or row.get("name") or ""),
                }
        raise ValueError(f"There is no case, opportunity or order with the id {record}.")

    def _contact(self, row: Row) -> str | None:
        for wire in ("_primarycontactid_value", "_parentcontactid_value", "_customerid_value"):
            if row.get(wire) and self.store.get("contact", row[wire]):
                return str(row[wire])
        account = self.store.get("account", row.get("_customerid_value"))
        return (account or {}).get("_primarycontactid_value")

    def _table(self, name: str) -> schema.Table:
        found = self.store.schema.sets.get(name) or self.store.schema.tables.get(name)
        if found is None:
            raise ValueError(f"There is no table {name!r}.")
        return found

    def _commit_due(self) -> None:
        now = self._clock.now()
        while self._late and self._late[0][0] <= now:
            _, moment, version, job = self._late.pop(0)
            ahead, self.store.version, self.store.frozen = self.store.version, version, moment
            try:
                job()
            finally:
                self.store.frozen = None
                self.store.version = max(ahead, self.store.version)
                self.store.reserved.remove(version)


def _shown(table: schema.Table, row: Row) -> dict[str, Any]:
    columns = {column.wire: row.get(column.wire) for column in table.columns.values()}
    extra = {name: value for name, value in row.items() if name not in columns and name != ORDER}
    return {"@odata.etag": f'W/"{row["versionnumber"]}"', **columns, **extra}
