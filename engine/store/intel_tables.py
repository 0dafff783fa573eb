"""The tables of intelligence; see `engine.store.tables` for how tables are made."""

from sqlalchemy import BigInteger, Column, Text
from sqlmodel import Field, SQLModel


def _text() -> Column[str]:
    return Column(Text, nullable=False)


class IntelImportRow(SQLModel, table=True):
    """A file of intelligence that was taken in whole; rows of imports that have none here do not count."""

    __tablename__ = "intel_import"
    number: int = Field(primary_key=True, sa_type=BigInteger)
    sha256: str = Field(index=True)
    feed: str
    body: str = Field(sa_column=_text())


class IndicatorRow(SQLModel, table=True):
    """One version of an indicator, as one import brought it; the newest of an import that counts is in force."""

    __tablename__ = "indicator"
    key: str = Field(primary_key=True)
    number: int = Field(primary_key=True, index=True, sa_type=BigInteger)
    body: str = Field(sa_column=_text())


class WarningListRow(SQLModel, table=True):
    """A warning list in its newest version."""

    __tablename__ = "warning_list"
    name: str = Field(primary_key=True)
    number: int = Field(sa_type=BigInteger)
    body: str = Field(sa_column=_text())
