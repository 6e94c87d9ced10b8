"""What people in the CRM do when the sandbox tells them to: close, re-open, raise, buy, merge, delete, opt out."""

from collections.abc import Callable, Sequence
from typing import Any

from sandbox.dataverse import population, rights
from sandbox.dataverse.operations import actions
from sandbox.dataverse.rows import records, writes
from sandbox.dataverse.rows.indexes import Row

_HIGH, _LOW = 1, 3
"""Values of a case's ``prioritycode``."""
Job = Callable[[], None]


class Acting:
    """Chooses records and says what is to be done with them; the caller decides when it is committed."""

    def __init__(self, store: records.Store, filling: population.Filling) -> None:
        self._store = store
        self._filling = filling
        self._busy: set[str] = set()
        """Records of acts that have not been committed."""
        self.known = {
            "close_cases": self._close,
            "reopen_cases": self._reopen,
            "make_purchases": self._purchase,
            "merge_cases": self._merge,
            "delete_cases": self._delete,
            "opt_out": self._opt_out,
            "raise_priority": self._raise,
        }

    def prepare(self, do: str, count: int | None, wanted: Sequence[str] | None) -> tuple[list[str], Job]:
        """The ids concerned and the job that does it; raises ValueError on wrong use."""
        if do not in self.known:
            raise ValueError(f"Unknown act {do!r}; known are {', '.join(sorted(self.known))}.")
        if wanted is None and (count is None or count < 1):
            raise ValueError("Say how many (count, at least 1) or which records.")
        ids, job = self.known[do](count or 0, None if wanted is None else [one.lower() for one in wanted])
        self._busy.update(ids)

        def run() -> None:
            self._busy.difference_update(ids)
            job()

        return ids, run

    def _choose(
        self, table: str, fit: Callable[[Row], bool], count: int, wanted: list[str] | None, make: Callable[[int], Row]
    ) -> list[str]:
        rows = self._store.table(table).by_id
        if wanted is not None:
            for record in wanted:
                if record not in rows:
                    raise ValueError(f"There is no {table} with the id {record}.")
                if not fit(rows[record]):
                    raise ValueError(f"The {table} {record} is not in a state for this.")
            return wanted
        found: list[str] = []
        for record, row in rows.items():
            if len(found) == count:
                break
            if record not in self._busy and fit(row):
                found.append(record)
        key = self._store.schema.tables[table].key
        while len(found) < count:
            found.append(str(make(len(rows))[key]))
        return found

    def _as(self, row: Row) -> tuple[writes.Writer, actions.Actions]:
        writer = writes.Writer(self._store, row.get("_owninguser_value") or self._filling.application_user)
        return writer, actions.Actions(self._store, writer, rights.Rights(self._store, self._filling.application_user))

    def _close(self, count: int, wanted: list[str] | None) -> tuple[list[str], Job]:
        ids = self._choose("incident", lambda row: row["statecode"] == 0, count, wanted, self._filling.case)

        def job() -> None:
            for record in ids:
                self._close_one(record)

        return ids, job

    def _close_one(self, record: str) -> None:
        row = self._store.get("incident", record)
        if row is None or row["statecode"] != 0:
            return
        body = {"subject": "Solved", "timespent": 30, "incidentid@odata.bind": f"/incidents({record})"}
        status = self._store.random.choice((5, 5, 1000))
        self._as(row)[1].close_incident({"IncidentResolution": body, "Status": status})

    def _reopen(self, count: int, wanted: list[str] | None) -> tuple[list[str], Job]:
        rows = self._store.table("incident").by_id
        if wanted is None:
            missing = count - sum(1 for record, row in rows.items() if row["statecode"] == 1 and record not in self._busy)
            for number in range(missing):
                self._close_one(self._filling.case(number)["incidentid"])
        ids = self._choose("incident", lambda row: row["statecode"] == 1, count, wanted, self._filling.case)

        def job() -> None:
            tables = self._store.schema.tables
            for record in ids:
                row = rows[record]
                writer, _ = self._as(row)
                for resolution in self._store.table("incidentresolution").children("_incidentid_value", record):
                    if resolution["statecode"] == 1:
                        writer.change(tables["incidentresolution"], resolution, {"statecode": 2, "statuscode": 3})
                writer.change(tables["incident"], row, {"statecode": 0, "statuscode": 1})

        return ids, job

    def _raise(self, count: int, wanted: list[str] | None) -> tuple[list[str], Job]:
        def fit(row: Row) -> bool:
            return row["statecode"] == 0 and (wanted is not None or row.get("prioritycode") != _HIGH)

        ids = self._choose("incident", fit, count, wanted, self._filling.case)

        def job() -> None:
            table = self._store.schema.tables["incident"]
            for record in ids:
                row = self._store.table("incident").by_id[record]
                if row.get("prioritycode") == _HIGH:
                    self._as(row)[0].change(table, row, {"prioritycode": _LOW})
                self._as(row)[0].change(table, row, {"prioritycode": _HIGH})

        return ids, job

    def _purchase(self, count: int, wanted: list[str] | None) -> tuple[list[str], Job]:
        if wanted is not None:
            won = [record for record in wanted if self._store.get("opportunity", record)]
            orders = [record for record in wanted if record not in won]
        else:
            won, orders = [""] * (count - count // 2), [""] * (count // 2)
        known = wanted is not None
        opportunities = self._choose(
            "opportunity",
            lambda row: row["statecode"] == 0,
            len(won),
            won if known else None,
            lambda n: self._filling.purchase(2 * n),
        )
        fulfilled = self._choose(
            "salesorder",
            lambda row: row["statecode"] in (0, 1),
            len(orders),
            orders if known else None,
            lambda n: self._filling.purchase(2 * n + 1),
        )

        def job() -> None:
            for record in opportunities:
                row = self._store.table("opportunity").by_id[record]
                body: dict[str, Any] = {"subject": "Won", "opportunityid@odata.bind": f"/opportunities({record})"}
                self._as(row)[1].win_opportunity({"OpportunityClose": body, "Status": 3})
            for record in fulfilled:
                row = self._store.table("salesorder").by_id[record]
                body = {"subject": "Fulfilled", "salesorderid@odata.bind": f"/salesorders({record})"}
                self._as(row)[1].fulfil_order({"OrderClose": body, "Status": 100001})

        return opportunities + fulfilled, job

    def _merge(self, count: int, wanted: list[str] | None) -> tuple[list[str], Job]:
        ids = self._choose("incident", lambda row: row["statecode"] == 0 and not row["merged"], count, wanted, self._filling.case)
        gone = set(ids)
        kept = next(
            (
                record
                for record, row in self._store.table("incident").by_id.items()
                if row["statecode"] == 0 and record not in gone
            ),
            None,
        )
        into = kept or str(self._filling.case(0)["incidentid"])

        def job() -> None:
            table = self._store.schema.tables["incident"]
            rows = self._store.table("incident").by_id
            for record in ids:
                self._as(rows[record])[1].merge_rows(table, rows[into], rows[record])

        return ids, job

    def _delete(self, count: int, wanted: list[str] | None) -> tuple[list[str], Job]:
        ids = self._choose("incident", lambda row: True, count, wanted, self._filling.case)

        def job() -> None:
            for record in ids:
                row = self._store.get("incident", record)
                if row is not None:
                    self._as(row)[0].delete(self._store.schema.tables["incident"], row)

        return ids, job

    def _opt_out(self, count: int, wanted: list[str] | None) -> tuple[list[str], Job]:
        def fit(row: Row) -> bool:
            return wanted is not None or not (row["donotbulkemail"] or row["donotemail"])

        def none(_number: int) -> Row:
            raise ValueError("There are not enough contacts who have not opted out.")

        ids = self._choose("contact", fit, count, wanted, none)

        def job() -> None:
            table = self._store.schema.tables["contact"]
            for number, record in enumerate(ids):
                row = self._store.table("contact").by_id[record]
                self._as(row)[0].change(table, row, {"donotemail" if number % 2 else "donotbulkemail": True})

        return ids, job
