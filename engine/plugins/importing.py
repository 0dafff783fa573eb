"""Importing a plug-in from the bytes that were hashed, never from what lies on disk by then.

Rules: 1. A module of an admitted distribution is compiled from its kept source; byte code is neither read nor written.
2. What its packages hold on disk besides, or a folder earlier on the path of the same name, is not imported. 3. A
compiled module cannot be kept in memory, so its file is compared once more when it is loaded.
"""

import sys
from collections.abc import Mapping, Sequence
from importlib import invalidate_caches
from importlib.abc import MetaPathFinder
from importlib.machinery import ExtensionFileLoader, ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from engine.errors import Denied
from engine.plugins.installed import Installed


class AdmittedFinder(MetaPathFinder):
    """Answers for the top-level names of one distribution, and for nothing else."""

    def __init__(self, installed: Installed) -> None:
        """Import from these bytes."""
        self._packages = installed.packages
        self._root = str(installed.root)
        self._kept = {str(installed.root / name): data for name, data in installed.files.items()}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module as it was admitted; raise `ImportError` for one that was not."""
        if fullname.partition(".")[0] not in self._packages:
            return None
        spec = PathFinder.find_spec(fullname, [self._root] if path is None else path)
        if spec is None or spec.origin is None:
            return spec
        if spec.origin not in self._kept:
            raise ImportError(f"`{spec.origin}` is no part of the plug-in that was admitted", name=fullname)
        self._fix(spec, spec.origin)
        return spec

    def _fix(self, spec: ModuleSpec, origin: str) -> None:
        spec.cached = None
        if isinstance(spec.loader, SourceFileLoader):
            spec.loader = _KeptSource(spec.name, origin, self._kept)
        elif not isinstance(spec.loader, ExtensionFileLoader) or Path(origin).read_bytes() != self._kept[origin]:
            raise ImportError(f"`{origin}` cannot be loaded as it was admitted", name=spec.name)


class _KeptSource(SourceFileLoader):
    """A source file's loader that looks at no disk."""

    def __init__(self, fullname: str, path: str, kept: Mapping[str, bytes]) -> None:
        super().__init__(fullname, path)
        self._kept = kept

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: CodeType = compile(self._kept[path], path, "exec", dont_inherit=True)
        return code

    def get_data(self, path: str) -> bytes:
        if path not in self._kept:
            raise OSError(f"`{path}` is no part of the plug-in that was admitted")
        return self._kept[path]


def admit(installed: Installed) -> None:
    """From now on import this distribution's modules from its kept bytes; raise `Denied` where that comes too late."""
    for name in sorted(installed.packages):
        if name in sys.stdlib_module_names or name in sys.modules:
            raise Denied(f"its package `{name}` is the name of something that runs here already")
    invalidate_caches()
    sys.meta_path.insert(0, AdmittedFinder(installed))
