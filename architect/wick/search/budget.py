"""How much a search may cost, and what it hands back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

# Confines the worker it runs in; is given the descriptor of the worker's channel and
# returns the one that the channel has afterwards.
Confine = Callable[[int], int]


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Budget:
    """Wall-clock seconds, worker processes, and for how many seconds of a worker's processor
    time to go on after a first success.

    `margin` is how much dearer than the first success an edit may be to be tried still.
    `cpu_s` is how much processor time each worker may take, so that a busy machine searches
    as far as a quiet one. `candidates` is how many may be tried in all. `confine` runs first
    in each worker: what it may not do is switched off there; None leaves a session and
    memory of its own.
    `memory_mb` is what a worker may take above what it starts with. `stop` is asked now
    and then: True ends the search.
    """

    seconds: float = 60.0
    workers: int = 1
    grace_s: float = 1.0
    margin: float = 2.2
    memory_mb: int = 256
    stuck_s: float = 3.0
    two_edits: bool = True
    candidates: int = 10_000_000
    cpu_s: float = float("inf")
    confine: Confine | None = None
    stop: Callable[[], bool] = _never


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
