"""Addresses that may be secrets themselves."""

from engine.errors import InvalidInput
from engine.model.channel import secured
from engine.secrets import fetch


async def url_at(written: str) -> str:
    """The URL as it is written, or the one that stands where `written` says; by TLS, or on this host.

    Raises what `engine.secrets.fetch` raises, and `InvalidInput`, which does not show it.
    """
    if written.startswith("http"):
        return written
    url = await fetch(written)
    try:
        return secured(url)
    except ValueError as error:
        raise InvalidInput(f"the URL in `{written}` cannot be used: {error}") from None
