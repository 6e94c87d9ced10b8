"""Bookmarks with tokens of the CRM's own"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "bookmark", sa.Column("token", sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default=sa.text("''"))
    )


def downgrade() -> None:
    op.drop_column("bookmark", "token")
