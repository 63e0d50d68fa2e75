"""A dialer may call several times for one request: each call's cost and failure are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("callbacks", sa.Column("calls", sa.JSON(), nullable=False, server_default="{}"))


def downgrade() -> None:
    op.drop_column("callbacks", "calls")
