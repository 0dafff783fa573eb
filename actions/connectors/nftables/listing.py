"""What `nft -j list` writes, as typed records; fields of other versions are passed over."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue


class _Listed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Prefix(_Listed):
    """A network as nft writes it."""

    addr: str
    len: int


class PrefixValue(_Listed):
    """An element's value that is a network."""

    prefix: Prefix


class RangeValue(_Listed):
    """An element's value that is a range no prefix describes; never made by us."""

    range: tuple[str, str]


class ListedElement(_Listed):
    """One element with what is noted beside it; times are whole seconds."""

    val: Annotated[PrefixValue | RangeValue | JsonValue, Field(union_mode="left_to_right")]
    timeout: int | None = None
    expires: int | None = None
    comment: str = ""


def _annotated(value: JsonValue) -> JsonValue:
    """An element without time or comment is written as its bare value."""
    inner = value.get("elem") if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {"val": value}


class ListedTable(_Listed):
    """A table."""

    name: str


class ListedSet(_Listed):
    """A set with its elements."""

    name: str
    type: JsonValue = None
    flags: tuple[str, ...] = ()
    elem: tuple[Annotated[ListedElement, BeforeValidator(_annotated)], ...] = ()


class ListedChain(_Listed):
    """A chain; only base chains have a type, a hook and a priority."""

    name: str
    type: str | None = None
    hook: str | None = None
    prio: int | None = None


class ListedRule(_Listed):
    """A rule, with the handle by which it can be deleted."""

    chain: str
    handle: int
    comment: str = ""
    expr: tuple[JsonValue, ...] = ()


class _Item(_Listed):
    table: ListedTable | None = None
    set: ListedSet | None = None
    chain: ListedChain | None = None
    rule: ListedRule | None = None


class Listing(_Listed):
    """nft's whole answer."""

    nftables: tuple[_Item, ...]

    def tables(self) -> frozenset[str]:
        """Names of the tables."""
        return frozenset(item.table.name for item in self.nftables if item.table)

    def sets(self) -> tuple[ListedSet, ...]:
        """The sets with their elements."""
        return tuple(item.set for item in self.nftables if item.set)

    def chains(self) -> tuple[ListedChain, ...]:
        """The chains."""
        return tuple(item.chain for item in self.nftables if item.chain)

    def rules(self) -> tuple[ListedRule, ...]:
        """The rules, those of one chain in the order in which they are tried."""
        return tuple(item.rule for item in self.nftables if item.rule)
