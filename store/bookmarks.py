"""Bookmarks: how far each watch has been read."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from connectors import base
from store import rows, tables

BOOKMARK = rows.table(tables.Bookmark)


def load(tx: sa.Connection, connector: str) -> dict[str, base.Bookmark]:
    """Watch name → bookmark, for the watches of this connector that have been begun."""
    query = sa.select(BOOKMARK).where(BOOKMARK.c.connector == connector)
    return {
        row.watch: base.Bookmark(stamp=row.stamp, record=row.record, started=row.started, token=row.token)
        for row in tx.execute(query)
    }


def save(tx: sa.Connection, connector: str, bookmarks: Mapping[str, base.Bookmark]) -> None:
    """Move these bookmarks; in the transaction that stores what was read up to them, and in no other."""
    for watch, mark in bookmarks.items():
        values = {"stamp": mark.stamp, "record": mark.record, "started": mark.started, "token": mark.token}
        moved = tx.execute(
            sa.update(BOOKMARK).where(BOOKMARK.c.connector == connector, BOOKMARK.c.watch == watch).values(**values)
        )
        if moved.rowcount == 0:
            tx.execute(sa.insert(BOOKMARK).values(connector=connector, watch=watch, **values))


def slowest() -> sa.Select[tuple[str, datetime]]:
    """Connector and the stamp up to which all its watches have been read."""
    stamp = sa.func.min(BOOKMARK.c.stamp, type_=BOOKMARK.c.stamp.type).label("stamp")
    return sa.select(BOOKMARK.c.connector, stamp).group_by(BOOKMARK.c.connector)
