"""People, the keys they are known by, and what they refused."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


class Person(SQLModel, table=True):
    """One human across all connectors, known only by the HMAC of an address, so that quarantine and opt-out outlive erasure."""

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    opted_out_at: datetime | None = None
    opted_out_by: str = ""
    """``page``, ``complaint``, ``sms``: by which way they said no."""


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


class BadAddress(SQLModel, table=True):
    """An address that does not work, known by its keyed hash: nothing more is sent to it until somebody says it works again."""

    __tablename__ = "bad_address"

    key: str = Field(primary_key=True)
    """HMAC of channel and normalised address."""
    channel: str
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    since: datetime
    kind: str
    """``refused`` (while sending), ``bounced`` (came back), ``complaint`` (reported as unwanted), ``soft`` (messages came back
    for passing reasons, too few so far to give the address up)."""
    code: str = ""
    """The far end's: 5.1.1, 30003 ..."""
    problem: str = ""
    """Its words, without the address."""
    count: int = Field(default=1, sa_column_kwargs={"server_default": sa.text("1")})
    """How many messages did not arrive."""
    message_id: int | None = Field(default=None, foreign_key="message.id", index=True)
    """The latest of them."""
