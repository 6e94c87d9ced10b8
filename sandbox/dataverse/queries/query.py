"""Carries a plan out: finds the rows, puts them in order, cuts the page and shapes what comes along."""

import bisect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from sandbox.dataverse import preferences, schema
from sandbox.dataverse.queries import cookies, filters, narrowing, operands, options, scope, shape, sorting
from sandbox.dataverse.rows import indexes, records
from sandbox.dataverse.rows.indexes import Row

MAX_PAGE = 5000
COUNT_LIMIT = 5000
SNAPSHOTS = 8


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who asks, and what they may and want to see."""

    user: str
    root: str
    """``https://HOST:PORT/api/data/v9.2/``."""
    hidden: frozenset[str] = frozenset()
    """``table.column`` names hidden by column security."""
    blank: frozenset[str] = frozenset()
    """``table.column`` names that read as null under column security."""
    wishes: preferences.Wishes = field(default_factory=preferences.Wishes)
    page_size: int | None = None
    """From ``Prefer: odata.maxpagesize``."""
    page_limit: int = MAX_PAGE

    @property
    def size(self) -> int:
        """Rows to a page."""
        return max(1, min(self.page_size or MAX_PAGE, self.page_limit, MAX_PAGE))


@dataclass
class Page:
    """Some shaped rows, and how to go on."""

    rows: list[Row]
    next: cookies.Place | None
    names: tuple[str, ...]
    total: int | None = None


class Reading:
    """One caller's queries over the store."""

    def __init__(self, store: records.Store, caller: Caller) -> None:
        self._store = store
        self.caller = caller

    def names(self, table: schema.Table) -> scope.DataScope:
        """What names mean to this caller."""
        return scope.DataScope(self._store, table, self.caller.user, self.caller.hidden, blank=self.caller.blank)

    def page(self, plan: options.Plan, within: Iterable[Row] | None = None, place: cookies.Place | None = None) -> Page:
        """One page of a plan, over the whole table or ``within`` some of its rows, from a cookie's ``place`` on."""
        sorter = sorting.Sorter(plan, self.names(plan.table))
        if place is not None and len(place.last) != len(sorter.names):
            raise cookies.malformed()
        limit = self.caller.size
        if plan.top is not None and self.caller.page_size is None:
            limit = min(plan.top, MAX_PAGE)
        found = list(self._first(self._matching(plan, within, sorter, place), limit + 1))
        more = len(found) > limit and not (plan.top is not None and self.caller.page_size is None)
        rows = found[:limit]
        total = min(self.count(plan, within), COUNT_LIMIT) if plan.count else None
        made = self.shaper(plan)
        following = cookies.Place((place.page if place else 1) + 1, limit, sorter.remembered(rows[-1])) if more and rows else None
        return Page([made(row) for row in rows], following, sorter.names, total)

    def count(self, plan: options.Plan, within: Iterable[Row] | None = None) -> int:
        """How many rows match."""
        bare = replace(plan, order=())
        return sum(1 for _ in self._matching(bare, within, sorting.Sorter(bare, self.names(plan.table)), None))

    def matching(self, plan: options.Plan, within: Iterable[Row] | None = None) -> Iterator[Row]:
        """All rows of a plan in its order."""
        return self._matching(plan, within, sorting.Sorter(plan, self.names(plan.table)), None)

    @staticmethod
    def _first(rows: Iterator[Row], count: int) -> Iterator[Row]:
        for row in rows:
            if count <= 0:
                return
            count -= 1
            yield row

    def _matching(
        self, plan: options.Plan, within: Iterable[Row] | None, sorter: sorting.Sorter, place: cookies.Place | None
    ) -> Iterator[Row]:
        test = filters.compile_condition(plan.where, self.names(plan.table)) if plan.where is not None else None
        rows = self._store.table(plan.table.name)
        if within is None and not narrowing.direct(plan):
            if not plan.order:
                return _kept(_by_id(rows, place), test)
            if narrowing.by_stamp(plan):
                after = (
                    (place.last[0], indexes.guid_order(place.last[-1])) if place else (narrowing.lower_bound(plan.where), None)
                )
                return _kept((rows.by_id[record] for record in rows.index.after(*after)), test)
        ordered = self._sorted(plan, within, sorter, place, test)
        start = bisect.bisect_right(ordered, sorter.key(place.last), key=sorter.of) if place else 0
        return iter(ordered[start:])

    def _sorted(
        self,
        plan: options.Plan,
        within: Iterable[Row] | None,
        sorter: sorting.Sorter,
        place: cookies.Place | None,
        test: operands.Test | None,
    ) -> list[Row]:
        """All matching rows in order; remembered between the pages of one query while the table stays as it is."""
        rows = self._store.table(plan.table.name)
        known = (plan.table.name, plan.where, plan.order, self.caller.user)
        if within is None and place is not None:
            changes, ordered = self._store.snapshots.get(known, (-1, []))
            if changes == rows.changes:
                return ordered
        candidates = within if within is not None else narrowing.candidates(plan, rows)
        ordered = sorted(_kept(iter(candidates), test), key=sorter.of)
        if within is None and len(ordered) > self.caller.size:
            while len(self._store.snapshots) >= SNAPSHOTS:
                del self._store.snapshots[next(iter(self._store.snapshots))]
            self._store.snapshots[known] = (rows.changes, ordered)
        return ordered

    def shaper(self, plan: options.Plan, *, etag: bool = True) -> shape.Shaper:
        """What makes the JSON objects of a plan's rows, with everything that is expanded."""
        plain = shape.shaper(self._store, plan.table, plan.columns, self.caller.wishes, etag=etag, blank=self.caller.blank)
        if not plan.expansions:
            return plain
        adders = [self._adder(plan, expansion) for expansion in plan.expansions]

        def shaped(row: Row) -> Row:
            made = plain(row)
            for add in adders:
                add(row, made)
            return made

        return shaped

    def _adder(self, plan: options.Plan, expansion: options.Expansion) -> Callable[[Row, Row], None]:
        if expansion.target.name == "principal":
            return lambda row, made: made.__setitem__(
                expansion.name, {"ownerid": row["_ownerid_value"]} if row.get("_ownerid_value") else None
            )
        return self._single(plan, expansion) if expansion.single else self._collection(plan, expansion)

    def _single(self, plan: options.Plan, expansion: options.Expansion) -> Callable[[Row, Row], None]:
        relationship = plan.table.single[expansion.name]
        wire = plan.table.columns[relationship.column].wire
        rows = self._store.table(expansion.target.name).by_id
        made = self.shaper(expansion.plan, etag=False)
        principal = expansion.target.name in ("systemuser", "team")

        def add(row: Row, shaped: Row) -> None:
            found = rows.get(row.get(wire) or "")
            if found is None:
                shaped[expansion.name] = None
            elif expansion.reference:
                shaped[wire] = row[wire]
                shaped[expansion.name] = {"@odata.id": f"{self.caller.root}{expansion.target.entity_set}({row[wire]})"}
            else:
                inner = made(found)
                if principal:
                    inner["ownerid"] = row[wire]
                shaped[expansion.name] = inner

        return add

    def _collection(self, plan: options.Plan, expansion: options.Expansion) -> Callable[[Row, Row], None]:
        get, _ = scope.collection(self._store, plan.table, expansion.name)
        inner = expansion.plan
        relationship = plan.table.collections.get(expansion.name)
        if relationship is not None and not plan.nested:
            column = expansion.target.columns[relationship.column]
            if column not in inner.columns:
                inner = replace(inner, columns=(*inner.columns, column))
        reading = Reading(self._store, self.caller if plan.nested else replace(self.caller, page_size=None, page_limit=MAX_PAGE))
        link = f"{plan.table.entity_set}({{}})/{expansion.name}"
        source = (
            "&".join(part.strip() for part in expansion.source.split(";"))
            if not inner.expansions
            else expansion.source.replace(";$expand", "&$expand")
        )

        def add(row: Row, shaped: Row) -> None:
            page = reading.page(inner, list(get(row)))
            shaped[expansion.name] = page.rows
            token = ""
            if plan.nested:
                if page.next is None:
                    return
                token = ("&" if source else "") + "$skiptoken=" + cookies.write(page.next, page.names)
            query = source + token
            shaped[expansion.name + "@odata.nextLink"] = (
                self.caller.root + link.format(row[plan.table.key]) + (f"?{query}" if query else "")
            )

        return add


def _kept(rows: Iterator[Row], test: operands.Test | None) -> Iterator[Row]:
    return rows if test is None else filter(test, rows)


def _by_id(rows: indexes.Rows, place: cookies.Place | None) -> Iterator[Row]:
    ordered = rows.ordered()
    start = bisect.bisect_right(ordered, (indexes.guid_order(place.last[-1]), "~")) if place else 0
    by_id = rows.by_id
    return (by_id[ordered[number][1]] for number in range(start, len(ordered)))
