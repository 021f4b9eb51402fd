"""From the file of an accepted version to the version in memory: hash, compile, execute.

What is executed is the bytes that were hashed, never a file read twice. What a module
imports of its own package is what calls reach, not another file.
"""

from __future__ import annotations

import builtins
import linecache
from collections.abc import Mapping
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from core.errors import FileConflict, NotAccepted
from core.manifest import Entry, sha256
from core.versions import Version


class Loading:
    """Makes versions of one package's modules; they import each other by name."""

    def __init__(self, folder: Path, package: str) -> None:
        self.folder, self.package = folder, package
        self._modules: dict[str, ModuleType] = {}
        # Of new modules that are prepared and not live yet, for others that import them.
        self._made: dict[str, ModuleType] = {}

    def _read(self, name: str, entry: Entry) -> bytes:
        path = self.folder / f"{name}.py"
        try:
            source = path.read_bytes()
        except OSError as error:
            raise FileConflict(
                f"{path.name}: {error.strerror}", hint=f"architect rollback {name}"
            ) from None
        if sha256(source) != entry.file:
            raise FileConflict(
                f"{path.name} is not the version that the manifest holds",
                hint=f"architect status {name} says why; architect rollback {name} restores it",
            )
        return source

    def _make(self, name: str, entry: Entry, source: bytes) -> Version:
        if sha256(source) != entry.file:
            raise NotAccepted(f"{name}: these bytes are not version {entry.version}")
        namespace = self._execute(name, source, entry.version)
        return Version(name, entry, namespace[namespace["__all__"][0]])

    def _execute(self, name: str, source: bytes, version: str) -> dict[str, Any]:
        path = f"generated/{self.package}/{name}.py@{version}"
        text = source.decode("utf-8")
        linecache.cache[path] = (len(text), None, text.splitlines(True), path)
        code: CodeType = compile(source, path, "exec", dont_inherit=True)
        namespace: dict[str, Any] = {
            "__name__": f"generated.{self.package}.{name}",
            "__version__": version,
            "__builtins__": {**vars(builtins), "__import__": self._import},
        }
        exec(code, namespace)
        return namespace

    def _import(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: tuple[str, ...] | None = (),
        level: int = 0,
    ) -> Any:
        prefix = f"generated.{self.package}."
        if not name.startswith(prefix):
            plain = self._elsewhere(name)
            return plain or __import__(name, globals, locals, fromlist or (), level)
        try:
            name_of = name.removeprefix(prefix)
            return self._made.get(name_of) or self._modules[name_of]
        except KeyError:
            raise NotAccepted(
                f"{name} is not loaded: it has no accepted version"
            ) from None

    def _elsewhere(self, name: str) -> ModuleType | None:
        """Return what a module that imports `name` gets instead, None for the thing."""
        return None
