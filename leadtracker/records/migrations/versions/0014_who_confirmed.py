"""A confirmation keeps the name of the user who confirmed the caller."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("verdicts", sa.Column("confirmed_by", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("verdicts", "confirmed_by")
