"""Finding a plug-in to pin, and writing pins into a home's settings."""

import os
import secrets
from pathlib import Path

from ruamel.yaml import YAML

from engine.documents import read
from engine.errors import Denied, NotFound
from engine.model.plugin import PluginPin
from engine.plugins.installed import Installed, candidates


def installed_plugin(name: str) -> Installed:
    """The distribution of this name that has entry points of ours, read whole."""
    found = next((candidate for candidate in candidates() if candidate.name == name), None)
    if found is None:
        raise NotFound(f"no installed distribution called `{name}` has entry points of Fireline")
    try:
        return found.read()
    except Denied as error:
        raise Denied(f"plug-in `{name}`: {error}") from error


def write_pins(file: Path, pins: tuple[PluginPin, ...]) -> None:
    """Put these pins into a settings file, and leave all else in it as it is written."""
    if file.exists():
        read(file)
    yaml = YAML()
    content = (yaml.load(file) if file.exists() else None) or {}
    content["plugins"] = [known.model_dump(mode="json", exclude_defaults=True) for known in pins]
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        yaml.dump(content, stream)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)
