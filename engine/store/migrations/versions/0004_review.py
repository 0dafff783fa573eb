"""What people judge: the review queue, cases, trust, sources; and requests found by who asked."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

REQUEST = sa.table("request", *(sa.column(name, sa.String()) for name in ("id", "requester", "body")))


def upgrade() -> None:
    """Create the tables, and fill the new column from the requests there are."""
    with op.batch_alter_table("request") as batch_op:
        batch_op.add_column(sa.Column("requester", sa.String(), nullable=False, server_default=""))
    connection = op.get_bind()
    for row in connection.execute(sa.select(REQUEST.c.id, REQUEST.c.body)).all():
        requester = json.loads(row.body).get("requester", "")
        connection.execute(sa.update(REQUEST).where(REQUEST.c.id == row.id).values(requester=requester))
    with op.batch_alter_table("request") as batch_op:
        batch_op.alter_column("requester", server_default=None)
        batch_op.create_index(batch_op.f("ix_request_requester"), ["requester"], unique=False)

    op.create_table(
        "judged",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("detector", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("criticality", sa.String(), nullable=False),
        sa.Column("right", sa.Boolean(), nullable=False),
        sa.Column("harmful", sa.Boolean(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject"),
    )
    with op.batch_alter_table("judged", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_judged_incident_id"), ["incident_id"], unique=False)
        batch_op.create_index("judged_detector", ["detector", "version"], unique=False)

    op.create_table(
        "trust",
        sa.Column("detector", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("detector", "version"),
    )

    op.create_table(
        "review",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("finding_id", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_finding_id"), ["finding_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_review_state"), ["state"], unique=False)

    op.create_table(
        "source",
        sa.Column("product", sa.String(), nullable=False),
        sa.Column("detector", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("product", "detector"),
    )

    op.create_table(
        "source_hour",
        sa.Column("product", sa.String(), nullable=False),
        sa.Column("detector", sa.String(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("findings", sa.Integer(), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("product", "detector", "hour"),
    )
    with op.batch_alter_table("source_hour", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_source_hour_hour"), ["hour"], unique=False)

    op.create_table(
        "watched_hour",
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hour"),
    )


def downgrade() -> None:
    """Take back."""
    for name in ("watched_hour", "source_hour", "source", "review", "trust", "judged"):
        op.drop_table(name)
    with op.batch_alter_table("request") as batch_op:
        batch_op.drop_index(batch_op.f("ix_request_requester"))
        batch_op.drop_column("requester")
