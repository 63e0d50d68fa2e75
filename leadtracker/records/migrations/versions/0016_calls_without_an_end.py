"""Calls that have not ended are found without reading all others."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

OPEN = sa.text("phase <> 'ended'")


def upgrade() -> None:
    op.create_index("calls_open", "calls", ["started_at"], sqlite_where=OPEN, postgresql_where=OPEN)


def downgrade() -> None:
    op.drop_index("calls_open", "calls")
