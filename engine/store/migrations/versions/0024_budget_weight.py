"""How many things a reservation counts as in its own budget; what stands reserved counts as one."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

INDEXES = {"budget_scope_at": ["scope", "at"], "budget_scope_in_force": ["scope", "in_force"]}


def upgrade() -> None:
    """Add the column, and have the indexes answer for it."""
    with op.batch_alter_table("budget") as batch_op:
        batch_op.add_column(sa.Column("weight", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table("budget") as batch_op:
        batch_op.alter_column("weight", server_default=None)
    for name, columns in INDEXES.items():
        op.drop_index(name, "budget")
        op.create_index(name, "budget", [*columns, "weight"])


def downgrade() -> None:
    """Take back."""
    for name, columns in INDEXES.items():
        op.drop_index(name, "budget")
        op.create_index(name, "budget", columns)
    op.drop_column("budget", "weight")
