"""The notifications that tell of a call are found without reading those that add nothing."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_inbox_call_pk", "inbox")
    op.create_index("inbox_call", "inbox", ["call_pk", "state", "id"])


def downgrade() -> None:
    op.drop_index("inbox_call", "inbox")
    op.create_index("ix_inbox_call_pk", "inbox", ["call_pk"])
