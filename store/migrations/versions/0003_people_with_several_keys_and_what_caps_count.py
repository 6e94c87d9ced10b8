"""People with several keys, opt-outs in CRMs, and what caps, minimums and weights count"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ASKED = sa.text("asked_at IS NOT NULL")
_COUNTED = ("account", "domain", "stratum")


def upgrade() -> None:
    op.create_table(
        "person_key",
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("phone", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_person_key_person_id", "person_key", ["person_id"])
    # Those known by a phone number alone are taken for ones known by e-mail: nobody can tell from the key.
    op.execute(sa.text("INSERT INTO person_key (key, person_id, phone) SELECT key, id, false FROM person"))
    op.create_table(
        "refusal",
        sa.Column("person_id", sa.Integer(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("connector", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "connector"),
    )
    for name in _COUNTED:
        text = sqlmodel.sql.sqltypes.AutoString()
        op.add_column("decision", sa.Column(name, text, nullable=False, server_default=sa.text("''")))
        _index(f"decision_of_{name}", name, "asked_at")
    op.add_column("decision", sa.Column("probability", sa.Float(), nullable=True))
    _index("decision_of_day", "asked_at")


def _index(name: str, *columns: str) -> None:
    op.create_index(name, "decision", list(columns), sqlite_where=_ASKED, postgresql_where=_ASKED)


def downgrade() -> None:
    op.drop_index("decision_of_day", "decision")
    op.drop_column("decision", "probability")
    for name in _COUNTED:
        op.drop_index(f"decision_of_{name}", "decision")
        op.drop_column("decision", name)
    op.drop_table("refusal")
    op.drop_table("person_key")
