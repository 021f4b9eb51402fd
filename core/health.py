"""What is remembered of one module's failures, also over a restart: plain data.

A breaker that has tripped keeps a module from running until a person says otherwise:
repair that loops is worse than a safe value.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

MOST_FAILED = 3
WINDOW_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Health:
    """One module's past.

    Attributes:
        failed: versions that failed, with their UTC ms, oldest first.
        tripped_ms: when its breaker tripped, 0 when it has not.
        hung: the version that is not run again for it did not come back.
        unsafe: the version that failed with no safe answer where money moves.
        why: the error that led to the last of these.
        reset_ms: when a person let it run again, or Wick found another module at fault;
            always later than the time before, for by it is told which word is newer.
    """

    failed: tuple[tuple[int, str], ...] = ()
    tripped_ms: int = 0
    hung: str = ""
    unsafe: str = ""
    why: str = ""
    reset_ms: int = 0

    def after_failure(self, version: str, why: str, now_ms: int) -> Health:
        """Return it with one version more that failed; tripped when they are too many."""
        recent = [(ms, v) for ms, v in self.failed if ms > now_ms - WINDOW_MS]
        failed = (*recent, (now_ms, version))
        trips = len(failed) >= MOST_FAILED and not self.tripped_ms
        tripped_ms = now_ms if trips else self.tripped_ms
        return replace(self, failed=failed, tripped_ms=tripped_ms, why=why)

    def without(self, version: str, now_ms: int) -> Health:
        """Return it with the failures of a version forgotten: another module's fault."""
        failed = tuple(one for one in self.failed if one[1] != version)
        unsafe = "" if self.unsafe == version else self.unsafe
        reset_ms = self._next_ms(now_ms)
        return replace(self, failed=failed, unsafe=unsafe, reset_ms=reset_ms)

    def after_reset(self, now_ms: int) -> Health:
        """Return it with everything forgotten that kept the module from running."""
        return Health(reset_ms=self._next_ms(now_ms))

    def _next_ms(self, now_ms: int) -> int:
        # Clocks are set back, and those of two machines differ.
        return max(now_ms, self.reset_ms + 1)

    @property
    def story(self) -> str:
        """Why its breaker is open, as a person is told."""
        versions = ", ".join(version for _, version in self.failed)
        return f"{len(self.failed)} versions failed within an hour ({versions}): {self.why}"

    def as_text(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self))


def parse_health(text: str) -> Health:
    """Read what `as_text` wrote; ValueError for anything else."""
    plain = json.loads(text)
    try:
        plain["failed"] = tuple((int(ms), str(v)) for ms, v in plain["failed"])
        return Health(**plain)
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a module's health: {error}") from None
