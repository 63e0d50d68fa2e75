"""What a lease knows of its visitor, and topics of a site."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OF_LEASES = (
    ("chosen", sa.Text, ""),
    ("source_key", sa.Text, ""),
    ("device", sa.Text, "desktop"),
    ("region", sa.Text, ""),
    ("topic", sa.Text, ""),
    ("levels", sa.JSON, "[]"),
    ("gaps", sa.JSON, "[]"),
    ("source_group", sa.Text, ""),
)


def upgrade() -> None:
    for name, kind, default in OF_LEASES:
        op.add_column("leases", sa.Column(name, kind(), nullable=False, server_default=default))
    op.add_column("sites", sa.Column("topics", sa.JSON(), nullable=False, server_default="{}"))


def downgrade() -> None:
    op.drop_column("sites", "topics")
    for name, _, _ in OF_LEASES:
        op.drop_column("leases", name)
