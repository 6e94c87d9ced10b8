"""Indexes over part of a table."""

import sqlalchemy as sa


def where(name: str, condition: str, *columns: str, unique: bool = False) -> sa.Index:
    """An index over only those rows that wait for something: it stays small however many rows there are."""
    text = sa.text(condition)
    return sa.Index(name, *columns, unique=unique, sqlite_where=text, postgresql_where=text)
