"""What a site has learned, why a call is whose, and calls shared among touchpoints."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
MOMENT = sa.DateTime(timezone=True)


def key_of_site() -> sa.Column[int]:
    return sa.Column(
        "site_id", sa.Integer, sa.ForeignKey("sites.id", ondelete="CASCADE"), primary_key=True
    )


def upgrade() -> None:
    make_learned()
    make_phones()
    make_closed_leases()
    make_verdicts()
    make_shares()
    op.add_column(
        "sites", sa.Column("likely_name", sa.Text, nullable=False, server_default="likely {name}")
    )
    op.create_index("leases_source", "leases", ["site_id", "source_key"])
    keys = '["phone", "tel", "telephone", "mobile"]'
    op.add_column("sites", sa.Column("phone_keys", sa.JSON, nullable=False, server_default=keys))
    op.execute(
        "INSERT INTO shares (call_pk, p, channel, source, campaign, landing_page) "
        "SELECT id, 1.0, channel, source, campaign, landing_page FROM calls"
    )


def make_learned() -> None:
    op.create_table(
        "learned",
        key_of_site(),
        sa.Column("counts", sa.JSON, nullable=False),
        sa.Column("days", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_table(
        "hours",
        key_of_site(),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("begins", sa.Float, nullable=False),
        sa.Column("activity", sa.Float, nullable=False),
        sa.Column("local_hour", sa.Integer, nullable=False),
        sa.Column("weekday", sa.Integer, nullable=False),
        sa.Column("closed", sa.JSON, nullable=False),
    )


def make_phones() -> None:
    op.create_table(
        "phones",
        key_of_site(),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("remembered", sa.JSON, nullable=False),
    )
    op.create_table(
        "callers",
        key_of_site(),
        sa.Column("visitor", sa.Text, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("called", sa.JSON, nullable=False),
    )
    op.create_table(
        "known_phones",
        key_of_site(),
        sa.Column("phone", sa.Text, primary_key=True),
        sa.Column("visitor", sa.Text, primary_key=True),
        sa.Column("said_by", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_index("known_phones_visitor", "known_phones", ["site_id", "visitor"])


def make_closed_leases() -> None:
    op.create_table(
        "closed_leases",
        sa.Column("did", sa.Text, primary_key=True),
        sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, nullable=False),
    )


def make_verdicts() -> None:
    op.create_table(
        "verdicts",
        sa.Column("call_pk", BIG, sa.ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True),
        sa.Column(
            "site_id", sa.Integer, sa.ForeignKey("sites.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("rules", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("evidence", sa.LargeBinary, nullable=False),
        sa.Column("posterior", sa.LargeBinary, nullable=False),
        sa.Column("lesson", sa.JSON),
        sa.Column("days", sa.Integer, nullable=False),
        sa.Column("confirmed", sa.Text),
        sa.Column("confirmed_at", MOMENT),
        sa.Column("stated", sa.Float, nullable=False),
        sa.Column("untold", sa.Float),
        sa.Column("untold_right", sa.Boolean),
    )
    op.create_index("ix_verdicts_site_id", "verdicts", ["site_id"])


def make_shares() -> None:
    op.create_table(
        "shares",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("call_pk", BIG, sa.ForeignKey("calls.id", ondelete="CASCADE"), nullable=False),
        sa.Column("p", sa.Float, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("campaign", sa.Text, nullable=False),
        sa.Column("landing_page", sa.Text, nullable=False),
    )
    op.create_index(
        "shares_call", "shares", ["call_pk", "p", "channel", "source", "campaign", "landing_page"]
    )


def downgrade() -> None:
    op.drop_index("leases_source", "leases")
    op.drop_column("sites", "likely_name")
    op.drop_column("sites", "phone_keys")
    for name in (
        "shares",
        "verdicts",
        "closed_leases",
        "known_phones",
        "callers",
        "phones",
        "hours",
        "learned",
    ):
        op.drop_table(name)
