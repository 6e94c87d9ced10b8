"""Answers from anywhere: what tells machines apart, places, addresses that do not work"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_Text = sqlmodel.sql.sqltypes.AutoString
_Instant = sqlmodel.sql.sqltypes.UTCDateTime
_ANSWER_FACTS = ("doubt", "language", "channel", "device", "wording")
_TOLD_ONCE = sa.text("answer_id IS NULL AND state = 'due'")
_IS_POST = sa.text("link = 'post'")
_HAS_REFERENCE = sa.text("reference <> ''")
_LINKS = sa.text("topic = 'link' AND state <> 'replaced'")
_WENT = sa.text("sent_at IS NOT NULL")
_BY_TEXT = sa.text("channel = 'sms'")
_STATES = {"answer": "invitation_id", "message": "invitation_id", "field_update": "touchpoint_id"}
"""Table → whose state is also asked for: by state alone, SQLite would look through all answers that count."""


def upgrade() -> None:
    op.add_column("answer", sa.Column("extras", sa.JSON(), nullable=True))
    for name in _ANSWER_FACTS:
        op.add_column("answer", sa.Column(name, _Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("answer", sa.Column("visitor", _Text(), nullable=True))
    op.create_table(
        "fetch",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("invitation_id", sa.Integer(), sa.ForeignKey("invitation.id"), nullable=False),
        sa.Column("at", _Instant(), nullable=False),
        sa.Column("link", _Text(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.Column("visitor", _Text(), nullable=False),
        sa.Column("sign", _Text(), nullable=False),
    )
    op.create_index("fetch_of_invitation", "fetch", ["invitation_id", "at"])
    op.create_index("fetch_at", "fetch", ["at"])
    op.create_index("fetch_of_visitor", "fetch", ["visitor", "at"], sqlite_where=_IS_POST, postgresql_where=_IS_POST)
    op.add_column("message", sa.Column("delivered_at", _Instant(), nullable=True))
    op.add_column("message", sa.Column("parts", sa.Integer(), nullable=True))
    op.add_column("message", sa.Column("tried_at", _Instant(), nullable=True))
    op.add_column("message", sa.Column("code", _Text(), nullable=False, server_default=sa.text("''")))
    op.create_index(
        "message_of_reference", "message", ["reference"], sqlite_where=_HAS_REFERENCE, postgresql_where=_HAS_REFERENCE
    )
    op.create_index("message_of_day", "message", ["channel", "sent_at"], sqlite_where=_WENT, postgresql_where=_WENT)
    op.create_index("message_to_number", "message", ["address"], sqlite_where=_BY_TEXT, postgresql_where=_BY_TEXT)
    op.create_table(
        "place",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("code", _Text(), nullable=False),
        sa.Column("name", _Text(), nullable=False),
        sa.Column("way", _Text(), nullable=False),
        sa.Column("survey", _Text(), nullable=False),
        sa.Column("made_at", _Instant(), nullable=False),
        sa.Column("closed_at", _Instant(), nullable=True),
        sa.Column("options", sa.JSON(), nullable=True),
        sa.UniqueConstraint("code"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "tap",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("hand", _Text(), nullable=False),
        sa.Column("at", _Instant(), nullable=False),
        sa.Column("noted_at", _Instant(), nullable=False),
        sa.Column("answer_id", sa.Integer(), sa.ForeignKey("answer.id"), nullable=False),
    )
    op.create_index("tap_of_hand", "tap", ["hand", "at"])
    op.create_index("tap_noted_at", "tap", ["noted_at"])
    op.create_table(
        "bad_address",
        sa.Column("key", _Text(), primary_key=True),
        sa.Column("channel", _Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=True),
        sa.Column("since", _Instant(), nullable=False),
        sa.Column("kind", _Text(), nullable=False),
        sa.Column("code", _Text(), nullable=False),
        sa.Column("problem", _Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.Column("message_id", sa.Integer(), sa.ForeignKey("message.id"), nullable=True),
    )
    op.create_index("ix_bad_address_person_id", "bad_address", ["person_id"])
    op.create_index("ix_bad_address_message_id", "bad_address", ["message_id"])
    op.create_table(
        "tally",
        sa.Column("name", _Text(), primary_key=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", _Instant(), nullable=False),
    )
    op.add_column("field_update", sa.Column("topic", _Text(), nullable=False, server_default=sa.text("'answer'")))
    op.execute(sa.text("UPDATE field_update SET topic = 'verdict' WHERE answer_id IS NULL"))
    op.drop_index("field_update_verdict_once", "field_update")
    _told_once("topic", "touchpoint_id", "object", "record")
    op.create_index("field_update_link", "field_update", ["record"], sqlite_where=_LINKS, postgresql_where=_LINKS)
    for table, of in _STATES.items():
        op.drop_index(f"{table}_state", table)
        op.create_index(f"{table}_state", table, ["state", of])


def _told_once(*columns: str) -> None:
    op.create_index(
        "field_update_verdict_once",
        "field_update",
        list(columns),
        unique=True,
        sqlite_where=_TOLD_ONCE,
        postgresql_where=_TOLD_ONCE,
    )


def downgrade() -> None:
    for table in _STATES:
        op.drop_index(f"{table}_state", table)
        op.create_index(f"{table}_state", table, ["state"])
    op.drop_index("field_update_link", "field_update")
    op.drop_index("field_update_verdict_once", "field_update")
    op.execute(sa.text("DELETE FROM field_update WHERE topic IN ('link', 'link_over', 'address')"))
    op.drop_column("field_update", "topic")
    _told_once("touchpoint_id", "object", "record")
    op.drop_table("tally")
    op.drop_table("bad_address")
    op.drop_table("tap")
    op.drop_table("place")
    op.drop_index("message_to_number", "message")
    op.drop_index("message_of_day", "message")
    op.drop_index("message_of_reference", "message")
    op.drop_column("message", "code")
    op.drop_column("message", "tried_at")
    op.drop_column("message", "parts")
    op.drop_column("message", "delivered_at")
    op.drop_table("fetch")
    op.drop_column("answer", "visitor")
    for name in reversed(_ANSWER_FACTS):
        op.drop_column("answer", name)
    op.drop_column("answer", "extras")
