"""A call keeps the caller's name as the PBX knows it."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("caller_name", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("calls", "caller_name")
