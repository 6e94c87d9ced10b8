"""How far each connector is read, and how everybody outside is doing."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class Bookmark(SQLModel, table=True):
    """How far one watch of one connector has been read."""

    connector: str = Field(primary_key=True)
    watch: str = Field(primary_key=True)
    stamp: datetime
    record: str
    started: datetime
    token: str = ""
    """What the CRM wants to be shown next time, where it is read by tokens of its own."""


class Health(SQLModel, table=True):
    """How one outside party (``connectors.acme``, ``channels.email``) is doing; written when it changes, and each round."""

    subject: str = Field(primary_key=True)
    ok_at: datetime | None = None
    """When it last did what was asked."""
    failing_since: datetime | None = None
    problem: str = ""
    remedy: str = ""
    calls: int = 0
    day_limit: int | None = None
    day_used: int | None = None


class Tally(SQLModel, table=True):
    """How often something came in from outside that led to nothing: reports about messages that we never sent, and the like."""

    name: str = Field(primary_key=True)
    count: int
    last_at: datetime
