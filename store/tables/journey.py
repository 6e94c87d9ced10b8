"""What happened to customers, what was decided about it, and every transition since."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from store.tables import index


class Touchpoint(SQLModel, table=True):
    """One moment a customer met us, frozen."""

    __table_args__ = (
        sa.UniqueConstraint("connector", "kind", "record", "occurrence"),
        index.where("touchpoint_to_decide", "decide_at IS NOT NULL", "decide_at"),
        index.where("touchpoint_to_forget", "NOT forgotten", "noticed_at"),
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
        index.where("decision_to_invite", "invite", "id"),
        sa.Index("decision_of_person", "person_id", "asked_at"),
        index.where("decision_to_tell", "tell", "id"),
        index.where("decision_of_account", "asked_at IS NOT NULL", "account", "asked_at"),
        index.where("decision_of_domain", "asked_at IS NOT NULL", "domain", "asked_at"),
        index.where("decision_of_stratum", "asked_at IS NOT NULL", "stratum", "asked_at"),
        index.where("decision_of_day", "asked_at IS NOT NULL", "asked_at"),
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


class RuleVersion(SQLModel, table=True):
    """One rule as it was in force from one moment to another; a text that comes back is in force again, in a row of its own."""

    __tablename__ = "rule_version"
    __table_args__ = (index.where("rule_version_in_force", "until IS NULL", "rule", unique=True),)

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
