"""How many hosts of its segment a reservation takes the place of; what stands reserved takes one."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and have the index answer for it."""
    with op.batch_alter_table("budget") as batch_op:
        batch_op.add_column(sa.Column("hosts", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table("budget") as batch_op:
        batch_op.alter_column("hosts", server_default=None)
    op.drop_index("budget_segment_in_force", "budget")
    op.create_index("budget_segment_in_force", "budget", ["segment", "in_force", "hosts"])


def downgrade() -> None:
    """Take back."""
    op.drop_index("budget_segment_in_force", "budget")
    op.create_index("budget_segment_in_force", "budget", ["segment", "in_force"])
    op.drop_column("budget", "hosts")
