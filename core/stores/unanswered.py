"""Ends a statement that a Postgres server does not answer, so that nobody waits for ever.

A server's own time limit does not count while the server itself hangs, or is out of reach.
"""

from __future__ import annotations

import contextlib
import math
import os
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg

# How often it is looked, seconds.
EVERY_S = 0.5


class Unanswered:
    """Watches one statement at a time. `ended` says that the last one was ended here."""

    def __init__(self) -> None:
        self.ended = False
        self._now: tuple[psycopg.Connection[Any], float] | None = None
        self._most_s = math.inf
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def watched(
        self, connection: psycopg.Connection[Any], most_s: float
    ) -> Iterator[None]:
        """Let what runs in the block fail with an OperationalError after `most_s` seconds."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._watch, daemon=True)
            self._thread.start()
        with self._lock:
            self.ended = False
            self._now = connection, time.monotonic() + min(most_s, self._most_s)
        try:
            yield
        finally:
            with self._lock:
                self._now = None

    def hurry(self, most_s: float) -> None:
        """End what runs now although its time is not over: nobody waits for it any more.

        What comes after it has `most_s` seconds at most, also what begins just now.
        """
        with self._lock:
            self._most_s = most_s
            if self._now is not None:
                self._now = self._now[0], 0.0

    def close(self) -> None:
        """Watch nothing more."""
        self._closed.set()

    def _watch(self) -> None:
        while not self._closed.wait(EVERY_S):
            with self._lock:
                if self._now is not None and time.monotonic() > self._now[1]:
                    self.ended = True
                    _cut(self._now[0])
                    self._now = None


def _cut(connection: psycopg.Connection[Any]) -> None:
    """Shut a connection's socket down under it: whoever waits for an answer is told."""
    with (
        contextlib.suppress(OSError, psycopg.Error),
        socket.socket(fileno=os.dup(connection.fileno())) as shared,
    ):
        shared.shutdown(socket.SHUT_RDWR)
