"""Callback requests and the keys that programs ask with."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TAKEN = sa.text("state <> 'refused'")
BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TEXTS = (
    "origin",
    "visitor",
    "target",
    "name",
    "note",
    "state",
    "code",
    "message",
    "agent",
    "call_id",
    "day",
    "currency",
)
TIMES = ("due_at", "dialled_at", "answered_at", "ended_at")


def upgrade() -> None:
    op.create_table(
        "callbacks",
        sa.Column("pk", BIG, primary_key=True),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column(
            "site_id", sa.Integer, sa.ForeignKey("sites.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("accounts.id")),
        *(sa.Column(name, sa.Text, nullable=False) for name in TEXTS),
        sa.Column("campaign", sa.Text, nullable=False, server_default=""),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True)) for name in TIMES),
        sa.Column("call_pk", BIG, sa.ForeignKey("calls.id", ondelete="SET NULL")),
        sa.Column("talk_seconds", sa.Integer, nullable=False),
        sa.Column("reserved", sa.Integer, nullable=False),
        sa.Column("spent", sa.Integer),
        sa.Column("settled", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_index(
        "callbacks_id",
        "callbacks",
        ["site_id", "id"],
        unique=True,
        sqlite_where=TAKEN,
        postgresql_where=TAKEN,
    )
    op.create_index("callbacks_asked", "callbacks", ["id"])
    op.create_index("callbacks_made", "callbacks", ["made_at", "pk"])
    op.create_index("callbacks_site_made", "callbacks", ["site_id", "made_at", "pk"])
    op.create_index("callbacks_day", "callbacks", ["site_id", "day"])
    op.create_index("callbacks_state", "callbacks", ["state", "dialled_at"])
    op.create_index("callbacks_call", "callbacks", ["account_id", "call_id"])
    op.create_index("callbacks_call_pk", "callbacks", ["call_pk"])
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "site_id",
            sa.Integer,
            sa.ForeignKey("sites.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("api_keys")
    op.drop_table("callbacks")
