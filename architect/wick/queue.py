"""Jobs from a Redis stream with a consumer group: none lost, none done twice.

A job is acknowledged when its story is closed. While a worker lives it keeps its claim
fresh; the jobs of a worker that died are taken over after `stale_ms`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import redis

from core.events import JOBS, connect

GROUP = "wick"
STALE_MS = 15_000
BEAT_S = 3.0


@dataclass(frozen=True, slots=True)
class Job:
    """One job: `kind` is failure or save; `detail` is what the runtime told."""

    id: str
    kind: str
    time_ms: int
    detail: dict[str, Any]


class Queue:
    """One worker's end of the stream."""

    def __init__(self, redis_url: str, worker: str, stale_ms: int = STALE_MS) -> None:
        self._redis = connect(redis_url)
        self._worker, self._stale_ms = worker, stale_ms
        try:
            self._redis.xgroup_create(JOBS, GROUP, id="0", mkstream=True)
        except redis.ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    def take(self, wait_ms: int = 500) -> Job | None:
        """Return the next job: one that a dead worker left, else a new one, else None."""
        left = self._redis.xautoclaim(
            JOBS, GROUP, self._worker, min_idle_time=self._stale_ms, count=1
        )
        taken = left[1]  # type: ignore[index]
        if not taken:
            answer = self._redis.xreadgroup(
                GROUP, self._worker, {JOBS: ">"}, count=1, block=wait_ms
            )
            taken = _entries(answer)
        return _job(*taken[0]) if taken else None

    @contextmanager
    def hold(self, job: Job) -> Iterator[None]:
        """Keep the claim on a job fresh while it is worked on; acknowledge it at the end."""
        done = threading.Event()
        beat = threading.Thread(target=self._beat, args=(job, done), daemon=True)
        beat.start()
        try:
            yield
            self._redis.xack(JOBS, GROUP, job.id)
        finally:
            done.set()
            beat.join()

    def _beat(self, job: Job, done: threading.Event) -> None:
        while not done.wait(min(BEAT_S, self._stale_ms / 3000)):
            try:
                self._redis.xclaim(JOBS, GROUP, self._worker, 0, [job.id], justid=True)
            except redis.RedisError:
                continue

    @contextmanager
    def module_lock(self, module: str, hold_s: float = 120.0) -> Iterator[None]:
        """Let one worker at a time repair a module."""
        lock = self._redis.lock(f"architect:repairing:{module}", timeout=hold_s)
        with lock:
            yield

    def close(self) -> None:
        """Close the connection."""
        self._redis.close()


def _entries(answer: Any) -> list[tuple[str, dict[str, str]]]:
    """Return the entries of one stream; Redis' protocols 2 and 3 answer differently."""
    if not answer:
        return []
    entries = next(iter(answer.values())) if isinstance(answer, dict) else answer[0][1]
    if entries and isinstance(entries[0], list) and isinstance(entries[0][0], (list, tuple)):
        entries = entries[0]
    return list(entries)


def _job(entry_id: str, fields: dict[str, str]) -> Job:
    return Job(entry_id, fields["kind"], int(fields["time_ms"]), json.loads(fields["detail"]))
