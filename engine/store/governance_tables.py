"""The tables of governance; see `engine.store.tables` for how tables are made."""

from sqlalchemy import BigInteger, Column, Text
from sqlmodel import Field, SQLModel


def _text() -> Column[str]:
    return Column(Text, nullable=False)


class BundleRow(SQLModel, table=True):
    """The texts of a policy or a set of playbooks, by digest; never changed and never deleted."""

    __tablename__ = "bundle"
    kind: str = Field(primary_key=True)
    digest: str = Field(primary_key=True)
    body: str = Field(sa_column=_text())


class ProposalRow(SQLModel, table=True):
    """Something proposed; people's votes on it stand in `vote` under its id."""

    __tablename__ = "proposal"
    id: str = Field(primary_key=True)
    kind: str
    state: str = Field(index=True)
    body: str = Field(sa_column=_text())


class ActivationRow(SQLModel, table=True):
    """Something that became active; of each kind the highest number is active now."""

    __tablename__ = "activation"
    kind: str = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_type=BigInteger)
    digest: str
    body: str = Field(sa_column=_text())
