"""The reference connector: an in-process CRM with the semantics of the real ones, for tests and trials.

``Crm`` is the CRM, which tests fill and break; ``MemoryConnector`` is the connector that reads and writes it. Conditions
(``Watch.where``, ``Child.where``) are written as ``status = 'closed' and priority != 'low'``: comparisons by ``=`` and ``!=``
with texts, numbers, true, false and null, joined by ``and``.
"""

import re
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors import base, field_history, keyset, settings, settling
from wire import budget, errors, finding

_LATE = {"locked"}
_CALL_LIMIT = 1000
_COMPARISON = re.compile(r"^\s*([\w.]+)\s*(!?=)\s*(?:'((?:[^']|'')*)'|(true|false|null)|(-?\d+(?:\.\d+)?))\s*$")
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None}


@dataclass
class Record:
    """One record of the in-process CRM; values are by path (``contact.email``), children a list of mappings."""

    object: str
    id: str
    stamp: datetime
    values: dict[str, Any] = field(default_factory=dict, repr=False)
    deleted: bool = False
    merged_into: str | None = None


def compile_condition(text: str) -> Callable[[Mapping[str, Any]], bool]:
    """The condition as a function of a record's values; raises NeedsPerson when it cannot be read."""
    tests = [_comparison(part) for part in re.split(r"\s+and\s+(?=(?:[^']*'[^']*')*[^']*$)", text)] if text.strip() else []
    return lambda values: all((values.get(path) == wanted) is equal for path, equal, wanted in tests)


def _comparison(text: str) -> tuple[str, bool, Any]:
    found = _COMPARISON.match(text)
    if found is None:
        raise errors.NeedsPerson(f"the condition {text!r} cannot be read", remedy="Write it as: status = 'closed'.")
    path, operator, quoted, word, number = found.groups()
    if quoted is not None:
        return path, operator == "=", quoted.replace("''", "'")
    return path, operator == "=", _WORDS[word] if word else float(number)


class Crm:
    """The in-process CRM: records by object, a server clock with whole seconds, and misbehaviours to switch on."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.now = now
        """The server's clock; a test may give its own."""
        self.calls = 0
        """Calls that the connector made."""
        self.lock = threading.RLock()
        self.hidden: set[tuple[str, str]] = set()
        """(object, path) that this user may not see."""
        self.refusals: list[tuple[str, str]] = []
        """(code, message) for the next rows written; the code ``locked`` means: try again."""
        self.failures: list[errors.OutsideError | None] = []
        """Raised by the next calls, one each; None lets one through."""
        self.forgotten: set[tuple[str, str]] = set()
        """(object, path) whose changes are not kept."""
        self._records: dict[tuple[str, str], Record] = {}
        self._history: dict[tuple[str, str], list[field_history.FieldChange]] = {}

    def put(self, object_name: str, record: str, values: Mapping[str, Any], *, stamp: datetime | None = None) -> str:
        """Make or change a record as people in the CRM would, values by path; answers its id (a new one where empty)."""
        with self.lock:
            key = (object_name, record or uuid.uuid4().hex)
            moment = (stamp or self.now()).replace(microsecond=0)
            if key in self._records:
                self._remember(key, values, moment)
            held = self._records.setdefault(key, Record(object_name, key[1], moment))
            held.values.update(values)
            held.stamp = moment
            return key[1]

    def _remember(self, key: tuple[str, str], values: Mapping[str, Any], moment: datetime) -> None:
        before = self._records[key].values
        for path, became in values.items():
            was = before.get(path)
            if was != became and (key[0], path) not in self.forgotten:
                change = field_history.FieldChange(record=key[1], column=path, at=moment, was=was, became=became)
                self._history.setdefault(key, []).append(change)

    def history(self, object_name: str, record: str) -> list[field_history.FieldChange]:
        """How a record changed since it was made, oldest first."""
        with self.lock:
            return sorted(self._history.get((object_name, record), ()), key=lambda change: change.at)

    def delete(self, object_name: str, record: str, merged_into: str | None = None) -> None:
        """Remove a record, or merge it into another."""
        with self.lock:
            held = self._records[object_name, record]
            held.deleted, held.merged_into = True, merged_into
            held.stamp = self.now().replace(microsecond=0)

    def get(self, object_name: str, record: str) -> Record | None:
        """The record, deleted ones included; None when there never was one."""
        return self._records.get((object_name, record))

    def records(self, object_name: str) -> list[Record]:
        """All records of an object that are not deleted, oldest stamp first."""
        with self.lock:
            kept = [one for one in self._records.values() if one.object == object_name and not one.deleted]
        return sorted(kept, key=lambda one: (one.stamp, one.id))

    def call(self) -> None:
        """Count a call of the connector; raises what a test asked to be raised."""
        with self.lock:
            self.calls += 1
            failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure

    def visible(self, object_name: str, path: str) -> bool:
        """Whether this user may see the column."""
        return (object_name, path) not in self.hidden


class MemoryConnector(base.Connector):
    """The connector to a ``Crm``."""

    def __init__(self, name: str, chosen: settings.MemorySettings, crm: Crm | None = None) -> None:
        self.name = name
        self.crm = crm or Crm()
        self._settings = chosen
        self._budget = budget.Budget(chosen.call_budget)
        self._reader = keyset.Reader(look_back=chosen.look_back, lag=chosen.lag)

    def start(self, watches: Sequence[base.Watch], back: timedelta = timedelta()) -> Mapping[str, base.Bookmark]:
        self._call()
        return keyset.first_bookmarks(watches, self.crm.now(), back)

    def read(self, watches: Sequence[base.Watch], bookmarks: Mapping[str, base.Bookmark]) -> Iterator[base.Page]:
        self._budget.begin_round()
        return self._reader.read(watches, bookmarks, self._round)

    def patience(self) -> float:
        return self._budget.patience(self._settings.poll.total_seconds())

    def _round(self, places: Sequence[keyset.Place]) -> Sequence[keyset.Answer]:
        self._call()
        with self.crm.lock:
            return [self._answer(place) for place in places]

    def _answer(self, place: keyset.Place) -> keyset.Answer:
        fits = compile_condition(place.watch.where)
        now = self.crm.now()
        rows = [one for one in self.crm.records(place.watch.object) if place.before(one.stamp, one.id) and fits(one.values)]
        cut = rows[: self._settings.page]
        changes = [self._change(one, place.watch.name, place.watch) for one in cut]
        return keyset.Answer(changes=changes, more=len(rows) > len(cut), clock=now)

    def look(self, looks: Sequence[base.Look]) -> Sequence[base.Change]:
        found: list[base.Change] = []
        wanted = [(look, record) for look in looks for record in look.records]
        for start in range(0, len(wanted), _CALL_LIMIT):
            self._call()
            with self.crm.lock:
                found += [self._looked_at(look, record) for look, record in wanted[start : start + _CALL_LIMIT]]
        return found

    def _looked_at(self, look: base.Look, record: str) -> base.Change:
        held = self.crm.get(look.object, record)
        if held is None:
            return base.Change(watch=look.name, object=look.object, record=record, stamp=None, values={}, deleted=True)
        return self._change(held, look.name, look)

    def _change(self, held: Record, name: str, asked: base.Watch | base.Look) -> base.Change:
        values = {path: held.values.get(path) for path in asked.fields if self._answers(asked, path)}
        for child in asked.children:
            rows = [row for row in held.values.get(child.relationship, ()) if compile_condition(child.where)(row)]
            first = rows[0] if rows else {}
            values |= {f"{child.relationship}.{path}": first.get(path) for path in child.fields}
        return base.Change(
            watch=name, object=held.object, record=held.id, stamp=held.stamp, values=values,
            deleted=held.deleted, merged_into=held.merged_into,
        )  # fmt: skip

    def _answers(self, asked: base.Watch | base.Look, path: str) -> bool:
        if self.crm.visible(asked.object, path):
            return True
        if path in asked.optional:
            return False
        raise errors.NeedsPerson(f"{asked.object}.{path} cannot be read", remedy="Let this user read it.")

    def field_changes(self, asked: Sequence[field_history.Asked]) -> Sequence[field_history.Told]:
        for _ in range(0, max(1, sum(len(one.records) for one in asked)), field_history.BATCH):
            self._call()
        return [self._told(one) for one in asked]

    def _told(self, asked: field_history.Asked) -> field_history.Told:
        kept = [path for path in asked.fields if self._tells(asked.object, path)]
        found = [change for record in asked.records for change in self.crm.history(asked.object, record)]
        changes = [change for change in found if change.column in kept and change.at >= asked.since]
        why = field_history.Untold(
            message="its changes are not kept", remedy="Take it out of the CRM's list of forgotten fields."
        )
        untold = {path: why for path in asked.fields if path not in kept}
        return field_history.Told(changes=sorted(changes, key=lambda change: change.at), untold=untold)

    def _tells(self, object_name: str, path: str) -> bool:
        return (object_name, path) not in self.crm.forgotten and self.crm.visible(object_name, path)

    def write(self, updates: Sequence[base.FieldUpdate]) -> Sequence[base.Settled]:
        return settling.in_order(updates, self._send)

    def _send(self, updates: Sequence[base.FieldUpdate]) -> Sequence[base.Settled]:
        settled: list[base.Settled] = []
        for start in range(0, len(updates), _CALL_LIMIT):
            batch = updates[start : start + _CALL_LIMIT]
            try:
                self._call()
            except errors.OutsideError as error:
                settled += [settling.later(update, error) for update in batch]
            else:
                settled += [self._settle(update) for update in batch]
        return settled

    def _settle(self, update: base.FieldUpdate) -> base.Settled:
        with self.crm.lock:
            if self.crm.refusals:
                code, message = self.crm.refusals.pop(0)
                outcome = base.Outcome.LATER if code in _LATE else base.Outcome.DEAD
                return base.Settled(key=update.key, outcome=outcome, code=code, message=message)
            held = self.crm.get(update.object, update.record)
            if held is None or held.deleted:
                return base.Settled(key=update.key, outcome=base.Outcome.DEAD, code="deleted", message="record is deleted")
            self.crm.put(update.object, update.record, update.values)
            return base.Settled(key=update.key, outcome=base.Outcome.DONE)

    def describe(self, objects: Sequence[str]) -> Mapping[str, base.Description]:
        self._call()
        return {name: described for name in objects if (described := self._described(name)) is not None}

    def _described(self, object_name: str) -> base.Description | None:
        paths = {path for record in self.crm.records(object_name) for path in record.values}
        if not paths:
            return None
        seen = [path for path in sorted(paths) if self.crm.visible(object_name, path)]
        fields = {path: base.Field(name=path, type="any", writable=True) for path in seen}
        return base.Description(object=object_name, fields=fields)

    def check(self) -> Sequence[finding.Finding]:
        return [finding.Finding(subject=f"connectors.{self.name}: sign-in", grade=finding.Grade.GOOD, message="in this process")]

    def health(self) -> base.Health:
        return base.Health(calls=self._budget.calls)

    def close(self) -> None:
        """Nothing is held."""

    def _call(self) -> None:
        self._budget.spend()
        self.crm.call()
