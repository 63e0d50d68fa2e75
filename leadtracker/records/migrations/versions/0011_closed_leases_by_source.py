"""A DID's closed leases lie by source and level, the order in which a ringing phone asks."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KINDS: dict[str, Any] = {
    "did": sa.Text(),
    "source": sa.Text(),
    "level": sa.Integer(),
    "day": sa.Integer(),
}


def upgrade() -> None:
    _lie_by("did", "source", "level", "day")


def downgrade() -> None:
    _lie_by("did", "day", "source", "level")


def _lie_by(*key: str) -> None:
    op.rename_table("closed_leases", "closed_leases_before")
    after = op.create_table(
        "closed_leases",
        *(sa.Column(name, KINDS[name], nullable=False) for name in key),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(*key, name="closed_leases_by_" + key[1]),
        sqlite_with_rowid=False,
    )
    before = sa.table("closed_leases_before", *(sa.column(each.name) for each in after.columns))
    op.execute(sa.insert(after).from_select(list(after.columns), sa.select(*before.columns)))
    op.drop_table("closed_leases_before")
