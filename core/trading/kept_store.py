"""A Store that keeps what it cannot write: no row of the books is lost while Postgres is away.

With a full disk, a server that is started again or a broken connection, rows wait in memory in
their order, and are written before anything newer. While any wait, `stop_reason` says so and
nothing new should be entered. What still waits when the process ends is gone; positions,
fills and the account log are taken from the exchange at the next start.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from core.errors import StoreError, StoreUnavailable

RETRY_S = 0.5
# So many times as long as a try took is waited: one that hangs must not hold up the rest.
RETRY_TIMES = 10
# Rows: years of trades, or hours in which nothing at all is written.
MOST_KEPT = 200_000


class _Closable(Protocol):
    def insert(self, table: str, row: dict[str, Any]) -> None: ...

    def rows(self, table: str, since_ms: int) -> list[dict[str, Any]]: ...

    def close(self) -> None: ...


class KeptStore:
    """The Store port over another; safe to use from several threads.

    `tell` is told of a row that was kept and that Postgres then refused as data.
    """

    def __init__(
        self,
        store: _Closable,
        tell: Callable[..., None] = lambda kind, /, **detail: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._tell, self._monotonic = store, tell, monotonic
        self._waiting: deque[tuple[str, dict[str, Any]]] = deque()
        self._why, self._retry_at = "", 0.0
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self._waiting)

    def insert(self, table: str, row: dict[str, Any]) -> None:
        """Write one row, or keep it. StoreError if it is refused as data, or for too many."""
        with self._lock:
            self._write()
            if not self._waiting:
                began = self._monotonic()
                try:
                    self._store.insert(table, row)
                    return
                except StoreUnavailable as error:
                    self._away(error, began)
            if len(self._waiting) >= MOST_KEPT:
                raise StoreUnavailable(self._reason())
            self._waiting.append((table, dict(row)))

    def rows(self, table: str, since_ms: int) -> list[dict[str, Any]]:
        """Return rows at or after since_ms; StoreUnavailable while some are not written."""
        with self._lock:
            self._write()
            if self._waiting:
                raise StoreUnavailable(self._reason())
            return self._store.rows(table, since_ms)

    def stop_reason(self) -> str:
        """Return why nothing new should be entered: rows wait. Empty when none do."""
        with self._lock:
            self._write()
            return self._reason() if self._waiting else ""

    def close(self) -> int:
        """Write what waits if it can be, and close; return how many rows are gone."""
        with self._lock:
            self._retry_at = 0.0
            self._write()
            self._store.close()
            return len(self._waiting)

    def _write(self) -> None:
        """Write what waits, oldest first, unless it was tried just now."""
        while self._waiting and self._monotonic() >= self._retry_at:
            table, row = self._waiting[0]
            began = self._monotonic()
            try:
                self._store.insert(table, row)
            except StoreUnavailable as error:
                self._away(error, began)
                return
            except StoreError as error:
                self._tell("trouble", part="store", error=f"{table}: {error}")
            self._waiting.popleft()

    def _away(self, error: StoreUnavailable, began: float) -> None:
        now = self._monotonic()
        self._why = str(error)
        self._retry_at = now + max(RETRY_S, RETRY_TIMES * (now - began))

    def _reason(self) -> str:
        return f"the books are not written, {len(self._waiting)} rows wait: {self._why}"
