"""A phone that only a page told stands apart; a site's back end may sign phones."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sites", sa.Column("signing_secret", sa.Text, nullable=False, server_default=""))
    op.add_column("leases", sa.Column("network", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "told_phones",
        sa.Column(
            "site_id",
            sa.Integer,
            sa.ForeignKey("sites.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("phone", sa.Text, primary_key=True),
        sa.Column("visitor", sa.Text, primary_key=True),
        sa.Column("network", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("told_phones_visitor", "told_phones", ["site_id", "visitor"])
    op.create_index("told_phones_network", "told_phones", ["site_id", "network"])
    op.execute(
        "INSERT INTO told_phones (site_id, phone, visitor, network, at)"
        " SELECT site_id, phone, visitor, '', at FROM known_phones WHERE said_by = 'page'"
    )
    op.execute("DELETE FROM known_phones WHERE said_by = 'page'")


def downgrade() -> None:
    op.execute(
        "INSERT INTO known_phones (site_id, phone, visitor, said_by, at)"
        " SELECT site_id, phone, visitor, 'page', at FROM told_phones AS told WHERE NOT EXISTS"
        " (SELECT 1 FROM known_phones AS known WHERE known.site_id = told.site_id"
        " AND known.phone = told.phone AND known.visitor = told.visitor)"
    )
    op.drop_table("told_phones")
    op.drop_column("leases", "network")
    op.drop_column("sites", "signing_secret")
