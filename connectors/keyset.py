"""Incremental reading that neither loses nor needlessly repeats a row: what all connectors share of it.

The rules, each of which answers a way in which other readers lose rows:

- The position within a round is the keyset (stamp, record) as the CRM ordered it, never a stamp alone: ties survive page ends.
- A round begins a look-back before the bookmark: rows committed late with an older stamp are still met.
- A bookmark stays a lag behind the CRM's own clock at the moment the request was made; the machine's clock plays no part.
- A bookmark is handed out together with the rows that make it right, and never goes back.
"""

import dataclasses
import itertools
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors import base
from wire import errors

_LEAP = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a watch goes on: from ``stamp`` on, or after (``stamp``, ``record``) where a record is given."""

    watch: base.Watch
    stamp: datetime
    record: str = ""
    next_page: str = ""
    """The CRM's own continuation, where it is to be followed instead."""
    token: str = ""
    """Of the bookmark: the connector may read by it instead, and then says so in its answer."""
    tracked: bool = False
    """Whether ``next_page`` continues a reading by token."""
    kept: str = ""
    """The token that is to be kept with the bookmark once this place has been read to its end."""

    def before(self, stamp: datetime, record: str) -> bool:
        """Whether a row lies behind this place, for connectors that order rows themselves."""
        return (stamp, record) > (self.stamp, self.record) if self.record else stamp >= self.stamp


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the CRM said about one place."""

    changes: Sequence[base.Change] = ()
    """In the CRM's order of (stamp, record), from the place on."""
    more: bool = False
    """Whether the CRM holds rows after these."""
    clock: datetime
    """The CRM's clock when it was asked, or earlier; never later."""
    next_page: str = ""
    tracked: bool = False
    """Whether the rows are what changed since ``Place.token``: in no order, and all of them at once or none."""
    token: str = ""
    """To be kept with the bookmark once this answer, the last one of its place, is stored."""
    error: errors.OutsideError | None = None
    """This watch cannot be read; the others go on, and this is raised at the end of the round."""


Ask = Callable[[Sequence[Place]], Sequence[Answer]]
"""One round trip for all these places; the answers in the same order. Raises what the contract allows."""


def first_bookmarks(watches: Sequence[base.Watch], now: datetime, back: timedelta) -> dict[str, base.Bookmark]:
    """Bookmarks so long before the CRM's own "now"."""
    started = (now - back).replace(microsecond=0)
    return {watch.name: base.Bookmark(stamp=started, started=started) for watch in watches}


class Reader:
    """Reads rounds of watches; remembers which rows of the look-back the caller has stored already. Safe for threads."""

    def __init__(self, *, look_back: timedelta, lag: timedelta) -> None:
        self._look_back = look_back
        self._lag = lag
        self._recent: dict[str, _Recent] = {}
        self._heard: tuple[datetime, float] | None = None
        self._lock = threading.Lock()

    def read(self, watches: Sequence[base.Watch], bookmarks: Mapping[str, base.Bookmark], ask: Ask) -> Iterator[base.Page]:
        """One round, as ``base.Connector.read`` describes it."""
        marks = dict(bookmarks)
        places = [self._begin(watch, marks[watch.name]) for watch in watches]
        failures: list[errors.OutsideError] = []
        while places:
            places = yield from self._once(places, marks, failures, ask)
        if failures:
            raise failures[0]

    def _once(
        self, places: Sequence[Place], marks: dict[str, base.Bookmark], failures: list[errors.OutsideError], ask: Ask
    ) -> Generator[base.Page, None, list[Place]]:
        """Ask for these places; where they go on. Pages can be large: this one is let go before the next is asked for."""
        answers = self._with_steady_clock(ask(places))
        failures += [answer.error for answer in answers if answer.error is not None]
        good = [pair for pair in zip(places, answers, strict=True) if pair[1].error is None]
        for place, answer in good:
            _require_order(place, answer)
        if good:
            page, rows = self._page(good, marks)
            yield page
            self._asked_on(rows)
        return [_onward(place, answer) for place, answer in good if answer.more]

    def _with_steady_clock(self, answers: Sequence[Answer]) -> Sequence[Answer]:
        """The answers, none with a clock that has just leapt ahead: a single wrong Date must not take a bookmark along.

        A leap is believed when the next answer confirms it; until then the clock counts as having gone on as before.
        """
        clock, now = max(answer.clock for answer in answers), time.monotonic()
        with self._lock:
            expected = clock if self._heard is None else self._heard[0] + timedelta(seconds=now - self._heard[1])
            self._heard = clock, now
        if clock - expected < _LEAP:
            return answers
        return [dataclasses.replace(answer, clock=min(answer.clock, expected)) for answer in answers]

    def _begin(self, watch: base.Watch, mark: base.Bookmark) -> Place:
        begin = max(mark.stamp - self._look_back, mark.started)
        with self._lock:
            self._recent.setdefault(watch.name, _Recent()).open(mark, begin)
        return Place(watch=watch, stamp=begin, token=mark.token)

    def _asked_on(self, rows: Mapping[str, "_Rows"]) -> None:
        with self._lock:
            for name, some in rows.items():
                self._recent[name].handed_out.append(some)

    def _page(
        self, good: Sequence[tuple[Place, Answer]], marks: dict[str, base.Bookmark]
    ) -> tuple[base.Page, Mapping[str, "_Rows"]]:
        fresh: list[base.Change] = []
        moved: dict[str, base.Bookmark] = {}
        rows: dict[str, _Rows] = {}
        for place, answer in good:
            name = place.watch.name
            mark = moved_bookmark(marks[name], answer, self._lag)
            if mark != marks[name]:
                marks[name] = moved[name] = mark
            with self._lock:
                some, seen = self._recent[name].sift(answer.changes, answer.clock - self._look_back - self._lag)
            fresh += some
            rows[name] = mark, seen
        return base.Page(changes=fresh, bookmarks=moved), rows


def moved_bookmark(mark: base.Bookmark, answer: Answer, lag: timedelta) -> base.Bookmark:
    """The bookmark that is right once the rows of this answer are stored."""
    ceiling = (answer.clock - lag).replace(microsecond=0)
    if answer.tracked:
        return mark if answer.more else dataclasses.replace(mark, stamp=max(mark.stamp, ceiling), record="", token=answer.token)
    stamp, record = ceiling, ""
    if answer.more:
        last = answer.changes[-1] if answer.changes else None
        if last is None or last.stamp is None:
            return mark
        if last.stamp <= ceiling:
            stamp, record = last.stamp, last.record
    token = "" if answer.more else answer.token
    if stamp < mark.stamp:
        return dataclasses.replace(mark, token=token)
    return base.Bookmark(stamp=stamp, record=record, started=mark.started, token=token)


def _require_order(place: Place, answer: Answer) -> None:
    if answer.tracked:
        return
    stamps = [change.stamp for change in answer.changes if change.stamp is not None]
    if any(later < earlier for earlier, later in itertools.pairwise([place.stamp, *stamps])):
        raise errors.Later(f"the CRM answers watch {place.watch.name} out of order: look at what stands between")


def _onward(place: Place, answer: Answer) -> Place:
    last = answer.changes[-1] if answer.changes else None
    stamp, record = (place.stamp, place.record) if last is None or last.stamp is None else (last.stamp, last.record)
    if answer.tracked:
        following = Place(watch=place.watch, stamp=place.stamp, next_page=answer.next_page, tracked=True)
    else:
        following = Place(watch=place.watch, stamp=stamp, record=record, next_page=answer.next_page, kept=answer.token)
    if following == place:
        raise errors.Later(f"the CRM answers watch {place.watch.name} with the same page again: look at its status page")
    return following


_Seen = dict[str, tuple[datetime, int]]
"""Record → stamp and fingerprint of its values."""
_Rows = tuple[base.Bookmark, _Seen]
"""What was handed out with a bookmark."""


@dataclass
class _Recent:
    """Rows of one watch that come again in every look-back: those that are proven to be stored are left out.

    Proof is that the caller asked for the next page, and then comes back with the very bookmark that was handed out with the
    row. A row whose values have changed is never left out, nor is one whose page moved no bookmark.
    """

    opened: base.Bookmark | None = None
    stored: _Seen = field(default_factory=dict)
    handed_out: list[_Rows] = field(default_factory=list)
    """By pages that the caller is done with."""

    def open(self, mark: base.Bookmark, begin: datetime) -> None:
        """A round begins with this bookmark."""
        if self.opened is not None and mark.stamp < self.opened.stamp:
            self.stored.clear()
        proven = next((index for index, (handed, _) in enumerate(self.handed_out) if handed == mark != self.opened), -1)
        for _, rows in self.handed_out[: proven + 1]:
            self.stored |= rows
        self.handed_out.clear()
        self.stored = {record: row for record, row in self.stored.items() if row[0] >= begin}
        self.opened = mark

    def sift(self, changes: Sequence[base.Change], oldest: datetime) -> tuple[list[base.Change], _Seen]:
        """Those of the changes that may be new to the caller; ``oldest`` is where the next look-back may begin."""
        fresh: list[base.Change] = []
        rows: _Seen = {}
        for change in changes:
            if change.stamp is None or change.stamp < oldest:
                fresh.append(change)
                continue
            row = change.stamp, hash((change.deleted, tuple(change.values.items())))
            if self.stored.get(change.record) != row:
                fresh.append(change)
                rows[change.record] = row
        return fresh, rows
