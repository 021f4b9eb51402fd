"""Remembers the client ids that were sent, so that none is sent twice from here.

The exchange refuses an id that it knows, but not for ever; this holds for the newest
ids of this process. An id is free again only when it is certain that it was not taken.
"""

from __future__ import annotations

import threading

from core.errors import DuplicateOrder

_KEPT = 100_000


class SentIds:
    """The newest client ids that the exchange has, or may have. Thread-safe."""

    def __init__(self) -> None:
        self._ids: dict[str, None] = {}
        self._lock = threading.Lock()

    def claim(self, client_id: str) -> None:
        """Take an id before it is sent; DuplicateOrder if it was sent before."""
        with self._lock:
            if client_id in self._ids:
                raise DuplicateOrder(
                    f"client_id {client_id} was sent before",
                    hint="look the order up by its client id",
                )
            self._ids[client_id] = None
            if len(self._ids) > _KEPT:
                del self._ids[next(iter(self._ids))]

    def release(self, client_id: str) -> None:
        """Free an id that the exchange never took."""
        with self._lock:
            self._ids.pop(client_id, None)
