"""A distribution as it lies on disk: read once, so that what was hashed is what runs.

Rules: 1. The digest is over the bytes of every file under the distribution's own folders, whether its RECORD names it
or not; RECORD and what an installer notes beside it differ from machine to machine and are left out. 2. Byte code is
neither hashed nor run. 3. Refused is what could run before it is checked, or change after: a `.pth` file, an editable
install, a link, a second installation under the same name.
"""

import hashlib
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import Distribution, EntryPoint
from pathlib import Path, PurePosixPath

from pydantic import JsonValue

from engine.digest import sha256
from engine.errors import Denied
from engine.model.plugin import PluginKind

NOTED_BY_INSTALLERS = frozenset(
    {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_build.json", "uv_cache.json"}
)
"""Files beside the metadata that say who installed it, how and from where."""
BYTE_CODE = "__pycache__"
GROUPS = {kind.group: kind for kind in PluginKind}


@dataclass(frozen=True)
class Installed:
    """The files of one distribution by their path under `root`, as they were when they were read."""

    name: str
    version: str
    root: Path
    files: Mapping[str, bytes]
    offers: Sequence[tuple[PluginKind, EntryPoint]]

    @cached_property
    def digest(self) -> str:
        """Rule 1, as a pin names it."""
        contents: dict[str, JsonValue] = {path: hashlib.sha256(data).hexdigest() for path, data in self.files.items()}
        return f"sha256:{sha256(contents)}"

    @property
    def packages(self) -> frozenset[str]:
        """The top-level names that its modules are imported by."""
        tops = {PurePosixPath(path).parts[0] for path in self.files}
        return frozenset(top.removesuffix(".py") for top in tops if not top.endswith(".dist-info"))

    def named(self, kind: PluginKind) -> list[str]:
        """What it says it offers of this kind."""
        return [entry.name for offered, entry in self.offers if offered is kind]


@dataclass(frozen=True)
class Candidate:
    """Something that says it has entry points of ours, not read yet."""

    name: str
    version: str
    folders: tuple[Path, ...]
    """Its metadata folders: more than one where it is installed twice."""
    offers: tuple[tuple[PluginKind, EntryPoint], ...]

    def read(self) -> Installed:
        """All its bytes; raise `Denied` for what rule 3 refuses."""
        if len(self.folders) > 1:
            raise Denied(f"it is installed twice: {', '.join(str(folder.parent) for folder in self.folders)}")
        folder = self.folders[0]
        _require_named(self.offers)
        _require_fixed(folder)
        root = folder.parent
        files = dict(sorted(_contents(root, _tops(folder, self.offers))))
        return Installed(self.name, self.version, root, files, _offers(_Kept(files, folder.name)))


def candidates(path: Sequence[str] | None = None) -> list[Candidate]:
    """Every distribution on the path with entry points of ours, by name."""
    found: dict[str, Candidate] = {}
    for folder in _metadata_folders(sys.path if path is None else path):
        distribution = Distribution.at(folder)
        try:
            offers = _offers(distribution)
            name = canonical_name(distribution.metadata["Name"] or folder.name)
            version = distribution.metadata["Version"] or ""
        except ValueError:
            # Not even text: nothing of it can be loaded, and where it is pinned it is told as absent.
            continue
        if not offers:
            continue
        known = found.get(name, Candidate(name, version, (), offers))
        found[name] = Candidate(known.name, known.version, (*known.folders, folder), known.offers)
    return [found[name] for name in sorted(found)]


def canonical_name(name: str) -> str:
    """A distribution's name in the spelling of PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


class _Kept(Distribution):
    """Metadata out of bytes that were read already."""

    def __init__(self, files: Mapping[str, bytes], folder: str) -> None:
        self._files, self._folder = files, folder

    def read_text(self, filename: str) -> str | None:
        data = self._files.get(f"{self._folder}/{filename}")
        return None if data is None else data.decode("utf-8", "replace")

    def locate_file(self, path: object) -> Path:
        return Path(str(path))


def _metadata_folders(path: Sequence[str]) -> Iterator[Path]:
    roots = dict.fromkeys(Path(entry or ".").absolute() for entry in path)
    for root in roots:
        yield from sorted(root.glob("*.dist-info"))


def _offers(distribution: Distribution) -> tuple[tuple[PluginKind, EntryPoint], ...]:
    return tuple((GROUPS[entry.group], entry) for entry in distribution.entry_points if entry.group in GROUPS)


def _require_named(offers: Sequence[tuple[PluginKind, EntryPoint]]) -> None:
    for kind, entry in offers:
        if not EntryPoint.pattern.match(entry.value):
            raise Denied(f"{kind.value}: `{entry.name}` leads to `{entry.value}`, which is no `module:name`")


def _require_fixed(folder: Path) -> None:
    noted = folder / "direct_url.json"
    # Whatever else it says, or fails to say, is no matter here.
    if noted.exists() and re.search(rb'"editable"\s*:\s*true', noted.read_bytes()):
        raise Denied("it is an editable install, which changes under its pin: build a wheel and install that")
    early = [str(path) for path in Distribution.at(folder).files or () if path.suffix == ".pth"]
    if early:
        raise Denied(f"`{early[0]}` runs at every start of python, before anything can be checked")


def _tops(folder: Path, offers: Sequence[tuple[PluginKind, EntryPoint]]) -> set[str]:
    """The names under the root that are its own: by its RECORD, its metadata, and where its entry points lead."""
    recorded = {path.parts[0] for path in Distribution.at(folder).files or () if path.parts[0] != ".."}
    return {*recorded, folder.name, *(_top(folder.parent, entry) for _, entry in offers)} - {BYTE_CODE}


def _top(root: Path, entry: EntryPoint) -> str:
    name = entry.module.partition(".")[0]
    return name if (root / name).is_dir() else f"{name}.py"


def _contents(root: Path, tops: set[str]) -> Iterator[tuple[str, bytes]]:
    for top in tops:
        place = root / top
        if place.is_symlink():
            raise Denied(f"`{top}` is a link: what it leads to may change")
        for path in place.rglob("*") if place.is_dir() else [place]:
            yield from _content(root, path)


def _content(root: Path, path: Path) -> Iterator[tuple[str, bytes]]:
    name = path.relative_to(root).as_posix()
    if path.is_symlink():
        raise Denied(f"`{name}` is a link: what it leads to may change")
    beside = path.parent.suffix == ".dist-info" and path.name in NOTED_BY_INSTALLERS
    if BYTE_CODE in path.parts or beside or not path.is_file():
        return
    try:
        yield name, path.read_bytes()
    except OSError as error:
        raise Denied(f"`{name}` cannot be read: {error.strerror}") from error
