"""Secrets by reference: read where they are used, each time, and kept nowhere, but a vault's for as long as it says.

Rules: 1. What fails names the reference, never the value. 2. A file that others may read is refused. 3. None is read
by a workflow, a rule or an action: only at a door, and by what speaks to the outside. 4. A vault is not waited for
while rows are written: what a vote is checked by stands in the environment or a file.
"""

import asyncio
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from engine.errors import InvalidInput
from engine.model.channel import Secret
from engine.vault import Vault

LONGEST = 4096


def reveal(reference: Secret) -> str:
    """What stands at `env:NAME`, `file:/path`, `keyring:SERVICE/NAME` or `vault:MOUNT/PATH#FIELD`.

    Raises `InvalidInput` where there is nothing, or others may read it; `SecretAway` where that may pass. A vault is
    waited for: within a loop that serves others, ask by `fetch`.
    """
    source, _, name = reference.partition(":")
    value = SOURCES[source](name, reference).strip()
    if not value:
        raise InvalidInput(f"there is no secret at `{reference}`")
    if len(value) > LONGEST:
        raise InvalidInput(f"the secret at `{reference}` is longer than {LONGEST} characters")
    return value


async def fetch(reference: Secret) -> str:
    """The same, and nobody else is kept waiting."""
    return await asyncio.to_thread(reveal, reference)


def _in_environment(name: str, reference: str) -> str:
    return os.environ.get(name, "")


def _in_file(name: str, reference: str) -> str:
    """Rule 2."""
    try:
        with Path(name).open() as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
                raise InvalidInput(f"the secret at `{reference}` may be read by others: chmod 600 it")
            return file.read(LONGEST + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"the secret at `{reference}` cannot be read: {type(error).__name__}") from None


def _in_keyring(name: str, reference: str) -> str:
    try:
        # Imported here: an extra, for sites that have such a thing.
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise InvalidInput(f"the secret at `{reference}` takes the extra `keyring`, which is not installed") from None
    service, _, entry = name.partition("/")
    try:
        return keyring.get_password(service, entry) or ""
    except KeyringError as error:
        raise InvalidInput(f"the secret at `{reference}` cannot be read: {type(error).__name__}") from None


SOURCES: Mapping[str, Callable[[str, str], str]] = {
    "env": _in_environment,
    "file": _in_file,
    "keyring": _in_keyring,
    "vault": Vault(_in_file).reveal,
}
"""Name and whole reference -> what stands there, by the word that a reference begins with."""
