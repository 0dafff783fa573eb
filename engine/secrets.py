"""Secrets by reference: read where they are used, each time, and kept nowhere.

Rules: 1. What fails names the reference, never the value. 2. A file that others may read is refused.
"""

import os
import stat
from pathlib import Path

from engine.errors import InvalidInput
from engine.model.channel import Secret

LONGEST = 4096


def reveal(reference: Secret) -> str:
    """What stands at `env:NAME` or `file:/path`; raise `InvalidInput` where there is nothing, or others may read it."""
    source, _, name = reference.partition(":")
    value = os.environ.get(name, "") if source == "env" else _in_file(Path(name), reference)
    if not value.strip():
        raise InvalidInput(f"there is no secret at `{reference}`")
    return value.strip()


def _in_file(path: Path, reference: Secret) -> str:
    try:
        with path.open() as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
                raise InvalidInput(f"the secret at `{reference}` may be read by others: chmod 600 it")
            return file.read(LONGEST)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"the secret at `{reference}` cannot be read: {type(error).__name__}") from None
