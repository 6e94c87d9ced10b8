"""Actions and functions: closing cases, winning opportunities, fulfilling orders, merging, who am I, and rights."""

from collections.abc import Callable
from typing import Any

from sandbox.dataverse import refusal, rights, schema
from sandbox.dataverse.rows import audit_details, payload, records, writes
from sandbox.dataverse.rows.indexes import TARGET, Row

Result = dict[str, Any] | None
"""None is 204."""
VERSION = "9.2.26104.00182"


class Actions:
    """The unbound actions and functions, on behalf of one user."""

    def __init__(self, store: records.Store, writer: writes.Writer, held: rights.Rights) -> None:
        self._store = store
        self._writer = writer
        self._rights = held
        self.posts: dict[str, Callable[[dict[str, Any]], Result]] = {
            "CloseIncident": self.close_incident,
            "WinOpportunity": self.win_opportunity,
            "LoseOpportunity": self.lose_opportunity,
            "FulfillSalesOrder": self.fulfil_order,
            "CancelSalesOrder": self.cancel_order,
            "Merge": self.merge,
            "PublishXml": self.publish,
            "PublishAllXml": self.publish,
        }
        self.gets: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "WhoAmI": self.who_am_i,
            "RetrieveVersion": lambda _: {"Version": VERSION},
            "RetrieveTotalRecordCount": self.total_count,
            "RetrieveCurrentOrganization": self.organisation,
            "RetrieveRecordChangeHistory": lambda given: audit_details.change_history(store, held, given),
        }

    def close_incident(self, body: dict[str, Any]) -> Result:
        """Resolve a case: an incidentresolution is made, completed, and the case's state is set."""
        self._close("incident", "IncidentResolution", "incidentresolution", body, state=1)
        return None

    def win_opportunity(self, body: dict[str, Any]) -> Result:
        """Win an opportunity: an opportunityclose is made and the opportunity is won."""
        row = self._close("opportunity", "OpportunityClose", "opportunityclose", body, state=1)
        self._settle_opportunity(row, body)
        return None

    def lose_opportunity(self, body: dict[str, Any]) -> Result:
        """Lose an opportunity."""
        row = self._close("opportunity", "OpportunityClose", "opportunityclose", body, state=2)
        self._settle_opportunity(row, body)
        return None

    def fulfil_order(self, body: dict[str, Any]) -> Result:
        """Fulfil an order: an orderclose is made and the order is fulfilled."""
        self._close("salesorder", "OrderClose", "orderclose", body, state=3)
        return None

    def cancel_order(self, body: dict[str, Any]) -> Result:
        """Cancel an order."""
        self._close("salesorder", "OrderClose", "orderclose", body, state=2)
        return None

    def publish(self, _body: dict[str, Any]) -> Result:
        """Customisations are published at once here."""
        return None

    def who_am_i(self, _arguments: dict[str, Any]) -> dict[str, Any]:
        """The caller, its business unit and the organisation."""
        user = self._store.get("systemuser", self._writer.user) or {}
        organization = next(iter(self._store.table("organization").by_id), None)
        return {"BusinessUnitId": user.get("_businessunitid_value"), "UserId": self._writer.user, "OrganizationId": organization}

    def organisation(self, _arguments: dict[str, Any]) -> dict[str, Any]:
        """Name and id of the organisation."""
        row = next(iter(self._store.table("organization").by_id.values()))
        detail = {
            "OrganizationId": row["organizationid"],
            "FriendlyName": row["name"],
            "OrganizationVersion": VERSION,
            "State": "Enabled",
        }
        return {"Detail": detail}

    def total_count(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """``RetrieveTotalRecordCount(EntityNames=['account'])``."""
        names = arguments.get("EntityNames")
        if not isinstance(names, list):
            raise refusal.bad_query("Required parameter 'EntityNames' is missing.")
        for name in names:
            if name not in self._store.schema.tables:
                raise refusal.no_segment(str(name))
        counts = [len(self._store.table(name).by_id) for name in names]
        return {"EntityRecordCountCollection": {"Count": len(names), "IsReadOnly": False, "Keys": names, "Values": counts}}

    def _close(self, name: str, parameter: str, activity: str, body: dict[str, Any], *, state: int) -> Row:
        table, close = self._store.schema.tables[name], self._store.schema.tables[activity]
        if not isinstance(body.get(parameter), dict):
            raise refusal.bad_payload(name, f"Required parameter '{parameter}' is missing.")
        unknown = set(body) - {parameter, "Status"}
        if unknown:
            raise refusal.bad_payload(
                name, f"The parameter '{min(unknown)}' in the request payload is not a valid parameter for the operation."
            )
        self._rights.need(table, "Write")
        wanted = payload.read(self._store, close, body[parameter], creating=True).values
        link = close.columns[table.key].wire
        row = self._store.get(name, wanted.get(link))
        if row is None:
            raise refusal.no_record(name, wanted.get(link) or "00000000-0000-0000-0000-000000000000")
        if row["statecode"] == state:
            raise refusal.Refusal(400, "0x80040203", f"The {table.label.lower()} is already closed.")
        if row["statecode"] != 0 and not (name == "salesorder" and row["statecode"] == 1):
            raise refusal.Refusal(400, "0x80040203", f"The {table.label.lower()} is not open and cannot be closed.")
        status = self._status(table, body.get("Status", -1), state, row)
        with self._store.transaction():
            for column, value in (
                ("_ownerid_value", row["_ownerid_value"]),
                ("_ownerid_value" + TARGET, row.get("_ownerid_value" + TARGET)),
            ):
                wanted.setdefault(column, value)
            wanted.setdefault("actualend", self._store.now()[:10] + "T00:00:00Z")
            made = self._writer.insert(close, {**wanted, "statecode": 0, "statuscode": 1})
            self._writer.change(close, made, {"statecode": 1, "statuscode": 2})
            self._writer.change(table, row, {"statecode": state, "statuscode": status})
        return row

    def _status(self, table: schema.Table, status: Any, state: int, row: Row) -> int:
        fit = [option.value for option in table.columns["statuscode"].options if option.state == state]
        if status == -1 or status is None:
            return fit[0]
        if status not in fit:
            label = next(option.label for option in table.columns["statecode"].options if option.value == state)
            raise refusal.Refusal(
                400,
                "0x80048408",
                f"{status} is not a valid status code for state code {table.schema_name}State.{label} on {table.name} with Id "
                f"{row[table.key]}.",
            )
        return int(status)

    def _settle_opportunity(self, row: Row, body: dict[str, Any]) -> None:
        close = body["OpportunityClose"]
        changes: Row = {"actualclosedate": str(close.get("actualend") or self._store.now())[:10]}
        value = close.get("actualrevenue")
        changes["actualvalue"] = float(value) if isinstance(value, int | float) else row.get("estimatedvalue")
        self._writer.change(self._store.schema.tables["opportunity"], row, changes)

    def merge(self, body: dict[str, Any]) -> Result:
        """Merge a subordinate case, contact or account into the target."""
        target, subordinate = body.get("Target"), body.get("Subordinate")
        if not isinstance(target, dict) or not isinstance(subordinate, dict):
            raise refusal.bad_payload("Merge", "Required parameters 'Target' and 'Subordinate' are missing.")
        name = str(target.get("@odata.type", "")).removeprefix("#").removeprefix("Microsoft.Dynamics.CRM.")
        if name not in ("incident", "contact", "account"):
            raise refusal.invalid("The entity cannot be merged.")
        table = self._store.schema.tables[name]
        self._rights.need(table, "Write")
        kept, gone = (self._store.get(name, str(one.get(table.key, "")).lower()) for one in (target, subordinate))
        if kept is None or gone is None:
            raise refusal.no_record(name, str((subordinate if gone is None else target).get(table.key)))
        self.merge_rows(table, kept, gone)
        return None

    def merge_rows(self, table: schema.Table, kept: Row, gone: Row) -> None:
        """What a merge leaves behind: the subordinate row inactive, and what pointed at it points at the other."""
        record = gone[table.key]
        with self._store.transaction():
            for relationship in table.collections.values():
                child = self._store.schema.tables[relationship.referencing]
                wire = child.columns[relationship.column].wire
                if child.name.endswith(("resolution", "close")):
                    continue
                for other in self._store.table(child.name).children(wire, record):
                    self._writer.change(child, other, {wire: kept[table.key]})
            changes: Row = {"statecode": 2, "statuscode": 2000} if table.name == "incident" else {"statecode": 1, "statuscode": 2}
            if table.name == "incident":
                changes |= {"_masterid_value": kept[table.key], "merged": True}
            self._writer.change(table, gone, changes)
