"""What a program may name and say besides what stands in it: given by its spec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Words:
    """`names` are kinds (see `kinds`) by name, "module" for what only stands before a dot.

    `attributes` are all that may stand behind a dot, `expressions` may be put where one
    of their kind stands, `results` may be returned early.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    attributes: frozenset[str] = frozenset()
    expressions: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
