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
        sa.Index("answer_state", "state"),
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
    """Why it is doubtful."""


class FieldUpdate(SQLModel, table=True):
    """Values for one CRM record: those of an answer or, without one, the verdict on the touchpoint.

    States: due, done, dead (a person must look), replaced (a newer answer or verdict took its place).
    """

    __tablename__ = "field_update"
    __table_args__ = (
        sa.UniqueConstraint("answer_id", "object", "record"),
        index.where(
            "field_update_verdict_once", "answer_id IS NULL AND state = 'due'", "touchpoint_id", "object", "record", unique=True
        ),
        index.where("field_update_to_write", "state = 'due'", "connector", "due_at"),
        sa.Index("field_update_state", "state"),
    )

    id: int | None = Field(default=None, primary_key=True)
    answer_id: int | None = Field(default=None, foreign_key="answer.id")
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
