"""What stands against a budget is answered from indexes alone."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ADDED = {
    "budget_scope_in_force": ["scope", "in_force"],
    "budget_at": ["at", "points", "approved"],
    "budget_detector_at": ["detector", "at", "approved", "points"],
    "budget_segment_at": ["segment", "at", "approved", "points"],
}


def upgrade() -> None:
    """Index by every window that is asked for."""
    op.drop_index("ix_budget_in_force", "budget")
    op.drop_index("budget_at", "budget")
    for name, columns in ADDED.items():
        op.create_index(name, "budget", columns)


def downgrade() -> None:
    """Take back."""
    for name in ADDED:
        op.drop_index(name, "budget")
    op.create_index("budget_at", "budget", ["at"])
    op.create_index("ix_budget_in_force", "budget", ["in_force"])
