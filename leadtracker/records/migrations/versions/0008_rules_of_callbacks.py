"""Each site's rules for callback requests."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sites", sa.Column("callback", sa.JSON, nullable=False, server_default="{}"))


def downgrade() -> None:
    op.drop_column("sites", "callback")
