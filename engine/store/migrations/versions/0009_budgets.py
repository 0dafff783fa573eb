"""Budgets: what else a reservation counts against, what tripped, and how many findings came of whom."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and create the tables; what stands reserved counts against no detector and no segment."""
    with op.batch_alter_table("budget") as batch_op:
        batch_op.add_column(sa.Column("detector", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("segment", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("budget") as batch_op:
        batch_op.alter_column("detector", server_default=None)
        batch_op.alter_column("segment", server_default=None)
    op.create_table(
        "trip",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("standing", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("trip") as batch_op:
        batch_op.create_index(batch_op.f("ix_trip_standing"), ["standing"], unique=False)
    op.create_table(
        "arrived",
        sa.Column("detector", sa.String(), nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("findings", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("detector", "minute"),
    )
    with op.batch_alter_table("arrived") as batch_op:
        batch_op.create_index(batch_op.f("ix_arrived_minute"), ["minute"], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_table("arrived")
    op.drop_table("trip")
    with op.batch_alter_table("budget") as batch_op:
        batch_op.drop_column("segment")
        batch_op.drop_column("detector")
