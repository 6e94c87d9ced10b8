"""What people in the org do: close, re-open and raise cases, buy, merge, delete, opt out."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import TypeAlias

from sandbox.salesforce import ids, records
from sandbox.salesforce.objects import service
from sandbox.salesforce.org import Org
from sandbox.salesforce.population import Populator
from sandbox.salesforce.saving import business, dml

_LATE = 3.0
_Act: TypeAlias = Callable[[int | None, Sequence[str] | None], list[str]]
_CLOSED = [status for status, closed in service.STATUSES.items() if closed]


class Acts:
    """The acts of one org."""

    def __init__(self, org: Org, populator: Populator) -> None:
        self.org = org
        self.populator = populator
        self._by_name: dict[str, _Act] = {
            "close_cases": self._close,
            "reopen_cases": self._reopen,
            "make_purchases": self._purchase,
            "merge_cases": self._merge,
            "delete_cases": self._delete,
            "opt_out": self._opt_out,
            "raise_priority": self._raise,
        }

    def do(self, name: str, count: int | None, given: Sequence[str] | None) -> list[str]:
        """Do it; answers the ids concerned. Raises ValueError."""
        act = self._by_name.get(name)
        if act is None:
            raise ValueError(f"unknown act {name!r}; known are {', '.join(sorted(self._by_name))}")
        if count is None and given is None:
            count = 1
        if count is not None and given is not None:
            raise ValueError("give either count or records, not both")
        if count is not None and count < 0:
            raise ValueError("count must not be negative")
        self.org.store.settle()
        full = None if given is None else [self._full(identifier) for identifier in given]
        with self._visibility():
            return act(count, full)

    def _full(self, identifier: str) -> str:
        full = ids.extend(identifier)
        if full is None or self.org.schema.of_id(full) is None:
            raise ValueError("records must be Salesforce ids")
        return full

    def _visibility(self) -> AbstractContextManager[None]:
        fault = self.org.faults.take("late_commit")
        if fault is None:
            return nullcontext()
        left = _LATE if fault.until is None else max(0.0, fault.until - time.monotonic())
        seconds = float(fault.options.get("seconds", left))
        return self.org.store.late(self.org.clock.now() + timedelta(seconds=seconds))

    def _actor(self) -> str:
        agents = self.populator.agents
        return self.org.random.choice(agents) if agents else self.org.api_user

    def _change(self, entity: str, identifier: str, values: records.Record) -> None:
        before = self.org.store.latest(entity, identifier)
        if before is None or before.get("IsDeleted"):
            raise ValueError(f"there is no such {entity}: {identifier}")
        user, now = self._actor(), self.org.stamp()
        after = before | values | {"LastModifiedDate": now, "SystemModstamp": now, "LastModifiedById": user}
        save = business.Save(self.org, entity, before, after, user, now)
        business.before_save(save)
        self.org.store.put(entity, after)
        business.after_save(save)

    def _fit(self, entity: str, fits: Callable[[records.Record], bool]) -> list[str]:
        rows = self.org.store.table(entity).rows.values()
        return [row["Id"] for row in rows if not row.get("IsDeleted") and not self.org.store.is_pending(row["Id"]) and fits(row)]

    def _cases(self, count: int, *, closed: bool) -> list[str]:
        found = self._fit("Case", lambda row: bool(row.get("IsClosed")) is closed)[:count]
        while len(found) < count:
            made = self.populator.case()
            if closed:
                self._change("Case", made, {"Status": "Closed"})
            found.append(made)
        return found

    def _close(self, count: int | None, given: Sequence[str] | None) -> list[str]:
        chosen = self._cases(count or 0, closed=False) if given is None else list(given)
        for identifier in chosen:
            status = "Closed" if self.org.random.random() < 0.9 else self.org.random.choice(_CLOSED)
            if (self.org.store.latest("Case", identifier) or {}).get("Origin") == "Email":
                self.populator.reply(identifier)
            self._change("Case", identifier, {"Status": status})
        return chosen

    def _reopen(self, count: int | None, given: Sequence[str] | None) -> list[str]:
        chosen = self._cases(count or 0, closed=True) if given is None else list(given)
        for identifier in chosen:
            self._change("Case", identifier, {"Status": "Working"})
        return chosen

    def _raise(self, count: int | None, given: Sequence[str] | None) -> list[str]:
        """Open cases become urgent, none of which was."""
        if given is None:
            chosen = self._fit("Case", lambda row: not row.get("IsClosed") and row.get("Priority") != "High")[: count or 0]
            chosen += [self.populator.case() for _ in range((count or 0) - len(chosen))]
        else:
            chosen = list(given)
        for identifier in chosen:
            if (self.org.store.latest("Case", identifier) or {}).get("Priority") == "High":
                self._change("Case", identifier, {"Priority": "Low"})
            self._change("Case", identifier, {"Priority": "High"})
        return chosen

    def _purchase(self, count: int | None, given: Sequence[str] | None) -> list[str]:
        chosen = self._purchases(count or 0) if given is None else list(given)
        for identifier in chosen:
            entity = self.org.schema.of_id(identifier)
            if entity is not None and entity.name == "Opportunity":
                today = self.org.clock.now().date().isoformat()
                self._change("Opportunity", identifier, {"StageName": "Closed Won", "CloseDate": today})
            elif entity is not None and entity.name == "Order":
                self._change("Order", identifier, {"Status": "Activated"})
            else:
                raise ValueError("make_purchases takes opportunities and orders")
        return chosen

    def _purchases(self, count: int) -> list[str]:
        won = self._fit("Opportunity", lambda row: not row.get("IsClosed"))[: (count + 1) // 2]
        bought = self._fit("Order", lambda row: row.get("StatusCode") == "Draft")[: count // 2]
        won += [self.populator.opportunity() for _ in range((count + 1) // 2 - len(won))]
        bought += [self.populator.order() for _ in range(count // 2 - len(bought))]
        return won + bought

    def _some_cases(self, count: int) -> list[str]:
        """Closed ones first, newest closing first, then open ones."""
        closed = sorted(
            self._fit("Case", lambda row: bool(row.get("IsClosed"))),
            key=lambda key: str((self.org.store.get("Case", key) or {}).get("ClosedDate")),
        )
        found = (closed[::-1] + self._fit("Case", lambda row: not row.get("IsClosed")))[:count]
        return found + [self.populator.case() for _ in range(count - len(found))]

    def _merge(self, count: int | None, given: Sequence[str] | None) -> list[str]:
        """Each of these loses to another case, of the same account if there is one; answers the losers."""
        losers = self._some_cases(count or 0) if given is None else list(given)
        for loser in losers:
            record = self.org.store.latest("Case", loser)
            if record is None or record.get("IsDeleted"):
                raise ValueError(f"there is no such Case: {loser}")
            others = self._fit("Case", lambda row: row["Id"] not in losers)
            related = [
                key for key in others if (self.org.store.get("Case", key) or {}).get("AccountId") == record.get("AccountId")
            ]
            winner = (related or others or [self.populator.case()])[0]
            user = self._actor()
            dml.Writer(self.org, user).remove(self.org.schema.entities["Case"], record, self.org.stamp(), MasterRecordId=winner)
            self._change("Case", winner, {})
        return losers

    def _delete(self, count: int | None, given: Sequence[str] | None) -> list[str]:
        chosen = self._some_cases(count or 0) if given is None else list(given)
        for identifier in chosen:
            record = self.org.store.latest("Case", identifier)
            if record is None or record.get("IsDeleted"):
                raise ValueError(f"there is no such Case: {identifier}")
            dml.Writer(self.org, self._actor()).remove(self.org.schema.entities["Case"], record, self.org.stamp())
        return chosen

    def _opt_out(self, count: int | None, given: Sequence[str] | None) -> list[str]:
        if given is None:
            chosen = self._fit("Contact", lambda row: not row.get("HasOptedOutOfEmail"))[: count or 0]
        else:
            chosen = [self.contact_of(identifier) for identifier in given]
        for identifier in chosen:
            self._change("Contact", identifier, {"HasOptedOutOfEmail": True})
        return chosen

    def contact_of(self, identifier: str) -> str:
        """The contact of a case, opportunity or order; a contact's own id. Raises ValueError."""
        entity = self.org.schema.of_id(identifier)
        if entity is not None and entity.name == "Contact":
            return identifier
        record = self.org.store.latest(entity.name, identifier) if entity is not None else None
        roles = self.org.store.table("OpportunityContactRole").having("OpportunityId", identifier)
        primary = (row["ContactId"] for row in roles if row.get("IsPrimary"))
        found = next(primary, None) if entity is not None and entity.name == "Opportunity" else None
        found = found or (record or {}).get("ContactId") or (record or {}).get("BillToContactId")
        if found is None:
            raise ValueError(f"no contact belongs to {identifier}")
        return str(found)
