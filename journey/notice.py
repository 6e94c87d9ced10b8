"""notice: CRM changes → touchpoints. Reads what changed since the bookmark; both are stored in one transaction."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import structlog

from connectors import base
from journey import belt as belts
from mapping import inward, kind
from store import bookmarks, people, touchpoints
from wire import errors

log = structlog.get_logger("journey.notice")


def notice(belt: belts.Belt, connector: str) -> int:
    """Read this connector's changes once; how many touchpoints were new."""
    try:
        with belt.outside.dealing_with(f"connectors.{connector}", lambda: figures(belt, connector)):
            return _read(belt, connector)
    except (errors.Later, errors.NeedsPerson):
        return 0  # noted and logged by outside; the next round tries again


def figures(belt: belts.Belt, connector: str) -> dict[str, Any]:
    """Columns of the health table."""
    known = belt.connectors[connector].health()
    return {"calls": known.calls, "day_limit": known.limit, "day_used": known.used}


def _read(belt: belts.Belt, connector: str) -> int:
    sources = {source.name: source for source in belt.sources[connector]}
    watches = inward.watches(tuple(sources.values()))
    marks = _begun(belt, connector, watches)
    new = 0
    for page in belt.connectors[connector].read(watches, marks):
        new += _store(belt, connector, page, _found(belt, connector, sources, marks, page.changes))
        if belt.stop.is_set():
            break
    if new:
        log.info("touchpoints noticed", connector=connector, count=new)
    return new


def _begun(belt: belts.Belt, connector: str, watches: tuple[base.Watch, ...]) -> dict[str, base.Bookmark]:
    """The bookmarks, with first ones for watches that are new: at the CRM's own "now" unless settings want the past."""
    with belt.store.read() as tx:
        marks = bookmarks.load(tx, connector)
    fresh = tuple(watch for watch in watches if watch.name not in marks)
    if not fresh:
        return marks
    belt.fields.check(connector)
    past = belt.since.get(connector)
    first = belt.connectors[connector].start(fresh, None if past is None else belt.now() - past)
    with belt.store.write() as tx:
        bookmarks.save(tx, connector, first)
    log.info(
        "watching", connector=connector, watches=[watch.name for watch in fresh], since=min(m.started for m in first.values())
    )
    return {**marks, **first}


def _found(
    belt: belts.Belt,
    connector: str,
    sources: Mapping[str, kind.Source],
    marks: Mapping[str, base.Bookmark],
    changes: Iterable[base.Change],
) -> list[touchpoints.Found]:
    """The changes as touchpoints; what happened before the watch began is the past and left alone."""
    found = []
    for change in changes:
        touch = inward.touchpoint(sources[change.watch], change, connector)
        if touch is not None and _began(marks, change, touch.happened_at):
            found.append(touchpoints.Found(touch=touch, person=people.key(belt.secret, touch.person)))
    return found


def _began(marks: Mapping[str, base.Bookmark], change: base.Change, happened_at: datetime) -> bool:
    return happened_at >= marks[change.watch].started.replace(microsecond=0)


def _store(belt: belts.Belt, connector: str, page: base.Page, found: list[touchpoints.Found]) -> int:
    with belt.store.read() as tx:
        fresh = touchpoints.unknown(tx, found)
        moved = _moved(bookmarks.load(tx, connector), page.bookmarks)
    if not fresh and not moved:
        return 0
    with belt.store.write() as tx:
        new = touchpoints.add(tx, fresh, belt.now())
        bookmarks.save(tx, connector, moved)
    return new


def _moved(stored: Mapping[str, base.Bookmark], read: Mapping[str, base.Bookmark]) -> dict[str, base.Bookmark]:
    """The bookmarks that went forward; a concurrent reader may have gone further already."""
    return {
        name: mark
        for name, mark in read.items()
        if name not in stored or (mark.stamp, mark.record) > (stored[name].stamp, stored[name].record)
    }
