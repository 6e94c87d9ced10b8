"""notice: CRM changes → touchpoints. Reads what changed since the bookmark; both are stored in one transaction."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
import structlog

from connectors import base
from journey import belt as belts
from journey import poison
from journey.deciding import changes, late
from mapping import changed, comparable, inward, kind, plain
from store import bookmarks, people, touchpoints
from triggers import touchpoint
from wire import errors, finding

log = structlog.get_logger("journey.notice")


def notice(belt: belts.Belt, connector: str) -> int:
    """Read this connector's changes once; how many touchpoints were new. Rounds stretch where the day's calls run low."""
    if belt.patient and belt.connectors[connector].patience() > 0:
        return 0
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
    _told(belt, connector)
    new = 0
    for page in belt.connectors[connector].read(watches, marks):
        new += _store(belt, connector, page, found(belt.secret, connector, sources, marks, page.changes))
        if belt.stop.is_set():
            break
    if new:
        log.info("touchpoints noticed", connector=connector, count=new)
    return new


def _begun(belt: belts.Belt, connector: str, watches: tuple[base.Watch, ...]) -> dict[str, base.Bookmark]:
    """The bookmarks, with first ones for watches that are new: at this program's start unless settings want the past.

    The start is counted back from the CRM's own clock: ours may be wrong, and the CRM may have been down meanwhile.
    """
    with belt.store.read() as tx:
        marks = bookmarks.load(tx, connector)
    fresh = tuple(watch for watch in watches if watch.name not in marks)
    if not fresh:
        return marks
    belt.fields.check(connector)
    for problem in comparable.check(connector, belt.sources[connector], belt.rules, belt.fields.of(connector)):
        log.warning("rule", subject=problem.subject, problem=problem.message, remedy=problem.remedy)
    past = belt.since.get(connector)
    first = belt.connectors[connector].start(fresh, belt.now() - belt.began if past is None else past)
    with belt.store.write() as tx:
        bookmarks.save(tx, connector, first)
    log.info(
        "watching",
        connector=connector,
        watches=[watch.name for watch in fresh],
        since=min(mark.started for mark in first.values()).isoformat(timespec="seconds"),
    )
    return {**marks, **first}


def _told(belt: belts.Belt, connector: str) -> None:
    """At start and after a reload of the service: log rules that compare changes which the CRM does not tell.

    A single round (``run --once``) does not pay a call for that: it learns it with the first changes it asks for.
    """
    if belt.patient and not belt.fields.has_looked(connector):
        _warn(belt, connector, changes.check(belt.connectors[connector], belt.sources[connector], belt.rules))


def _warn(belt: belts.Belt, connector: str, problems: Sequence[finding.Finding]) -> None:
    for problem in problems:
        log.warning("rule", subject=problem.subject, problem=problem.message, remedy=problem.remedy)
    belt.fields.looked(connector)


def found(
    secret: bytes,
    connector: str,
    sources: Mapping[str, kind.Source],
    marks: Mapping[str, base.Bookmark],
    changes: Iterable[base.Change],
) -> list[touchpoints.Found]:
    """The changes as touchpoints; what happened before the watch began is the past and left alone. Preview reads the same way."""
    seen = []
    for change in changes:
        touch = _touchpoint(sources[change.watch], change, connector)
        if touch is not None and (touch.trouble or _began(marks, change, touch.happened_at)):
            keys = people.keys(secret, touch.person)
            seen.append(touchpoints.Found(touch=touch, person=keys.first, phone=keys.phone))
    return seen


def _touchpoint(source: kind.Source, change: base.Change, connector: str) -> touchpoint.Touchpoint | None:
    try:
        return inward.touchpoint(source, change, connector)
    except Exception as error:  # noqa: BLE001 - a record that nobody foresaw must not stop the reading
        log.error("record cannot be read", connector=connector, object=change.object, error=poison.where(error))
        return touchpoint.Touchpoint(
            connector=connector,
            kind=source.kind,
            object=source.object,
            record=plain.text(change.record)[: inward.LONGEST_ID],
            occurrence="",
            label="",
            happened_at=change.stamp or datetime.fromtimestamp(0, UTC),
            source=source.name,
            person=None,
            trouble=_trouble(error),
        )


def _trouble(error: Exception) -> str:
    return f"The record could not be made sense of, for a reason of our own ({type(error).__name__})."


def _began(marks: Mapping[str, base.Bookmark], change: base.Change, happened_at: datetime) -> bool:
    return happened_at >= marks[change.watch].started.replace(microsecond=0)


def _store(belt: belts.Belt, connector: str, page: base.Page, found: list[touchpoints.Found]) -> int:
    with belt.store.read() as tx:
        fresh = touchpoints.unknown(tx, found)
        moved = _moved(bookmarks.load(tx, connector), page.bookmarks)
    if not fresh and not moved:
        return 0
    fresh = _with_changes(belt, connector, fresh)
    try:
        with belt.store.write() as tx:
            new = touchpoints.add(tx, fresh, belt.now())
            bookmarks.save(tx, connector, moved)
    except (sa.exc.OperationalError, sa.exc.InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - one of them cannot be stored as it is; found and stored without its values
        log.error("records cannot be stored at once", connector=connector, error=poison.where(error))
        new = _store_some(belt, fresh)
        with belt.store.write() as tx:
            bookmarks.save(tx, connector, moved)
    return new


def _with_changes(belt: belts.Belt, connector: str, fresh: list[touchpoints.Found]) -> list[touchpoints.Found]:
    """The new touchpoints with the changes of fields that rules compare. Raises what connectors raise: then nothing is stored."""
    try:
        made = changes.frozen(belt.connectors[connector], belt.sources[connector], [belt.rules], fresh)
        if made.untold and not belt.fields.has_looked(connector):
            _warn(belt, connector, changed.check(connector, belt.sources[connector], belt.rules, made.untold))
        return late.waiting(belt, connector, made.found)
    except errors.OutsideError:
        raise
    except Exception as error:  # noqa: BLE001 - a history that nobody foresaw must not stop the reading: it counts as not told
        log.error("changes of fields cannot be read", connector=connector, error=poison.where(error))
        return fresh


def _store_some(belt: belts.Belt, fresh: Sequence[touchpoints.Found]) -> int:
    """Store what can be stored as it is, and the rest as records that nobody can make sense of."""
    stored: list[int] = []

    def add(some: Sequence[touchpoints.Found]) -> None:
        with belt.store.write() as tx:
            stored.append(touchpoints.add(tx, some, belt.now()))

    def bare(one: touchpoints.Found, error: Exception) -> None:
        touch = dataclasses.replace(one.touch, person=None, account="", label="", context={}, trouble=_trouble(error))
        log.error("record cannot be stored", connector=touch.connector, record=touch.record, error=poison.where(error))
        add([touchpoints.Found(touch=touch, person=None)])

    poison.halved(fresh, add, bare)
    return sum(stored)


def _moved(stored: Mapping[str, base.Bookmark], read: Mapping[str, base.Bookmark]) -> dict[str, base.Bookmark]:
    """The bookmarks that went forward; a concurrent reader may have gone further already."""
    return {
        name: mark
        for name, mark in read.items()
        if name not in stored or (mark.stamp, mark.record) > (stored[name].stamp, stored[name].record)
    }
