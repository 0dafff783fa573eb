"""Several requests on one card of a chat room; a card of before has the one that it was for."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of what stands where, and say of each card what it is about and when it was begun."""
    op.create_table(
        "chat_item",
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("card", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("room", "request_id"),
    )
    with op.batch_alter_table("chat_item") as batch_op:
        batch_op.create_index(batch_op.f("ix_chat_item_request_id"), ["request_id"], unique=False)
    op.execute("INSERT INTO chat_item (room, request_id, card) SELECT room, request_id, request_id FROM chat_thread")
    with op.batch_alter_table("chat_thread") as batch_op:
        batch_op.add_column(sa.Column("about", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("begun_at", sa.BigInteger(), nullable=False, server_default="0"))
    with op.batch_alter_table("chat_thread") as batch_op:
        batch_op.alter_column("about", server_default=None)
        batch_op.alter_column("begun_at", server_default=None)
        batch_op.create_index("chat_thread_about", ["room", "about"])
        batch_op.create_index("chat_thread_begun", ["room", "begun_at"])


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("chat_thread") as batch_op:
        batch_op.drop_index("chat_thread_begun")
        batch_op.drop_index("chat_thread_about")
        batch_op.drop_column("begun_at")
        batch_op.drop_column("about")
    op.drop_table("chat_item")
