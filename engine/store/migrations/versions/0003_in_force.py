"""What is in force, found by index: the targets of an action's leases, and reservations that still count."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

LEASE = sa.table("lease", *(sa.column(name, sa.String()) for name in ("id", "action", "target", "body")))


def upgrade() -> None:
    """Add the columns, fill them from the leases there are, and index them."""
    with op.batch_alter_table("lease") as batch_op:
        batch_op.add_column(sa.Column("action", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("target", sa.String(), nullable=False, server_default=""))
    connection = op.get_bind()
    for row in connection.execute(sa.select(LEASE.c.id, LEASE.c.body)).all():
        body = json.loads(row.body)
        values = {"action": body["action"], "target": body["target"]}
        connection.execute(sa.update(LEASE).where(LEASE.c.id == row.id).values(values))
    with op.batch_alter_table("lease") as batch_op:
        batch_op.alter_column("action", server_default=None)
        batch_op.alter_column("target", server_default=None)
        batch_op.create_index("lease_action_state", ["action", "state"], unique=False)
    with op.batch_alter_table("budget") as batch_op:
        batch_op.create_index(batch_op.f("ix_budget_in_force"), ["in_force"], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("budget") as batch_op:
        batch_op.drop_index(batch_op.f("ix_budget_in_force"))
    with op.batch_alter_table("lease") as batch_op:
        batch_op.drop_index("lease_action_state")
        batch_op.drop_column("target")
        batch_op.drop_column("action")
