"""The tables. Uniqueness lives here, as constraints, so that no step can do a thing twice.

Instants are aware and stored as UTC (SQLModel refuses naive ones). Columns that hold personal data can be
emptied (store/forgetting.py does), and no log ever prints them.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


def _index_where(name: str, condition: str, *columns: str, unique: bool = False) -> sa.Index:
    """An index over only those rows that wait for something: it stays small however many rows there are."""
    where = sa.text(condition)
    return sa.Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


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


class Person(SQLModel, table=True):
    """One human across all connectors, known only by the HMAC of an address, so that quarantine and opt-out outlive erasure."""

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    opted_out_at: datetime | None = None
    opted_out_by: str = ""
    """``page`` or ``mail``: through which door they said no."""


class PersonKey(SQLModel, table=True):
    """Every key by which a person is known: one human has several addresses, and may turn out to be two rows that become one."""

    __tablename__ = "person_key"

    key: str = Field(primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    phone: bool = False
    """Made of a phone number, which more than one person may share, rather than of an e-mail address."""


class Refusal(SQLModel, table=True):
    """A person who opted out in the CRM of one connector, as it was when a touchpoint of theirs was noticed last."""

    person_id: int = Field(foreign_key="person.id", primary_key=True)
    connector: str = Field(primary_key=True)
    at: datetime


class Touchpoint(SQLModel, table=True):
    """One moment a customer met us, frozen."""

    __table_args__ = (
        sa.UniqueConstraint("connector", "kind", "record", "occurrence"),
        _index_where("touchpoint_to_decide", "decide_at IS NOT NULL", "decide_at"),
        _index_where("touchpoint_to_forget", "NOT forgotten", "noticed_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    connector: str
    kind: str
    source: str
    object: str
    record: str = Field(index=True)
    occurrence: str
    label: str = Field(index=True)
    happened_at: datetime
    noticed_at: datetime
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    account: str = ""
    recipient: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON)
    context: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON)
    trouble: str = ""
    """What made the record unusable, empty when it is fine."""
    decide_at: datetime | None = None
    """When the decide step looks at it next; None once the verdict is final."""
    forgotten: bool = False
    """Its personal data is gone, here and in what hangs on it."""


class Decision(SQLModel, table=True):
    """The one verdict on one touchpoint, as it stands now; earlier ones are in the ledger."""

    __table_args__ = (
        _index_where("decision_to_invite", "invite", "id"),
        sa.Index("decision_of_person", "person_id", "asked_at"),
        _index_where("decision_to_tell", "tell", "id"),
        _index_where("decision_of_account", "asked_at IS NOT NULL", "account", "asked_at"),
        _index_where("decision_of_domain", "asked_at IS NOT NULL", "domain", "asked_at"),
        _index_where("decision_of_stratum", "asked_at IS NOT NULL", "stratum", "asked_at"),
        _index_where("decision_of_day", "asked_at IS NOT NULL", "asked_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    touchpoint_id: int = Field(foreign_key="touchpoint.id", unique=True)
    person_id: int | None = Field(default=None, foreign_key="person.id")
    verdict: str
    reason: str = Field(index=True)
    rule: str
    rule_version: str
    explanation: str
    checked: list[dict[str, Any]] = Field(sa_type=sa.JSON)
    plan: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON)
    decided_at: datetime
    asked_at: datetime | None = None
    """When the person is (or was) asked: the planned time until the message went, then that moment; None unless asked."""
    look_again_at: datetime | None = None
    invite: bool = False
    """An invitation is still to be made."""
    account: str = ""
    """What this asking counts as, until it is forgotten: connector and account, the e-mail domain, and rule and group."""
    domain: str = ""
    stratum: str = ""
    probability: float | None = None
    """How probable it was that the record came into the sample; None where none was drawn."""
    tell: bool | None = None
    """The verdict is still to be written onto the record; None where the settings had no field for it."""


class Invitation(SQLModel, table=True):
    """A question put to one person about one touchpoint. States: open, answered, expired, cancelled."""

    __table_args__ = (_index_where("invitation_to_expire", "state = 'open'", "expires_at"),)

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
    """One send of an invitation: the first message or a reminder.

    States: due, sending (claimed; a crash leaves it here), sent, unsure (may have gone; see ``[journey] unsure``),
    refused (the address is refused for good), cancelled.
    """

    __table_args__ = (
        sa.UniqueConstraint("invitation_id", "send"),
        _index_where("message_to_send", "state = 'due'", "connector", "due_at"),
        sa.Index("message_state", "state"),
    )

    id: int | None = Field(default=None, primary_key=True)
    invitation_id: int = Field(foreign_key="invitation.id")
    connector: str
    send: str
    """``invitation``, ``reminder-1`` …"""
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


class Answer(SQLModel, table=True):
    """What came back for an invitation, every version of it.

    States: provisional (a tap in the mail, not sent off), confirmed (counts), doubtful (kept apart: looks like a machine's, or
    came after a human's answer from elsewhere), replaced (the same person changed it), void (an admin withdrew it).
    """

    __table_args__ = (
        sa.UniqueConstraint("invitation_id", "version"),
        _index_where("answer_confirmed_once", "state = 'confirmed'", "invitation_id", unique=True),
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
        _index_where(
            "field_update_verdict_once", "answer_id IS NULL AND state = 'due'", "touchpoint_id", "object", "record", unique=True
        ),
        _index_where("field_update_to_write", "state = 'due'", "connector", "due_at"),
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


class RuleVersion(SQLModel, table=True):
    """One rule as it was in force from one moment to another; a text that comes back is in force again, in a row of its own."""

    __tablename__ = "rule_version"
    __table_args__ = (_index_where("rule_version_in_force", "until IS NULL", "rule", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    rule: str = Field(index=True)
    """Its name."""
    version: str
    """Hash of the text; decisions carry it."""
    text: dict[str, Any] = Field(sa_type=sa.JSON)
    since: datetime
    """When the service first ran with it."""
    until: datetime | None = None
    """When the service first ran without it; None while it is in force."""


class Event(SQLModel, table=True):
    """The ledger: one line per transition, never changed afterwards. No personal data in it."""

    id: int | None = Field(default=None, primary_key=True)
    touchpoint_id: int = Field(foreign_key="touchpoint.id", index=True)
    at: datetime
    step: str
    what: str
    detail: str = ""
