"""What came back, by which signs it is believed or not, and what the CRM is told."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from store.tables import index


class Answer(SQLModel, table=True):
    """What came back for an invitation, every version of it.

    States: provisional (a tap in the mail, not sent off), confirmed (counts), doubtful (kept apart: looks like a machine's, or
    came after a human's answer from elsewhere), replaced (the same person changed it), void (an admin withdrew it).
    """

    __table_args__ = (
        sa.UniqueConstraint("invitation_id", "version"),
        index.where("answer_confirmed_once", "state = 'confirmed'", "invitation_id", unique=True),
        sa.Index("answer_state", "state", "invitation_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    invitation_id: int = Field(foreign_key="invitation.id")
    version: int
    """0 is the provisional one, the rest count up."""
    state: str
    value: int
    comment: str | None = None
    nonce: str | None = Field(default=None, unique=True)
    at: datetime
    sign: str = ""
    """Key of the sign that made it doubtful; kept when it is released, so that false alarms can be counted."""
    doubt: str = Field(default="", sa_column_kwargs={"server_default": sa.text("''")})
    """The same in a sentence, with the figures of this post."""
    extras: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON)
    """What was said to the survey's further questions, by their keys."""
    language: str = Field(default="", sa_column_kwargs={"server_default": sa.text("''")})
    """In which the page was shown; with the next three, what may have had an effect on the figure."""
    channel: str = Field(default="", sa_column_kwargs={"server_default": sa.text("''")})
    """Over which the person came: that of the message, or how the place was entered (place, kiosk, share, embed)."""
    device: str = Field(default="", sa_column_kwargs={"server_default": sa.text("''")})
    """Its class: phone, desktop or kiosk; empty where the browser did not tell."""
    wording: str = Field(default="", sa_column_kwargs={"server_default": sa.text("''")})
    """Hash of the question as it was put: figures of different wordings are not one series."""
    visitor: str | None = None
    """Keyed hash of where it came from, to tell a second person from a second try; forgotten with the rest."""


class Fetch(SQLModel, table=True):
    """One request for a link of one invitation: what tells a machine from a person, kept only as long as that needs."""

    __table_args__ = (
        sa.Index("fetch_of_invitation", "invitation_id", "at"),
        sa.Index("fetch_at", "at"),
        index.where("fetch_of_visitor", "link = 'post'", "visitor", "at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    invitation_id: int = Field(foreign_key="invitation.id")
    at: datetime
    link: str
    """Which one: ``page``, ``value``, ``stop``, ``why``, ``post``."""
    value: int | None = None
    """The value that the link would choose, or that was posted."""
    visitor: str = ""
    """Keyed hash of where it came from."""
    sign: str = ""
    """What the request itself gave away: a client that names itself, a preview."""


class Tap(SQLModel, table=True):
    """One answer at a place by one device or browser: what tells repeats, kept for a day and on no answer itself."""

    __table_args__ = (sa.Index("tap_of_hand", "hand", "at"), sa.Index("tap_noted_at", "noted_at"))

    id: int | None = Field(default=None, primary_key=True)
    hand: str
    """Keyed hash of place, day and device or browser."""
    at: datetime
    """When it was given."""
    noted_at: datetime
    """When it was stored here."""
    answer_id: int = Field(foreign_key="answer.id")


class FieldUpdate(SQLModel, table=True):
    """Values for one CRM record: those of an answer or, without one, what else a touchpoint has to tell (``topic``).

    States: due, done, dead (a person must look), replaced (a newer answer or verdict took its place).
    """

    __tablename__ = "field_update"
    __table_args__ = (
        sa.UniqueConstraint("answer_id", "object", "record"),
        index.where(
            "field_update_verdict_once",
            "answer_id IS NULL AND state = 'due'",
            "topic",
            "touchpoint_id",
            "object",
            "record",
            unique=True,
        ),
        index.where("field_update_link", "topic = 'link' AND state <> 'replaced'", "record"),
        index.where("field_update_to_write", "state = 'due'", "connector", "due_at"),
        sa.Index("field_update_state", "state", "touchpoint_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    answer_id: int | None = Field(default=None, foreign_key="answer.id")
    topic: str = Field(default="answer", sa_column_kwargs={"server_default": sa.text("'answer'")})
    """What it is about: ``answer``, ``verdict``, ``link`` (of the survey page), ``link_over`` (takes it away again),
    ``address`` (that does not work)."""
    touchpoint_id: int = Field(foreign_key="touchpoint.id", index=True)
    connector: str
    object: str
    record: str
    fields: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON)
    state: str
    made_at: datetime
    due_at: datetime
    attempts: int = 0
    done_at: datetime | None = None
    code: str = ""
    problem: str = ""
