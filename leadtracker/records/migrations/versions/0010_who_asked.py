"""The newest callback request of a visitor, or to a number, is found while the telephone rings."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("callbacks_visitor", "callbacks", ["visitor", "pk"])
    op.create_index("callbacks_target", "callbacks", ["target", "pk"])


def downgrade() -> None:
    op.drop_index("callbacks_target", "callbacks")
    op.drop_index("callbacks_visitor", "callbacks")
