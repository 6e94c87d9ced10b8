"""Variants on invitations, versions of rules, verdicts written onto records"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TELL = sa.text("tell")
_ONCE = sa.text("answer_id IS NULL AND state = 'due'")
_IN_FORCE = sa.text("until IS NULL")


def upgrade() -> None:
    op.add_column("decision", sa.Column("tell", sa.Boolean(), nullable=True))
    op.create_index("decision_to_tell", "decision", ["id"], sqlite_where=_TELL, postgresql_where=_TELL)
    op.add_column(
        "invitation", sa.Column("variant", sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default=sa.text("''"))
    )
    op.add_column("invitation", sa.Column("words", sa.JSON(), nullable=True))
    with op.batch_alter_table("field_update", schema=None) as batch_op:
        batch_op.alter_column("answer_id", existing_type=sa.Integer(), nullable=True)
    op.create_index(
        "field_update_verdict_once",
        "field_update",
        ["touchpoint_id", "object", "record"],
        unique=True,
        sqlite_where=_ONCE,
        postgresql_where=_ONCE,
    )
    op.create_table(
        "rule_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rule", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("version", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("text", sa.JSON(), nullable=False),
        sa.Column("since", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("until", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_rule_version_rule", "rule_version", ["rule"])
    op.create_index(
        "rule_version_in_force", "rule_version", ["rule"], unique=True, sqlite_where=_IN_FORCE, postgresql_where=_IN_FORCE
    )


def downgrade() -> None:
    op.drop_table("rule_version")
    op.drop_index("field_update_verdict_once", "field_update")
    op.execute(sa.text("DELETE FROM field_update WHERE answer_id IS NULL"))
    with op.batch_alter_table("field_update", schema=None) as batch_op:
        batch_op.alter_column("answer_id", existing_type=sa.Integer(), nullable=False)
    op.drop_column("invitation", "words")
    op.drop_column("invitation", "variant")
    op.drop_index("decision_to_tell", "decision")
    op.drop_column("decision", "tell")
