"""Reading: rounds over watches and last looks, each as one ``$batch`` of GETs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from connectors import base, keyset
from connectors.dynamics import columns, faults, line, multipart, odata, tables, tracking
from wire import errors

_IDS = 1000
"""Ids in one GET of a look: some 45,000 of the 65,536 characters that an address within a batch may have."""
_LOOKS = 10
"""GETs of looks in one batch."""
_TRIES = 12
"""How often a query is asked anew without a column that is missing; each refusal names one."""
_MERGED_REASON = 2000


@dataclass(frozen=True)
class _Asked:
    """Some ids of one look that are still to be looked at."""

    number: int
    look: base.Look
    records: tuple[str, ...]
    tries: int = 0
    where: str = ""
    """A condition in OData that they must meet besides."""


class Queries:
    """Asks one environment. May be used by several threads."""

    def __init__(self, way: line.Line, known: tables.Tables, page: int, tracked: tracking.Tracking) -> None:
        self._line = way
        self._tracking = tracked
        self._tables = known
        self._columns = columns.Columns()
        # If-None-Match: expanded collections may otherwise come from a cache.
        self._headers = {"Accept": "application/json", "If-None-Match": "null", "Prefer": f"odata.maxpagesize={page}"}

    def round(self, places: Sequence[keyset.Place]) -> Sequence[keyset.Answer]:
        """One answer for each place. Within a round the service's own links are followed, unchanged, as it asks for."""
        found = self._tables.find(place.watch.object for place in places)
        answers: dict[int, keyset.Answer] = {}
        left = [(number, self._tracking.ready(place, found[place.watch.object])) for number, place in enumerate(places)]
        for _ in range(_TRIES):
            used = {number: self._columns.left_out(place.watch.object) for number, place in left}
            requests = [
                self._tracking.request(place) or self._get(self._address(place, found, used[number])) for number, place in left
            ]
            parts, clock = self._line.batch(requests)
            again: list[tuple[int, keyset.Place]] = []
            for (number, place), part in zip(left, parts, strict=True):
                table = found[place.watch.object]
                answer = (self._changes if tracking.is_tracked(place) else self._answer)(place, table, part, used[number], clock)
                if isinstance(answer, keyset.Place):
                    again.append((number, self._tracking.ready(answer, table)))
                else:
                    answers[number] = answer
            left = again
            if not left:
                break
        return [answers[number] for number in range(len(places))]

    def _get(self, url: str) -> multipart.Request:
        return multipart.Request(method="GET", url=url, headers=self._headers)

    def _address(self, place: keyset.Place, found: Mapping[str, tables.Table], used: frozenset[str]) -> str:
        if place.next_page:
            return place.next_page
        watch = place.watch
        return f"{self._line.root}/{odata.changes(found[watch.object], watch, place.stamp, used)}"

    def _answer(
        self, place: keyset.Place, table: tables.Table, part: multipart.Part, used: frozenset[str], clock: datetime
    ) -> keyset.Answer | keyset.Place:
        """The answer, or the place that is to be asked about again."""
        watch = place.watch
        fault = line.fault_of(part)
        if fault is not None:
            again = self._columns.learn(watch, fault, used)
            return place if again else keyset.Answer(clock=clock, error=faults.translate(fault))
        rows, link = odata.rows_of(part.body)
        take = odata.taker(watch.fields, watch.children, used)
        changes: list[base.Change] = []
        for row in rows:
            record, stamp = odata.key_of(row, table)
            changes.append(base.Change(watch=watch.name, object=watch.object, record=record, stamp=stamp, values=take(row)))
        next_page = self._line.own(link) if link else ""
        answer = keyset.Answer(changes=changes, more=bool(link), clock=clock, next_page=next_page, token=place.kept)
        self._tracking.weigh(place, answer)
        return answer

    def _changes(
        self, place: keyset.Place, table: tables.Table, part: multipart.Part, used: frozenset[str], clock: datetime
    ) -> keyset.Answer | keyset.Place:
        """What changed since the place's token, with its values as they are now."""
        fault = line.fault_of(part)
        if fault is not None and (fault.passes or fault.status == 401):
            return keyset.Answer(clock=clock, error=faults.translate(fault))
        if fault is not None:
            return self._tracking.give_up(place, fault)
        next_page, token = self._tracking.links(part.body)
        try:
            changes = self._complete(place.watch, tracking.changed(part.body, table), clock)
        except errors.OutsideError as error:
            return keyset.Answer(clock=clock, error=error)
        return keyset.Answer(changes=changes, more=bool(next_page), clock=clock, next_page=next_page, tracked=True, token=token)

    def _complete(self, watch: base.Watch, records: Sequence[str], clock: datetime) -> list[base.Change]:
        look = base.Look(
            name=watch.name, object=watch.object, records=tuple(records),
            fields=watch.fields, children=watch.children, optional=watch.optional,
        )  # fmt: skip
        found: dict[tuple[int, str], base.Change] = {}
        self._look_all([replace(asked, where=watch.where) for asked in _portions(0, look)], found)
        rows = [replace(change, merged_into=None) for change in found.values()]
        return sorted(rows, key=lambda change: (change.stamp or clock, change.record))

    def look(self, looks: Sequence[base.Look]) -> list[base.Change]:
        """The records as they are now, in the order asked for; what cannot be found comes back as deleted."""
        found: dict[tuple[int, str], base.Change] = {}
        self._look_all([asked for number, look in enumerate(looks) for asked in _portions(number, look)], found)
        return [
            found.get((number, record.lower())) or _gone(look, record)
            for number, look in enumerate(looks)
            for record in look.records
        ]

    def _look_all(self, left: list[_Asked], found: dict[tuple[int, str], base.Change]) -> None:
        known = self._tables.find(asked.look.object for asked in left)
        while left:
            group, left = left[:_LOOKS], left[_LOOKS:]
            left = [*self._look(group, known, found), *left]

    def _look(
        self, group: Sequence[_Asked], known: Mapping[str, tables.Table], found: dict[tuple[int, str], base.Change]
    ) -> list[_Asked]:
        used = [self._columns.left_out(asked.look.object) for asked in group]
        addresses = [
            odata.by_ids(known[asked.look.object], asked.look, asked.records, hidden, asked.where)
            for asked, hidden in zip(group, used, strict=True)
        ]
        parts, _ = self._line.batch([self._get(f"{self._line.root}/{address}") for address in addresses])
        left: list[_Asked] = []
        for asked, hidden, part in zip(group, used, parts, strict=True):
            fault = line.fault_of(part)
            if fault is None:
                missing = _note(asked, known[asked.look.object], hidden, part, found)
                left += [replace(asked, records=missing)] if missing else []
            elif asked.tries < _TRIES and self._columns.learn(asked.look, fault, hidden):
                left.append(replace(asked, tries=asked.tries + 1))
            else:
                raise faults.translate(fault)
        return left


def _portions(number: int, look: base.Look) -> list[_Asked]:
    records = tuple(dict.fromkeys(lowered for record in look.records if (lowered := odata.guid(record))))
    return [_Asked(number, look, records[begin : begin + _IDS]) for begin in range(0, len(records), _IDS)]


def _note(
    asked: _Asked,
    table: tables.Table,
    hidden: frozenset[str],
    part: multipart.Part,
    found: dict[tuple[int, str], base.Change],
) -> tuple[str, ...]:
    """Put the rows under their ids; answers the ids that a short page left out."""
    rows, link = odata.rows_of(part.body)
    look = asked.look
    take = odata.taker(look.fields, look.children, hidden)
    for row in rows:
        record, stamp = odata.key_of(row, table)
        found[asked.number, record] = base.Change(
            watch=look.name,
            object=look.object,
            record=record,
            stamp=stamp,
            values=take(row),
            merged_into=_survivor(look.object, row),
        )
    missing = tuple(record for record in asked.records if (asked.number, record) not in found)
    if link and len(missing) == len(asked.records):
        raise errors.Later("Dataverse answers a query with an empty page that is not the last: look at its status page")
    return missing if link else ()


def _survivor(object_name: str, row: Mapping[str, object]) -> str | None:
    if object_name not in odata.MERGED or row.get("statecode") != 2 or row.get("statuscode") != _MERGED_REASON:
        return None
    return odata.guid(str(row.get("_masterid_value"))) or None


def _gone(look: base.Look, record: str) -> base.Change:
    return base.Change(watch=look.name, object=look.object, record=record, stamp=None, values={}, deleted=True)
