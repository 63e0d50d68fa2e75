"""A user may have an extension of their own, at which the PBX rings them."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("account_key", sa.Text(), nullable=False, server_default=""))
    op.add_column("users", sa.Column("extension", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("users", "extension")
    op.drop_column("users", "account_key")
