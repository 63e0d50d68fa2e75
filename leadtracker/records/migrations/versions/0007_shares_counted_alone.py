"""Shares repeat what reports count of their call, so that a report reads one index of one table."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
BY = ("by_channel", "by_source", "by_campaign", "by_landing")
OF_TOUCHPOINT = ("channel", "source", "campaign", "landing_page")
OF_CALL = ("started_at", "site_id", "outcome", "talk_seconds", "first_time")
COUNTED = [
    "started_at",
    "came_in",
    "site_id",
    *OF_TOUCHPOINT,
    *BY,
    "outcome",
    "talk_seconds",
    "first_time",
]


def upgrade() -> None:
    op.create_table(
        "shares_filled",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("call_pk", BIG, sa.ForeignKey("calls.id", ondelete="CASCADE"), nullable=False),
        sa.Column("p", sa.Float, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in OF_TOUCHPOINT),
        *(sa.Column(name, sa.Float, nullable=False) for name in BY),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("site_id", sa.Integer),
        sa.Column("came_in", sa.Boolean, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("talk_seconds", sa.Integer, nullable=False),
        sa.Column("first_time", sa.Boolean, nullable=False),
    )
    kept, repeated = ", ".join(("call_pk", "p", *OF_TOUCHPOINT, *BY)), ", ".join(OF_CALL)
    op.execute(
        f"INSERT INTO shares_filled ({kept}, {repeated}, came_in) "  # noqa: S608 # column names
        f"SELECT {', '.join(f'shares.{name}' for name in kept.split(', '))}, "
        f"{', '.join(f'calls.{name}' for name in OF_CALL)}, "
        "calls.direction NOT IN ('outgoing', 'internal') AND calls.original_call_id IS NULL "
        "FROM shares JOIN calls ON calls.id = shares.call_pk ORDER BY shares.id"
    )
    op.drop_table("shares")
    op.rename_table("shares_filled", "shares")
    op.create_index("shares_call", "shares", ["call_pk", *OF_TOUCHPOINT, "p"])
    op.create_index("shares_counted", "shares", COUNTED)


def downgrade() -> None:
    op.drop_index("shares_counted", "shares")
    op.drop_index("shares_call", "shares")
    for name in (*OF_CALL, "came_in"):
        op.drop_column("shares", name)
    op.create_index("shares_call", "shares", ["call_pk", "p", *OF_TOUCHPOINT, *BY])
