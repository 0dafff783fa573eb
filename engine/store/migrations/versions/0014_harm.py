"""Effects that did harm and were taken back for it."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "step_down",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("step_down") as batch_op:
        for column in ("action", "incident_id"):
            batch_op.create_index(batch_op.f(f"ix_step_down_{column}"), [column], unique=False)


def downgrade() -> None:
    """Drop it."""
    op.drop_table("step_down")
