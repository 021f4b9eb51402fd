"""What the specs say about modules that run: how long a call may take, where money moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import SpecError
from core.spec import Spec
from core.spec_text import load_spec


@dataclass(frozen=True, slots=True)
class LiveTerms:
    """`limits_ms` are of CPU time a call. A module whose spec is not known moves money."""

    limits_ms: Mapping[str, int] = field(default_factory=dict)
    harmless: frozenset[str] = frozenset()

    def moves_money(self, name: str) -> bool:
        """Tell whether a wrong or missing answer of a module may cost money."""
        return name not in self.harmless


def read_terms(folder: Path) -> LiveTerms:
    """Return the terms of all specs in a folder; those that cannot be read give none.

    A spec that somebody is editing must not keep a system from starting.
    """
    specs = [spec for path in sorted(folder.glob("*.yaml")) if (spec := _spec(path))]
    return LiveTerms(
        {spec.name: spec.limits.time_ms for spec in specs},
        frozenset(spec.name for spec in specs if not spec.money_path),
    )


def _spec(path: Path) -> Spec | None:
    try:
        return load_spec(path)
    except (SpecError, OSError):
        return None
