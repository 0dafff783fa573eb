"""Whether people can sign in with the identity provider; whether our secret there can be read, `secrets` says."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

from console.cli.doctor.lines import Line, away, bad, odd, well
from engine.errors import TargetRefused, TargetUnavailable
from engine.settings import Settings

if TYPE_CHECKING:
    from engine.model.sign_in import OidcSettings

MEND = "mend `oidc` in the settings: docs/settings.md says what it needs"
MEANWHILE = "let the way to it be open; `fireline sessions open` signs people in meanwhile"


def sign_in(settings: Settings) -> Iterator[Line]:
    """What the provider says of itself, where it sends browsers back to, and who is known by it."""
    if settings.oidc is not None:
        yield _provider(settings.oidc)
        yield _way_back(settings)
        yield _known(settings)


def _provider(given: "OidcSettings") -> Line:
    # Imported here: it brings an HTTP client.
    from console.api.oidc import discover

    try:
        _, keys = asyncio.run(discover(given))
    except TargetUnavailable as error:
        return away("sign-in", f"{given.issuer} cannot be asked: {error}", MEANWHILE)
    except TargetRefused as error:
        return bad("sign-in", f"{given.issuer} says nothing of use: {error}", MEND)
    if not keys.keys:
        said = f"{given.issuer} publishes no key that may sign: no token of its is believed"
        return bad("sign-in", said, "have it sign by RS256 or ES256")
    return well("sign-in", f"{given.issuer} answers by that name, with {len(keys.keys)} keys that may sign")


def _way_back(settings: Settings) -> Line:
    from console.api.routes_sign_in import CALLBACK

    if settings.public_url is None:
        said = "browsers come back to this host alone: `public_url` is not set"
        return odd("sign-in", said, f"set it; the provider has to know `<public_url>{CALLBACK}` as redirect URI")
    address = f"{settings.public_url.rstrip('/')}{CALLBACK}"
    return well("sign-in", f"browsers come back to {address}, which the provider has to know as redirect URI")


def _known(settings: Settings) -> Line:
    from console.people import FilePeople

    known = sorted(one.id for one in FilePeople(settings.people_file).all() if one.oidc)
    if known:
        return well("sign-in", f"known by what it says: {', '.join(known)}")
    said = "nobody here is known by what it says: whoever signs in there is a stranger"
    return odd("sign-in", said, "put their subject there under `oidc` in people.yaml")
