"""Where those who decide were signed in from lately."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "signed_in",
        sa.Column("principal", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("principal", "address"),
    )
    op.create_index("ix_signed_in_at", "signed_in", ["at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("signed_in")
