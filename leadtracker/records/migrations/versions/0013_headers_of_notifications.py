"""A notification keeps its headers, as some vendors sign their notifications there."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inbox", sa.Column("headers", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("inbox", "headers")
