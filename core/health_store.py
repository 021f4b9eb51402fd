"""The health of modules in Redis: read at a start, and watched for resets by a person.

A module's health is one field of one hash. The process that runs modules writes it; a
person's reset, or Wick's word that another module was at fault, is written over it, and
wins where it is newer.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from core.events import HEALTH, PLACE, connect
from core.health import Health, parse_health

if TYPE_CHECKING:
    import redis

EVERY_S = 0.5


def read_healths(client: redis.Redis) -> dict[str, Health]:
    """Return what is remembered of each module; what cannot be read is left out."""
    found: Any = client.hgetall(HEALTH)
    healths = {}
    for module, text in found.items():
        with contextlib.suppress(ValueError):
            healths[module] = parse_health(text)
    return healths


def reset_health(client: redis.Redis, module: str, now_ms: int) -> bool:
    """Close a module's breaker; False when nothing kept it from running."""
    health = read_healths(client).get(module, Health())
    if health == Health(reset_ms=health.reset_ms):
        return False
    client.hset(HEALTH, module, health.after_reset(now_ms).as_text())
    return True


def acquit(client: redis.Redis, module: str, version: str, now_ms: int) -> None:
    """Forget the failures of a version for which another module was at fault.

    An open breaker stays open.
    """
    health = read_healths(client).get(module, Health())
    if version == health.unsafe or any(
        version == failed for _, failed in health.failed
    ):
        client.hset(HEALTH, module, health.without(version, now_ms).as_text())


class ResetWatch:
    """Calls `on_reset(module, health)` on a thread of its own for each reset.

    It is told of those that its own process wrote too. `on_lost()` is called when Redis has
    lost what the running system told it.
    """

    def __init__(
        self,
        redis_url: str,
        on_reset: Callable[[str, Health], None],
        on_lost: Callable[[], None] = lambda: None,
    ) -> None:
        self._client, self._on_reset = connect(redis_url), on_reset
        self._on_lost, self._placed = on_lost, False
        self.known = read_healths(self._client)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="resets", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join(2)
        self._client.close()

    def _run(self) -> None:
        import redis

        seen = {module: health.reset_ms for module, health in self.known.items()}
        while not self._closing.wait(EVERY_S):
            try:
                healths = read_healths(self._client)
                placed = bool(self._client.exists(PLACE))
            except redis.RedisError:
                continue  # it comes back, or everything ends
            # Once only until it is there again: what is told waits while none is written.
            lost, self._placed = self._placed and not placed, placed
            if lost:
                self._on_lost()
            for module, health in healths.items():
                if health.reset_ms > seen.get(module, 0):
                    seen[module] = health.reset_ms
                    self._on_reset(module, health)
