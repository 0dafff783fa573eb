"""API tokens by id and by owner."""

from collections.abc import Sequence

from sqlalchemy import Column, Connection, Text
from sqlmodel import Field, SQLModel

from engine.model.api_token import ApiToken
from engine.store.rows import Rows


class ApiTokenRow(SQLModel, table=True):
    """One token; revoked and expired ones stay, so that what was done with them can be explained."""

    __tablename__ = "api_token"
    id: str = Field(primary_key=True)
    principal: str = Field(index=True)
    body: str = Field(sa_column=Column(Text, nullable=False))


class ApiTokens:
    """Tokens as they are kept."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, ApiTokenRow, ApiToken)

    def get(self, token_id: str) -> ApiToken | None:
        """The token, if there is one."""
        return self._rows.one(id=token_id)

    def of(self, principal: str) -> Sequence[ApiToken]:
        """Everything one principal ever had, oldest first."""
        return self._rows.all(principal=principal)

    def all(self) -> Sequence[ApiToken]:
        """Every token there was, oldest first."""
        return self._rows.all()

    def insert(self, token: ApiToken) -> None:
        """Add a token."""
        self._rows.insert(token, id=token.id, principal=token.principal)

    def save(self, token: ApiToken) -> None:
        """Keep what changed of it."""
        self._rows.set(token, {"id": token.id})
