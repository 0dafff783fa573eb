"""What is in force in a segment is answered from an index alone."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index by what is asked for."""
    op.create_index("budget_segment_in_force", "budget", ["segment", "in_force"])


def downgrade() -> None:
    """Take back."""
    op.drop_index("budget_segment_in_force", "budget")
