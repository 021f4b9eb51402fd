"""How much a search may cost, and what it hands back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class Budget:
    """Wall-clock seconds, worker processes, and how long to go on after a first success.

    `margin` is how much dearer than the first success an edit may be to be tried still.
    `confine` runs first in each worker: what it may not do is switched off there.
    `memory_mb` is what a worker may take above what it starts with.
    """

    seconds: float = 60.0
    workers: int = 1
    grace_s: float = 1.0
    margin: float = 2.2
    memory_mb: int = 256
    stuck_s: float = 3.0
    two_edits: bool = True
    confine: Callable[[], None] = _nothing


@dataclass(frozen=True)
class Patch:
    """A program that passes all checks. `families` are the edits that made it, in order;
    `cost` is their prior, `score` the choice's: less is better."""

    source: str
    families: tuple[str, ...]
    cost: float
    score: float
    candidates: int
    seconds: float
