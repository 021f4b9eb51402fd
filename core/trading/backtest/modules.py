"""The registry as the trading loop sees it in a backtest: the very versions that trade.

Indicators answer from one pass over the history; everything else is called as it is,
contract checks and all. Versions are fixed from the first candle to the last, so a call
reaches its version without a look at which one is newest; and nobody looks at what a
history's calls leave behind, so they leave nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from core import wrapper
from core.manifest import read_manifest
from core.project import Project
from core.registry import Registry
from core.trading.backtest.history import Indicators, Moment
from core.types import SCALARS, Type
from core.wrapper import hooks


def asdict(record: Any) -> dict[str, Any]:
    """Return what dataclasses.asdict does, ten times as fast for a record of scalars.

    Those need no copies; it copies them one by one, by way of the copy module.
    """
    kind: Any = type(record)
    names = _flat_names(kind)
    if not names:
        return dataclasses.asdict(record)
    return {name: getattr(record, name) for name in names}


@cache
def _flat_names(record: Callable[..., Any]) -> tuple[str, ...]:
    """Return the fields of a record of scalars, none for anything else."""
    kinds: Mapping[str, Type] = getattr(record, "__types__", {})
    return tuple(kinds) if all(map(_is_scalar, kinds.values())) else ()


def _is_scalar(kind: Type) -> bool:
    if kind.name == "|":
        return all(_is_scalar(part) for part in kind.args)
    return kind.name == "Literal" or (kind.name in SCALARS and kind.name != "Any")


def _instead_of(module: ModuleType, names: dict[str, Any]) -> ModuleType:
    other = ModuleType(module.__name__)
    vars(other).update(vars(module) | names)
    return other


# What a module's header imports, with another for what costs too much by the million.
_INSTEAD: dict[str, ModuleType] = {
    "core.wrapper": _instead_of(wrapper, {"module": wrapper.unrecorded}),
    "dataclasses": _instead_of(dataclasses, {"asdict": asdict}),
}


class FixedRegistry(Registry):
    """Accepted versions that call each other directly and keep no reflections."""

    instead = _INSTEAD

    def _dispatcher(self, name: str) -> Callable[..., Any]:
        return self.version(name).call


def registry_of(root: Path, name: str = "") -> Registry:
    """Return the accepted versions of a project; only these are ever run.

    With a name only that module, if there is one, and what it needs.
    """
    project = Project(root)
    registry = FixedRegistry(project.generated, project.package)
    manifest = read_manifest(project.manifest)
    registry.load(manifest, {name} & set(manifest.modules) if name else None)
    return registry


class HistoryModules(dict[str, Callable[..., Any]]):
    """One set of versions by name, held from the first candle to the last."""

    def __init__(self, registry: Registry, moment: Moment) -> None:
        self.records = registry.records
        self.names = registry.names
        self.edition = registry.edition
        self._registry = registry
        for name in registry.names:
            version = registry.version(name)
            indicator = version.entry.kind == "indicator"
            call = version.call
            self[name] = Indicators(call, moment).answer() if indicator else call

    def __missing__(self, name: str) -> Callable[..., Any]:
        return self._registry[name]  # which says that there is none

    @contextmanager
    def tick(self) -> Iterator[None]:
        """Count the tick; the versions are held already."""
        hooks.tick += 1
        yield
