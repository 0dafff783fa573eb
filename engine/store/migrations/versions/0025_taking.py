"""Which engine has the database: a row instead of a sequence, which jumps ahead where a server is killed."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; an engine of before that comes back is to find no turn that follows its own."""
    op.create_table("taking", sa.Column("id", sa.String(), nullable=False), sa.PrimaryKeyConstraint("id"))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP SEQUENCE IF EXISTS engine_turn")


def downgrade() -> None:
    """Drop it; the sequence was made by whoever counted with it."""
    op.drop_table("taking")
