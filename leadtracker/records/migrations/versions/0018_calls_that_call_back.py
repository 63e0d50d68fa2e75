"""A call that calls somebody back counts for the campaign that brought them."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

COUNTED = (
    "started_at",
    "id",
    "site_id",
    "direction",
    "outcome",
    "talk_seconds",
    "first_time",
    "original_call_id",
)


def upgrade() -> None:
    op.add_column(
        "calls", sa.Column("called_back", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute(
        "UPDATE calls SET called_back = true"
        " WHERE id IN (SELECT call_pk FROM callbacks WHERE call_pk IS NOT NULL)"
    )
    op.execute(
        "UPDATE shares SET came_in = true WHERE outcome = 'answered' AND call_pk IN"
        " (SELECT id FROM calls WHERE called_back AND original_call_id IS NULL)"
    )
    op.drop_index("calls_started", "calls")
    op.create_index("calls_started", "calls", [*COUNTED, "called_back"])


def downgrade() -> None:
    op.drop_index("calls_started", "calls")
    op.create_index("calls_started", "calls", list(COUNTED))
    op.drop_column("calls", "called_back")
