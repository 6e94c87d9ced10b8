"""Questions put to people: invitations and the messages that carry them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from store.tables import index


class Invitation(SQLModel, table=True):
    """A question put to one person about one touchpoint. States: open, answered, expired, cancelled."""

    __table_args__ = (index.where("invitation_to_expire", "state = 'open'", "expires_at"),)

    id: int | None = Field(default=None, primary_key=True)
    touchpoint_id: int = Field(foreign_key="touchpoint.id", unique=True)
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    token: str = Field(unique=True)
    survey: str
    language: str
    state: str
    made_at: datetime
    expires_at: datetime
    opened_at: datetime | None = None
    """First GET of the page, by whomever."""
    variant: str = ""
    """Name of the rule's variant that this person got; empty where the rule had none."""
    words: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON)
    """That variant's wording as it was then: ``subject`` and ``question``, each by language."""


class Message(SQLModel, table=True):
    """One send of an invitation: the first message, a reminder, or what takes its place over another channel.

    States: due, sending (claimed; a crash leaves it here), sent, unsure (may have gone; see ``[journey] unsure``),
    refused (the address is refused for good), bounced (taken, and come back later as undeliverable), cancelled.
    """

    __table_args__ = (
        sa.UniqueConstraint("invitation_id", "send"),
        index.where("message_to_send", "state = 'due'", "connector", "due_at"),
        sa.Index("message_state", "state", "invitation_id"),
        index.where("message_of_reference", "reference <> ''", "reference"),
        index.where("message_of_day", "sent_at IS NOT NULL", "channel", "sent_at"),
        index.where("message_to_number", "channel = 'sms'", "address"),
    )

    id: int | None = Field(default=None, primary_key=True)
    invitation_id: int = Field(foreign_key="invitation.id")
    connector: str
    send: str
    """``invitation``, ``reminder-1`` …, ``fallback-1`` …"""
    key: str = Field(unique=True)
    channel: str
    address: str | None = None
    state: str
    made_at: datetime
    due_at: datetime
    attempts: int = 0
    claimed_at: datetime | None = None
    sent_at: datetime | None = None
    reference: str = ""
    problem: str = ""
    delivered_at: datetime | None = None
    """When the far end said that the person's device or mailbox has it, where a channel tells."""
    parts: int | None = None
    """Of how many text messages it was made; None where that means nothing."""
    tried_at: datetime | None = None
    """When it was first tried: from then on it is not deferred for ever."""
    code: str = Field(default="", sa_column_kwargs={"server_default": sa.text("''")})
    """The far end's, of the last thing that went wrong: 5.1.1, 451 4.7.1, 30003 …"""


class Place(SQLModel, table=True):
    """Somewhere a survey can be answered without an invitation: a till with a QR code, a tablet, a shared link, a page of ours
    or of others."""

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    """In the link: short, upper case, no letters that look like digits."""
    name: str = Field(unique=True)
    way: str
    """``place`` (QR, NFC, kiosk), ``share`` or ``embed``."""
    survey: str
    made_at: datetime
    closed_at: datetime | None = None
    options: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON)
    """What its way needs: shifts, language, origins that may embed it ..."""
