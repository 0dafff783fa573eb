"""What signs a browser in once is a link; tickets are those of ticket systems."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Name the table so, and the way in which sessions were opened."""
    _rename("ticket", "sign_in_link")
    _say("ticket", "link")


def downgrade() -> None:
    """Name them as before."""
    _say("link", "ticket")
    _rename("sign_in_link", "ticket")


def _rename(was: str, becomes: str) -> None:
    op.drop_index(f"ix_{was}_made", was)
    op.rename_table(was, becomes)
    op.create_index(f"ix_{becomes}_made", becomes, ["made"])


def _say(was: str, becomes: str) -> None:
    # Within a text of JSON its quotes are escaped, so this is found where the field is and nowhere else.
    spelled = {"was": f'"way":"{was}"', "becomes": f'"way":"{becomes}"'}
    op.execute(sa.text("UPDATE session SET body = replace(body, :was, :becomes)").bindparams(**spelled))
