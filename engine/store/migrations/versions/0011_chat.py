"""Requests in chat rooms, and who is who there."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "chat_thread",
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("room", "request_id"),
    )
    with op.batch_alter_table("chat_thread") as batch_op:
        batch_op.create_index(batch_op.f("ix_chat_thread_pending"), ["pending"], unique=False)
    op.create_table(
        "chat_enrolment",
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("room", "user"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("chat_enrolment")
    op.drop_table("chat_thread")
