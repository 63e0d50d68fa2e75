"""Plans of how many numbers a site needs, what a number costs, and from when a site is warned."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plans",
        sa.Column(
            "site_id", sa.Integer, sa.ForeignKey("sites.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("plan", sa.JSON, nullable=False),
    )
    op.add_column("sites", sa.Column("number_price", sa.Integer))
    op.add_column("sites", sa.Column("currency", sa.Text, nullable=False, server_default="ILS"))
    op.add_column(
        "sites", sa.Column("most_overflow", sa.Float, nullable=False, server_default="0.01")
    )
    op.add_column(
        "sites", sa.Column("most_at_risk", sa.Float, nullable=False, server_default="0.35")
    )


def downgrade() -> None:
    for name in ("number_price", "currency", "most_overflow", "most_at_risk"):
        op.drop_column("sites", name)
    op.drop_table("plans")
