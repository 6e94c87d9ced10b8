"""Reading: rounds over watches and last looks, each as few Composite requests as they fit in."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from connectors import base, keyset
from connectors.salesforce import bulk, columns, faults, line, soql
from wire import errors

_QUERIES = 5
"""Most queries in a Composite request."""
_IDS = 1000
"""Ids in one query of a look, which then has about 21,000 of SOQL's 100,000 characters."""


@dataclass(frozen=True)
class _Asked:
    """Some ids of one look that are still to be looked at."""

    number: int
    look: base.Look
    records: tuple[str, ...]
    learned: bool = False


class Queries:
    """Asks one org. May be used by several threads."""

    def __init__(self, way: line.Line, known: columns.Columns, page: int, jobs: bulk.Bulk) -> None:
        self._line = way
        self._columns = known
        self._page = page
        self._bulk = jobs

    def round(self, places: Sequence[keyset.Place]) -> Sequence[keyset.Answer]:
        """One answer for each place. Locators are not followed: the keyset goes on from the last row just as well, does not
        expire, and does not care how many rows Salesforce puts on a page.
        """
        answers: list[keyset.Answer | None] = [self._bulk.read(place) if bulk.is_bulk(place) else None for place in places]
        paged = [number for number, answer in enumerate(answers) if answer is None]
        for number, answer in zip(paged, self._ask([places[number] for number in paged], last=False), strict=True):
            answers[number] = answer
        again = [number for number, answer in enumerate(answers) if answer is None]
        for number, answer in zip(again, self._ask([places[number] for number in again], last=True), strict=True):
            answers[number] = answer
        return [answer for answer in answers if answer is not None]

    def _ask(self, places: Sequence[keyset.Place], *, last: bool) -> list[keyset.Answer | None]:
        """Answers; None for those to be asked again, now that it is known which columns are hidden."""
        answers: list[keyset.Answer | None] = []
        for begin in range(0, len(places), _QUERIES):
            group = places[begin : begin + _QUERIES]
            used = [self._columns.left_out(place.watch.object) for place in group]
            texts = [soql.changes(place, hidden, self._page) for place, hidden in zip(group, used, strict=True)]
            parts, clock = self._line.composite([line.Request(method="GET", path=line.query_path(text)) for text in texts])
            for place, hidden, part in zip(group, used, parts, strict=True):
                error = self._error(place.watch, hidden, part, last)
                if error is None:
                    answers.append(None if part.fault else self._answer(place, hidden, part, clock))
                else:
                    answers.append(keyset.Answer(clock=clock, error=error))
        return answers

    def _answer(self, place: keyset.Place, hidden: frozenset[str], part: line.Part, clock: datetime) -> keyset.Answer:
        watch = place.watch
        rows, done = soql.rows_of(part.body)
        take = soql.taker(watch.fields, watch.children, hidden)
        changes = [
            base.Change(watch=watch.name, object=watch.object, record=row["Id"], stamp=soql.stamp_of(row), values=take(row))
            for row in rows
        ]
        answer = keyset.Answer(changes=changes, more=not done or len(rows) >= self._page, clock=clock)
        return self._bulk.begin(place, answer, hidden)

    def _error(
        self, asked: base.Watch | base.Look, used: frozenset[str], part: line.Part, last: bool
    ) -> errors.OutsideError | None:
        """What is wrong with this part; None when nothing is, or when asking again without hidden columns will do."""
        if part.fault is None:
            return None
        if part.fault.code == "INVALID_FIELD" and not last:
            try:
                if self._columns.learn(asked, used):
                    return None
            except errors.OutsideError as error:
                return error
        return faults.translate(part.fault)

    def look(self, looks: Sequence[base.Look]) -> list[base.Change]:
        """The records as they are now, in the order asked for; what cannot be found comes back as deleted."""
        found: dict[tuple[int, str], base.Change] = {}
        left = [asked for number, look in enumerate(looks) for asked in _portions(number, look)]
        while left:
            group, left = left[:_QUERIES], left[_QUERIES:]
            left = [*self._look(group, found), *left]
        return [
            found.get((number, record)) or _gone(look, record) for number, look in enumerate(looks) for record in look.records
        ]

    def _look(self, group: Sequence[_Asked], found: dict[tuple[int, str], base.Change]) -> list[_Asked]:
        used = [self._columns.left_out(asked.look.object) for asked in group]
        texts = [soql.by_ids(asked.look, asked.records, hidden) for asked, hidden in zip(group, used, strict=True)]
        parts, _ = self._line.composite(
            [line.Request(method="GET", path=line.query_path(text, deleted_too=True)) for text in texts]
        )
        left: list[_Asked] = []
        for asked, hidden, part in zip(group, used, parts, strict=True):
            if (error := self._error(asked.look, hidden, part, asked.learned)) is not None:
                raise error
            if part.fault:
                left.append(replace(asked, learned=True))
            elif missing := _note(asked, hidden, part, found):
                left.append(replace(asked, records=missing))
        return left


def _portions(number: int, look: base.Look) -> list[_Asked]:
    records = tuple(record for record in dict.fromkeys(look.records) if soql.is_identifier(record))
    return [_Asked(number, look, records[begin : begin + _IDS]) for begin in range(0, len(records), _IDS)]


def _note(asked: _Asked, hidden: frozenset[str], part: line.Part, found: dict[tuple[int, str], base.Change]) -> tuple[str, ...]:
    """Put the rows under their ids; answers the ids that a short page left out."""
    rows, done = soql.rows_of(part.body)
    look = asked.look
    take = soql.taker(look.fields, look.children, hidden)
    for row in rows:
        found[asked.number, str(row.get("Id"))] = base.Change(
            watch=look.name,
            object=look.object,
            record=str(row.get("Id")),
            stamp=soql.stamp_of(row),
            values=take(row),
            deleted=row.get("IsDeleted") is True,
            merged_into=row.get("MasterRecordId") if isinstance(row.get("MasterRecordId"), str) else None,
        )
    missing = tuple(record for record in asked.records if (asked.number, record) not in found)
    if not done and len(missing) == len(asked.records):
        raise errors.Later("Salesforce answers a query with an empty page that is not the last: look at its status page")
    return () if done else missing


def _gone(look: base.Look, record: str) -> base.Change:
    return base.Change(watch=look.name, object=look.object, record=record, stamp=None, values={}, deleted=True)
