"""The writer of reflections: an append for the caller, everything else on a thread.

The wrapper calls `log.append`, which is the append of a deque and nothing more. A thread
turns records into rows and sends them to Postgres by COPY, in numbered batches; a batch
and its number are committed together, so one whose fate is unknown is sent again without
harm. While Postgres is away the batches wait in a bounded spool on disk.

At the bound of the spool, or with a disk that is full or read-only, they wait in memory.
While that lasts `stop_reason` says so, and nothing new should be begun: what is not on
record cannot be repaired or explained.

What is lost: the records of the last moment when this process itself is killed, what waits in
memory when it ends, and the oldest beyond `MAX_QUEUED`; these are counted and told to
`on_trouble`.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg

from core.errors import StoreUnavailable
from core.reflection_batch import commit
from core.reflection_rows import Record, to_rows
from core.spool import MAX_BYTES, Spool
from core.stores.postgres import Connection, connect
from core.stores.unanswered import Unanswered

INTERVAL_S = 0.05
BATCH_ROWS = 10_000
MAX_QUEUED = 2_000_000  # records; about 1 GB, reached only when rows come too fast
RETRY_S = 0.25
# A server that has not taken a batch by then is one that is away, though its line stands.
ANSWER_S = 10.0
# Who stops this process gives it eight seconds in all.
CLOSE_S, LAST_S = 4.0, 1.0


@dataclass(slots=True)
class Counters:
    """Rows: in Postgres, through the spool on their way there, and lost."""

    written: int = 0
    spooled: int = 0
    dropped: int = 0


class ReflectionLog:
    """Reflections on their way into `system_logs.reflections`.

    `append` takes a record: (start in perf_counter ns, module, version, tick, duration_ns, outcome,
    error, args, result). `on_trouble` is called on the writing thread with one line.
    """

    def __init__(
        self,
        database_url: str,
        spool_dir: Path,
        *,
        on_trouble: Callable[[str], object] = lambda _: None,
        max_spool_bytes: int = MAX_BYTES,
    ) -> None:
        self.records: deque[Record] = deque()
        self.append = self.records.append
        self.counters = Counters()
        self._database_url = database_url
        self._spool = Spool(spool_dir, max_spool_bytes)
        self._on_trouble = on_trouble
        self._connection: Connection | None = None
        self._unanswered = Unanswered()
        self._retry_at = 0.0
        self._number = 0
        self._held: tuple[int, list[bytes]] | None = None
        self._put_at = 0.0
        self._away = False
        self._closing = False
        self._busy = False
        self._losing = ""
        self._wake = threading.Event()
        self._idle = threading.Condition()
        self._thread = threading.Thread(
            target=self._run, name="reflections", daemon=True
        )
        self._thread.start()
        atexit.register(self.close)

    def __enter__(self) -> ReflectionLog:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def flush(self, timeout_s: float = 10.0) -> bool:
        """Wait until Postgres has every record appended so far; False when it has not."""
        deadline = time.monotonic() + timeout_s
        lost = self.counters.dropped
        with self._idle:
            while self.records or self._busy or self._spool or self._held:
                self._wake.set()
                left = deadline - time.monotonic()
                if left <= 0 or not self._thread.is_alive():
                    return False
                self._idle.wait(min(left, INTERVAL_S))
        return self.counters.dropped == lost

    def stop_reason(self) -> str:
        """Return why nothing new should be begun: records are being lost. Empty when not."""
        return self._losing

    def close(self, timeout_s: float = CLOSE_S) -> bool:
        """Flush and stop. What Postgres has not by then waits in the spool.

        Returns whether Postgres has it all. Harmless when repeated.
        """
        if self._closing:
            return True
        atexit.unregister(self.close)
        done = self._away is False and self.flush(timeout_s)
        self._closing = True
        self._unanswered.hurry(LAST_S)
        self._wake.set()
        self._thread.join()
        return done

    def _run(self) -> None:
        """Move records until closed; the loop of the thread."""
        while not self._closing:
            self._wake.wait(INTERVAL_S)
            self._wake.clear()
            self._move_or_tell()
        self._put_at = 0.0
        self._move_or_tell()
        self._give_up()
        if self.records:
            self._drop(len(self.records), "this process ends and nothing takes them")
        if self._connection is not None:
            self._connection.close()
        self._unanswered.close()
        self._spool.close()

    def _move_or_tell(self) -> None:
        try:
            self._move()
        except OSError as error:  # of the disk, so the batch that is held is good
            self._busy = False
            self._wait_in_memory(f"the spool takes nothing: {error}")
        except Exception as error:  # the thread must outlive any one batch
            self._busy = False
            self._on_trouble(f"reflections stumbled over {error!r}")
            self._give_up()

    def _give_up(self) -> None:
        """Drop the batch that is held, if there is one."""
        if self._held is not None:
            self._drop(len(self._held[1]), "nothing takes them")
            self._held = None

    def _move(self) -> None:
        """Send, or keep on disk, everything that is queued now."""
        self._busy = True
        self._replay()
        self._shed(len(self.records) - MAX_QUEUED)
        for _ in range(0, len(self.records) + 1, BATCH_ROWS):
            if not self._deliver():
                break
            self._replay()
        self._busy = False
        with self._idle:
            self._idle.notify_all()

    def _deliver(self) -> bool:
        """Send one batch or put it in the spool; False when it has to be held here."""
        if self._held is None:
            self._held = self._next()
        number, rows = self._held
        if not rows or self._goes(number, rows):
            self._held = None
        return self._held is None

    def _next(self) -> tuple[int, list[bytes]]:
        """Take a batch off the queue; return its number and rows."""
        take = self.records.popleft
        batch = [take() for _ in range(min(len(self.records), BATCH_ROWS))]
        rows = to_rows(batch)
        if len(rows) < len(batch):
            self._drop(len(batch) - len(rows), "they are not records")
        self._number += bool(rows)
        return self._number, rows

    def _goes(self, number: int, rows: list[bytes]) -> bool:
        # Behind older batches of this writer: their numbers must come first.
        if not self._spool and self._send(self._spool.writer, number, rows):
            return True
        if time.monotonic() < self._put_at:
            return False
        if self._spool.put(number, len(rows), b"".join(rows)):
            self.counters.spooled += len(rows)
            return True
        self._wait_in_memory("the spool is full, or its disk takes nothing")
        return False

    def _wait_in_memory(self, why: str) -> None:
        """Note that what is held stays here until it can go somewhere."""
        self._put_at = time.monotonic() + RETRY_S
        if not self._losing:
            self._losing = f"reflections are not kept: Postgres is away and {why}"
            self._on_trouble(f"reflections wait in memory: {why}")

    def _replay(self) -> None:
        """Send what waits in the spool, oldest first, until Postgres is away again."""
        while batch := self._spool.oldest():
            try:
                rows = batch.path.read_bytes().splitlines(keepends=True)
            except OSError as error:
                self._spool.remove(batch)
                self._drop(batch.rows, str(error))
                continue
            if not self._send(batch.writer, batch.number, rows):
                return
            self._spool.remove(batch)
            self._regain()

    def _send(self, writer: UUID, number: int, rows: list[bytes]) -> bool:
        """Commit one batch; False when Postgres cannot take it now."""
        if time.monotonic() < self._retry_at:
            return False
        try:
            bad = self._commit(writer, number, rows)
        except (psycopg.Error, StoreUnavailable) as error:
            self._lose_connection(error)
            return False
        self._away = False
        self._regain()
        self.counters.written += len(rows) - bad
        if bad:
            self._drop(bad, "Postgres refuses them as data")
        return True

    def _commit(self, writer: UUID, number: int, rows: list[bytes]) -> int:
        """Commit one batch in time; return how many of its rows Postgres refuses."""
        if self._connection is None:
            self._connection = connect(self._database_url, timeout_s=2, silent_s=10)
        with self._unanswered.watched(self._connection, ANSWER_S):
            return commit(self._connection, writer, number, rows)

    def _regain(self) -> None:
        """Note, after a batch was sent, that nothing is being lost any more."""
        if not self._spool:
            self._losing = ""

    def _lose_connection(self, error: Exception) -> None:
        """Note that Postgres is away, and when to try again."""
        self._retry_at = time.monotonic() + RETRY_S
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if not self._away:
            self._away = True
            why = f"{error}"
            if self._unanswered.ended:
                why = f"Postgres does not answer within {ANSWER_S:g} s"
            self._on_trouble(f"reflections go to the spool: {why}")

    def _shed(self, excess: int) -> None:
        """Drop the oldest records when the queue has passed its bound."""
        if excess > 0:
            for _ in range(excess):
                self.records.popleft()
            self._drop(excess, "they come faster than they can be written")

    def _drop(self, rows: int, reason: str) -> None:
        """Count lost rows and tell."""
        self.counters.dropped += rows
        self._on_trouble(f"{rows} reflections are lost: {reason}")
