"""First-time callers marked, what users said kept, recalibration; reports read indexes alone."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WORD_WAITS = sa.text("confirmed IS DISTINCT FROM heeded")
WORD_WAITS_SQLITE = sa.text("confirmed IS NOT heeded")
IS_TRUTH = sa.text("stated_right IS NOT NULL OR untold IS NOT NULL")
BY = ["by_channel", "by_source", "by_campaign", "by_landing"]
SHARED = ["call_pk", "p", "channel", "source", "campaign", "landing_page"]
COUNTED = ["started_at", "id", "site_id", "direction", "outcome", "talk_seconds", "caller"]


def upgrade() -> None:
    op.add_column(
        "calls", sa.Column("first_time", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.execute(
        "UPDATE calls SET first_time = true WHERE id IN (SELECT id FROM ("
        "SELECT id, row_number() OVER "
        "(PARTITION BY site_id, caller ORDER BY started_at, id) AS place FROM calls "
        "WHERE caller LIKE '+%' AND site_id IS NOT NULL "
        "AND direction NOT IN ('outgoing', 'internal')"
        ") AS numbered WHERE place = 1)"
    )
    op.drop_index("calls_started", "calls")
    op.create_index("calls_started", "calls", [*COUNTED[:6], "first_time", "original_call_id"])
    op.drop_index("calls_caller", "calls")
    op.create_index(
        "calls_caller",
        "calls",
        ["caller", "started_at", "id", "site_id", "direction", "first_time"],
    )
    op.add_column("verdicts", sa.Column("heeded", sa.Text))
    op.add_column("verdicts", sa.Column("stated_right", sa.Boolean))
    op.add_column("verdicts", sa.Column("matched", sa.JSON))
    op.execute("UPDATE verdicts SET lesson = NULL WHERE CAST(lesson AS TEXT) = 'null'")
    op.create_index(
        "verdicts_waiting",
        "verdicts",
        ["call_pk"],
        sqlite_where=WORD_WAITS_SQLITE,
        postgresql_where=WORD_WAITS,
    )
    op.create_index(
        "verdicts_truths",
        "verdicts",
        ["site_id", "call_pk", "stated", "stated_right", "untold", "untold_right"],
        sqlite_where=IS_TRUTH,
        postgresql_where=IS_TRUTH,
    )
    op.drop_index("shares_call", "shares")
    for name in BY:
        op.add_column("shares", sa.Column(name, sa.Float, nullable=False, server_default="1"))
    op.execute(
        "UPDATE shares SET by_channel = p, by_source = p, by_campaign = p, by_landing = p "
        "WHERE p < 1"
    )
    op.create_index("shares_call", "shares", [*SHARED, *BY])
    op.add_column("learned", sa.Column("shift", sa.Float, nullable=False, server_default="0"))
    op.add_column("learned", sa.Column("slope", sa.Float, nullable=False, server_default="1"))


def downgrade() -> None:
    op.drop_index("shares_call", "shares")
    for name in BY:
        op.drop_column("shares", name)
    op.create_index("shares_call", "shares", SHARED)
    for name in ("verdicts_truths", "verdicts_waiting"):
        op.drop_index(name, "verdicts")
    for name in ("heeded", "stated_right", "matched"):
        op.drop_column("verdicts", name)
    for name in ("shift", "slope"):
        op.drop_column("learned", name)
    op.drop_index("calls_caller", "calls")
    op.create_index("calls_caller", "calls", ["caller", "started_at", "id", "site_id", "direction"])
    op.drop_index("calls_started", "calls")
    op.create_index("calls_started", "calls", [*COUNTED, "channel", "source", "original_call_id"])
    op.drop_column("calls", "first_time")
