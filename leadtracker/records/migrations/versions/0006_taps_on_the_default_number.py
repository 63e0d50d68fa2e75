"""Who tapped the default number is found by when, however many visitors had no number."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

WITHOUT_NUMBER = sa.text("did IS NULL")


def upgrade() -> None:
    op.create_index(
        "leases_without_number",
        "leases",
        ["site_id", "seen"],
        sqlite_where=WITHOUT_NUMBER,
        postgresql_where=WITHOUT_NUMBER,
    )


def downgrade() -> None:
    op.drop_index("leases_without_number", "leases")
