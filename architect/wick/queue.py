"""Jobs from a Redis stream with a consumer group: none lost, none done twice.

A job is acknowledged when its story is closed. While a worker lives it keeps its claim on
the job, and its lock on the module, fresh; both of a worker that died go to another one
after `stale_ms`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import redis
from redis.exceptions import LockError
from redis.lock import Lock

from core.events import JOBS, PLACE, TRADES, connect

GROUP = "wick"
STALE_MS = 15_000
BEAT_S = 3.0
LOCK = "architect:repairing:"


@dataclass(frozen=True, slots=True)
class Job:
    """One job: `kind` is failure, save, trade or pushed; `detail` is what the runtime told.

    `deliveries` counts how many workers were given it, this one included.
    """

    id: str
    kind: str
    time_ms: int
    detail: dict[str, Any]
    deliveries: int = 1
    stream: str = JOBS

    @property
    def module(self) -> str:
        """The module that it is about; the symbol where it is about a trade."""
        return str(self.detail["module" if self.kind != "trade" else "subject"])

    @property
    def key(self) -> str:
        """What is the same for the same failure, told twice or by two processes."""
        return str(self.detail.get("key") or self.id)


def stream_of(place: str) -> str:
    """Return the stream of the jobs that only workers at one place can do."""
    return f"{JOBS}:{place}"


class Queue:
    """One worker's end of the stream, and of that of its place if it is given one."""

    def __init__(
        self, redis_url: str, worker: str, stale_ms: int = STALE_MS, place: str = ""
    ) -> None:
        self._redis = connect(redis_url)
        self._worker, self._stale_ms = worker, stale_ms
        # Of the first of them comes the next job: what only this place can do, then what
        # is to be repaired, then what is to be explained.
        self._streams = [*([stream_of(place)] if place else []), JOBS, TRADES]
        self._join()

    def _join(self) -> None:
        for stream in self._streams:
            try:
                self._redis.xgroup_create(stream, GROUP, id="0", mkstream=True)
            except redis.ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

    def take(self, wait_ms: int = 500) -> Job | None:
        """Return the next job: one that a dead worker left, else a new one, else None."""
        return self._taken(lambda: self._left_behind() or self._new(wait_ms))

    def take_urgent(self) -> Job | None:
        """Return a new job that need not wait for one about a trade, None if there is none."""
        return self._taken(lambda: self._first(self._streams[:-1]))

    def _taken(self, take: Callable[[], Job | None]) -> Job | None:
        try:
            return take()
        except redis.ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
        self._join()  # a purge took the stream away
        return None

    def _left_behind(self) -> Job | None:
        for stream in self._streams:
            left: Any = self._redis.xautoclaim(
                stream, GROUP, self._worker, min_idle_time=self._stale_ms, count=1
            )
            if left[1]:
                entry_id, fields = left[1][0]
                known = self._claim(stream, entry_id)
                times = int(known["times_delivered"]) if known else 1
                return self._job(stream, entry_id, fields, times)
        return None

    def _new(self, wait_ms: int) -> Job | None:
        """Return the next new job; one about a trade may be seen only after the wait."""
        return (
            self._first(self._streams)
            or self._read(JOBS, wait_ms)
            or self._first([TRADES])
        )

    def _first(self, streams: list[str]) -> Job | None:
        return next((job for one in streams if (job := self._read(one))), None)

    def _read(self, stream: str, wait_ms: int | None = None) -> Job | None:
        answer: Any = self._redis.xreadgroup(
            GROUP, self._worker, {stream: ">"}, count=1, block=wait_ms
        )
        entries = _entries(answer)
        return self._job(stream, *entries[0], 1) if entries else None

    def give(self, place: str, kind: str, detail: dict[str, Any], time_ms: int) -> None:
        """Give a job to the workers at one place, who see the files that it is about."""
        fields = {"kind": kind, "time_ms": str(time_ms), "detail": json.dumps(detail)}
        self._redis.xadd(stream_of(place), fields)  # type: ignore[arg-type]

    @property
    def running_place(self) -> str:
        """The place of the running system, empty where none has said so."""
        found: Any = self._redis.get(PLACE)
        return str(found or "")

    def _job(
        self, stream: str, entry_id: str, fields: dict[str, str], deliveries: int
    ) -> Job | None:
        """Return the job; what is none is put away, or it would come again for ever."""
        try:
            detail = json.loads(fields["detail"])
            job = Job(
                entry_id, fields["kind"], int(fields["time_ms"]), detail, deliveries,
                stream,
            )  # fmt: skip
            assert isinstance(job.module, str)
        except (AssertionError, KeyError, TypeError, ValueError):
            self._redis.xack(stream, GROUP, entry_id)
            return None
        return job

    @contextmanager
    def hold(self, job: Job) -> Iterator[None]:
        """Work on a job, alone at its module; it is acknowledged when the block ends well."""
        lock = self._redis.lock(
            f"{LOCK}{job.module}", timeout=self._stale_ms / 1000, sleep=0.05,
            thread_local=False,
        )  # fmt: skip
        done = threading.Event()
        beat = threading.Thread(target=self._beat, args=(job, lock, done), daemon=True)
        beat.start()
        try:
            lock.acquire()
            yield
            self._redis.xack(job.stream, GROUP, job.id)
        finally:
            done.set()
            beat.join()
            with suppress(LockError, redis.RedisError):
                lock.release()

    def _beat(self, job: Job, lock: Lock, done: threading.Event) -> None:
        while not done.wait(min(BEAT_S, self._stale_ms / 3000)):
            with suppress(LockError, redis.RedisError):
                if lock.owned():
                    lock.reacquire()
                known = self._claim(job.stream, job.id)
                # After a long sleep of this machine another worker may have taken it.
                if known and known["consumer"] == self._worker:
                    self._redis.xclaim(
                        job.stream, GROUP, self._worker, 0, [job.id], justid=True
                    )

    def put_off(self, job: Job) -> None:
        """Let a job come again that had to wait: it does not count as delivered."""
        self._redis.xclaim(
            job.stream, GROUP, self._worker, 0, [job.id], justid=True,
            retrycount=job.deliveries - 1,
        )  # fmt: skip

    def _claim(self, stream: str, entry_id: str) -> dict[str, Any] | None:
        """Return who has an entry and how often it was delivered."""
        known: Any = self._redis.xpending_range(stream, GROUP, entry_id, entry_id, 1)
        return known[0] if known else None

    def close(self) -> None:
        """Close the connection."""
        self._redis.close()


def _entries(answer: Any) -> list[tuple[str, dict[str, str]]]:
    """Return the entries of one stream; Redis' protocols 2 and 3 answer differently."""
    if not answer:
        return []
    entries = next(iter(answer.values())) if isinstance(answer, dict) else answer[0][1]
    if (
        entries
        and isinstance(entries[0], list)
        and isinstance(entries[0][0], (list, tuple))
    ):
        entries = entries[0]
    return list(entries)
