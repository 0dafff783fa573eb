"""Real distributions for the tests of plug-ins: built as wheels, and installed by unpacking as an installer does."""

import base64
import csv
import hashlib
import io
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "1.0"
license = "Apache-2.0"

{entries}

[tool.hatch.build.targets.wheel]
packages = ["{package}"]
"""


def build(folder: Path, name: str, sources: Mapping[str, str], entries: Mapping[str, Mapping[str, str]]) -> Path:
    """A wheel of one package; `sources` are its files, `entries` its entry points by group."""
    package = name.replace("-", "_")
    for file, text in sources.items():
        place = folder / package / file
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    groups = [
        f'[project.entry-points."{group}"]\n' + "\n".join(f'"{one}" = "{place}"' for one, place in named.items())
        for group, named in entries.items()
    ]
    (folder / "pyproject.toml").write_text(PROJECT.format(name=name, package=package, entries="\n".join(groups)))
    (wheel,) = WheelBuilder(str(folder)).build(directory=str(folder / "dist"), versions=["standard"])
    return Path(wheel)


def install(wheel: Path, site: Path) -> Path:
    """Unpack it there; the folder of its metadata."""
    site.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    name, version = wheel.name.split("-")[:2]
    folder = site / f"{name}-{version}.dist-info"
    (folder / "INSTALLER").write_text("tests\n")
    return folder


def record(folder: Path) -> dict[str, tuple[str, str]]:
    """What an installation's RECORD says: path -> hash and size."""
    rows = csv.reader(io.StringIO((folder / "RECORD").read_text()))
    return {path: (digest, size) for path, digest, size in rows}


def rewrite_record(folder: Path) -> None:
    """Make RECORD agree with the files as they are now, as whoever changed them would."""
    lines = []
    for path in record(folder):
        data = (folder.parent / path).read_bytes()
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(data)}")
    (folder / "RECORD").write_text("\n".join(lines) + "\n")


def forget(*packages: str) -> None:
    """Let python import these packages anew."""
    for name in [name for name in sys.modules if name.partition(".")[0] in packages]:
        del sys.modules[name]
