"""From the file of an accepted version to the version in memory: hash, compile, execute.

What is executed is the bytes that were hashed, never a file read twice. What a module
imports of its own package is what calls reach, not another file.
"""

from __future__ import annotations

import builtins
import linecache
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from core.errors import FileConflict, NotAccepted
from core.manifest import Entry, sha256
from core.versions import Version


@dataclass(frozen=True, slots=True)
class Loader:
    """Makes versions of one package's modules.

    Attributes:
        shells: what they get where they import each other, by name; whoever keeps the
            versions fills it.
        instead: what they get in place of other modules, by full name.
    """

    folder: Path
    package: str
    shells: Mapping[str, ModuleType]
    instead: Mapping[str, ModuleType] = field(default_factory=dict)

    def read(self, name: str, entry: Entry) -> bytes:
        """Return the bytes of an accepted version; FileConflict where others lie there."""
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

    def make(self, name: str, entry: Entry, source: bytes) -> Version:
        """Compile and execute a version; NotAccepted where the bytes are not its own or
        it imports what is not loaded, else whatever its text raises."""
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
            plain = self.instead.get(name)
            return plain or __import__(name, globals, locals, fromlist or (), level)
        try:
            return self.shells[name.removeprefix(prefix)]
        except KeyError:
            raise NotAccepted(
                f"{name} is not loaded: it has no accepted version"
            ) from None
