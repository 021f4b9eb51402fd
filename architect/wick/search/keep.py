"""What one worker of a search has found, and when it tells of it."""

from __future__ import annotations

from typing import Any

from architect.wick.search.evaluate import Evaluator, Tried
from architect.wick.search.worker import Send, Shared

NEAR = 60
SLOW = 6  # slow candidates that are tried again, at once with
SLOW_S = 6.0  # and when all others have failed with more
PATIENCE_S = 40.0  # with observing, and with a candidate that is only slow


class Keep:
    """What a worker has found: passing ones are told at once, near ones at the end."""

    def __init__(self, evaluator: Evaluator, send: Send, shared: Shared) -> None:
        self.evaluator, self.send, self.shared = evaluator, send, shared
        self.near: list[Tried] = []
        self.slow: list[Tried] = []
        self.before = len(evaluator.seen.passing)

    def take(self, tried: Tried | None) -> None:
        """Report a passing candidate, remember a promising one."""
        if tried is None:
            return
        if tried.passed == self.evaluator.total:
            self._tell(tried)
        elif tried.slow and tried.passed > self.before:
            self.slow.append(tried)
            if len(self.slow) <= SLOW:
                self._try_slow(tried, SLOW_S)
        else:
            self.near.append(tried)
            if len(self.near) > 4 * NEAR:
                self.near = sorted(self.near, key=lambda one: one.order)[:NEAR]

    def _try_slow(self, tried: Tried, seconds: float) -> None:
        if self.shared.limit < float("inf"):
            return  # one success is enough
        self.shared.slow = 1
        if self.evaluator.confirm(tried.index, seconds):
            self._tell(tried)
        self.shared.slow = 0

    def _tell(self, tried: Tried) -> None:
        source = self.evaluator.source(tried.index)
        self.send({"kind": "passes", "source": source, **_plain(tried)})

    def finish(self) -> None:
        """Report the promising ones, the best first; give the slow ones their time."""
        for tried in self.slow[:SLOW]:
            self._try_slow(tried, PATIENCE_S / 3)
        best = sorted(self.near, key=lambda one: one.order)[:NEAR]
        found = [
            {"source": self.evaluator.source(one.index), **_plain(one)} for one in best
        ]
        told = self.evaluator
        self.send({
            "kind": "near", "near": found, "failing": told.failing_names,
            "passed_by": told.passed_by, "broken_by": told.broken_by,
        })  # fmt: skip


def _plain(tried: Tried) -> dict[str, Any]:
    return {
        "cost": tried.edit.cost, "family": tried.edit.family, "passed": tried.passed,
        "slow": tried.slow,
    }  # fmt: skip
