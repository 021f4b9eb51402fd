"""How a worker makes modules of sources: the default for `Sandbox(loader=...)`.

Runs inside the worker, where nothing is trusted. A loader is any function
`load(name, source, path) -> module`, reached by a dotted name.
"""

from __future__ import annotations

import sys
from types import ModuleType


def load_module(name: str, source: bytes, path: str) -> ModuleType:
    """Execute `source` as module `name` (dotted) and leave it in `sys.modules`."""
    parent = _packages(name.rpartition(".")[0])
    code = compile(source, path, "exec", dont_inherit=True)
    module = ModuleType(name)
    module.__file__ = path
    sys.modules[name] = module
    exec(code, module.__dict__)
    if parent is not None:
        setattr(parent, name.rpartition(".")[2], module)
    return module


def _packages(name: str) -> ModuleType | None:
    """Return the package, made empty with all above it where there is none."""
    if not name:
        return None
    if name not in sys.modules:
        above = _packages(name.rpartition(".")[0])
        package = ModuleType(name)
        package.__path__ = []
        sys.modules[name] = package
        if above is not None:
            setattr(above, name.rpartition(".")[2], package)
    return sys.modules[name]
