"""Field history: from what to what columns changed, read from the history object beside the record's own.

Which object and lookup that is: Object Reference, "StandardObjectNameHistory" and "CustomObjectName__History". Old and new
values cannot be filtered on. A changed lookup makes two rows, one with names and one with ids, of which only the ids are read;
the history respects field-level security (Object Reference, "CaseHistory"). Whether a column is tracked is told by
FieldDefinition (Tooling API, "FieldDefinition", ``IsFieldHistoryTracked``; it can be queried outside the Tooling API too).
https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_casehistory.htm
"""

import enum
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from connectors import field_history, json_rows
from connectors.salesforce import faults, line, soql
from wire import errors

_QUERIES = 5
"""Most queries in a Composite request."""
_IDS = 500
"""Records in one query, so that a batch of several objects and what is asked about their columns fit into one request."""
_PAGE = 2000
_REMEMBERED = 3600.0
"""Seconds until it is asked again which columns are tracked: somebody may have switched one on."""
_UNSEEN = {"INVALID_TYPE", "INVALID_FIELD", "MALFORMED_QUERY", "INSUFFICIENT_ACCESS", "NOT_FOUND"}
_OWNER = ("ownerAssignment", "ownerAccepted", "ownerEscalated")
"""How a case's history names some changes of its owner."""


class _State(enum.Enum):
    """What FieldDefinition says of a column."""

    TRACKED = enum.auto()
    UNTRACKED = enum.auto()
    UNSEEN = enum.auto()
    """It does not exist, or not for this user."""
    UNKNOWN = enum.auto()
    """This user may not ask."""


_STATES = {True: _State.TRACKED, False: _State.UNTRACKED, None: _State.UNSEEN}


@dataclass(frozen=True, kw_only=True)
class _Part:
    """Some records of one question, from a row on."""

    number: int
    asked: field_history.Asked
    records: tuple[str, ...]
    after: tuple[str, str] = ("", "")
    """CreatedDate and Id of the last row that came."""


@dataclass
class _Found:
    changes: list[field_history.FieldChange] = field(default_factory=list)
    refused: field_history.Untold | None = None


class History:
    """Asks one org. May be used by several threads."""

    def __init__(self, way: line.Line) -> None:
        self._line = way
        self._known: dict[tuple[str, str], tuple[_State, float]] = {}
        """(object, column) → state, and until when (monotonic) it is believed."""
        self._lock = threading.Lock()

    def changes(self, asked: Sequence[field_history.Asked]) -> list[field_history.Told]:
        """As ``base.Connector.field_changes`` describes it."""
        found = [_Found() for _ in asked]
        left = [part for number, one in enumerate(asked) for part in _parts(number, one)]
        unknown = [(one.object, name) for one in asked for name in one.fields if not self._fresh(one.object, name)]
        while left or unknown:
            room = _QUERIES - bool(unknown)
            group, left = left[:room], left[room:]
            left = [*self._ask(unknown, group, found), *left]
            unknown = []
        return [self._told(one, some) for one, some in zip(asked, found, strict=True)]

    def _fresh(self, object_name: str, column: str) -> bool:
        known = self._known.get((object_name, column))
        return known is not None and time.monotonic() < known[1]

    def _ask(self, unknown: Sequence[tuple[str, str]], group: Sequence[_Part], found: Sequence[_Found]) -> list[_Part]:
        """One call; answers what is still to be read."""
        texts = [*([_definitions(unknown)] if unknown else []), *(_query(part) for part in group)]
        parts, _ = self._line.composite([line.Request(method="GET", path=line.query_path(text)) for text in texts])
        if unknown:
            self._learn(unknown, parts[0])
        left: list[_Part] = []
        for asked, part in zip(group, parts[bool(unknown) :], strict=True):
            left += _read(asked, part, found[asked.number])
        return left

    def _learn(self, columns: Sequence[tuple[str, str]], part: line.Part) -> None:
        if part.fault is not None and part.fault.code not in _UNSEEN:
            raise faults.translate(part.fault)
        rows = soql.rows_of(part.body)[0] if part.fault is None else []
        told = {_column(row): row.get("IsFieldHistoryTracked") is True for row in rows}
        until = time.monotonic() + _REMEMBERED
        with self._lock:
            for column in columns:
                state = _State.UNKNOWN if part.fault is not None else _STATES[told.get(column)]
                self._known[column] = state, until

    def _told(self, asked: field_history.Asked, found: _Found) -> field_history.Told:
        if found.refused is not None:
            return field_history.nothing(asked, found.refused)
        changed = {change.column for change in found.changes}
        untold = {name: why for name in asked.fields if (why := self._why(asked.object, name, name in changed)) is not None}
        changes = [change for change in found.changes if change.column not in untold]
        return field_history.Told(changes=changes, untold=untold)

    def _why(self, object_name: str, column: str, has_rows: bool) -> field_history.Untold | None:
        state, _ = self._known[object_name, column]
        switch = f"Setup → Object Manager → {object_name} → Fields & Relationships → Set History Tracking: tick {column}"
        if state is _State.UNTRACKED:
            return field_history.Untold(
                message="field history tracking is off for it", remedy=f"{switch}; what changed before stays untold."
            )
        if state is _State.UNSEEN:
            remedy = f"Let this user read {object_name}.{column} (field-level security), or correct the name in settings."
            return field_history.Untold(message="this user cannot see it", remedy=remedy)
        if state is _State.TRACKED or has_rows:
            return None
        remedy = f"{switch}, and let this user view setup and configuration."
        return field_history.Untold(message="whether its history is tracked cannot be read", remedy=remedy)


def _parts(number: int, asked: field_history.Asked) -> list[_Part]:
    """One part at least, so that it is found out whether the history can be read at all."""
    records = tuple(record for record in dict.fromkeys(asked.records) if soql.is_identifier(record))
    return [
        _Part(number=number, asked=asked, records=records[begin : begin + _IDS]) for begin in range(0, max(1, len(records)), _IDS)
    ]


def _definitions(columns: Sequence[tuple[str, str]]) -> str:
    objects, names = (",".join(f"'{name}'" for name in dict.fromkeys(some)) for some in zip(*columns, strict=True))
    where = f"EntityDefinition.QualifiedApiName IN ({objects}) AND QualifiedApiName IN ({names})"
    selected = "EntityDefinition.QualifiedApiName, QualifiedApiName, IsFieldHistoryTracked"
    return f"SELECT {selected} FROM FieldDefinition WHERE {where}"  # noqa: S608 (not SQL)


def _column(row: Mapping[str, Any]) -> tuple[str, str]:
    of = row.get("EntityDefinition")
    return str(of.get("QualifiedApiName") if isinstance(of, Mapping) else ""), str(row.get("QualifiedApiName"))


def source(object_name: str) -> tuple[str, str]:
    """The object that keeps the history of another, and its lookup to the record."""
    if object_name.endswith("__c"):
        return f"{object_name.removesuffix('c')}History", "ParentId"
    history = "OpportunityFieldHistory" if object_name == "Opportunity" else f"{object_name}History"
    return history, f"{object_name}Id"


def shown(object_name: str, column: str) -> tuple[str, ...]:
    """How ``Field`` names the changes of a column: ``Owner`` for OwnerId."""
    names = [column]
    if column.endswith("Id") and len(column) > 2:
        names.append(column.removesuffix("Id"))
    return (*names, *(_OWNER if (object_name, column) == ("Case", "OwnerId") else ()))


def _query(part: _Part) -> str:
    history, key = source(part.asked.object)
    ids = ",".join(f"'{record}'" for record in part.records or ("000000000000000",))
    names = ",".join(f"'{name}'" for column in part.asked.fields for name in shown(part.asked.object, column))
    since = f"CreatedDate >= {soql.instant(part.asked.since)}"
    if part.after[0]:
        created, last = part.after
        since = f"(CreatedDate > {created} OR (CreatedDate = {created} AND Id > '{last}'))"
    columns = f"Id, {key}, Field, DataType, OldValue, NewValue, CreatedDate"
    where = f"{key} IN ({ids}) AND Field IN ({names}) AND {since}"
    return f"SELECT {columns} FROM {history} WHERE {where} ORDER BY CreatedDate, Id LIMIT {_PAGE}"  # noqa: S608 (not SQL)


def _read(asked: _Part, part: line.Part, found: _Found) -> list[_Part]:
    """Take the rows in; answers what is still to be asked of this part."""
    if part.fault is not None:
        if part.fault.code not in _UNSEEN:
            raise faults.translate(part.fault)
        history, _ = source(asked.asked.object)
        remedy = f"Let this user read {asked.asked.object}, or compare the changes of an object that has field history."
        found.refused = field_history.Untold(message=f"{history} cannot be read ({part.fault.code})", remedy=remedy)
        return []
    rows, done = soql.rows_of(part.body)
    found.changes += _changes(asked.asked, rows)
    if done and len(rows) < _PAGE:
        return []
    if not rows:
        raise errors.Later("Salesforce answers a query with an empty page that is not the last: look at its status page")
    last = rows[-1]
    after = soql.instant(_moment(last)), str(last.get("Id"))
    if after == asked.after or not soql.is_identifier(after[1]):
        raise errors.Later("Salesforce answers a query with the same page again: look at its status page")
    return [replace(asked, after=after)]


def _changes(asked: field_history.Asked, rows: Sequence[Mapping[str, Any]]) -> Iterator[field_history.FieldChange]:
    _, key = source(asked.object)
    columns = {name: column for column in asked.fields for name in shown(asked.object, column)}
    for row in rows:
        column = columns.get(str(row.get("Field")))
        if column is None or (column.endswith("Id") and row.get("DataType") != "EntityId"):
            continue
        was, became = (json_rows.plain_value(row.get(name)) for name in ("OldValue", "NewValue"))
        yield field_history.FieldChange(
            record=str(row.get(key)),
            column=column,
            at=_moment(row),
            was=was,
            became=became,
            kept=was is not None or became is not None,
        )


def _moment(row: Mapping[str, Any]) -> datetime:
    value = json_rows.plain_value(row.get("CreatedDate"))
    if not isinstance(value, datetime):
        raise errors.Later("Salesforce answers with history rows without CreatedDate: look at what stands between")
    return value
