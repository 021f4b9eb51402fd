"""Serves request lines over a Unix socket: a thread a connection, a line a request.

It owns the socket's life: only its owner may connect, a live gateway is not pushed aside,
a stale socket is replaced, and on `close` calls under way are answered first.
It knows nothing of what the lines mean.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

from core.errors import Busy, ConfigError

LINE_MAX = 1 << 20
# sun_path of Linux, with its terminating zero.
_PATH_MAX = 107
# Before it accepts again after a failure.
_PAUSE_S = 0.1


class SocketServer:
    """Answers every line with `answer(line)`; started by `start`, ended by `close`."""

    def __init__(self, path: Path, answer: Callable[[bytes], bytes]) -> None:
        self._path, self._answer = path, answer
        self._listener, self._lock_file = _bound(path)
        self._changed = threading.Condition()
        self._connections: set[socket.socket] = set()
        self._under_way = 0
        self._closing = False

    def start(self) -> None:
        """Listen, and accept on a thread of its own."""
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self, grace_s: float = 15.0) -> None:
        """Take no more requests, answer those under way, remove the socket."""
        with self._changed:
            self._closing = True
            # Before waiting, so that the next gateway's clients are not sent here.
            self._path.unlink(missing_ok=True)
            self._changed.wait_for(lambda: not self._under_way, grace_s)
            connections = list(self._connections)
        for connection in [self._listener, *connections]:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        _lock_path(self._path).unlink(missing_ok=True)
        os.close(self._lock_file)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                if self._closing:
                    return
                # Of descriptors there may be some again.
                time.sleep(_PAUSE_S)
                continue
            try:
                threading.Thread(
                    target=self._serve, args=(connection,), daemon=True
                ).start()
            except (MemoryError, RuntimeError):
                # No thread for it: its client asks again.
                connection.close()

    def _serve(self, connection: socket.socket) -> None:
        with self._changed:
            self._connections.add(connection)
        # A client that goes away in mid-call is no error of ours.
        with (
            contextlib.suppress(OSError),
            connection,
            connection.makefile("rb") as lines,
        ):
            # A line without its end is never carried out: its sender gave up.
            while (line := lines.readline(LINE_MAX)).endswith(b"\n"):
                if not self._begin():
                    break
                try:
                    connection.sendall(self._answer(line))
                finally:
                    self._end()
        with self._changed:
            self._connections.discard(connection)

    def _begin(self) -> bool:
        with self._changed:
            self._under_way += not self._closing
            return not self._closing

    def _end(self) -> None:
        with self._changed:
            self._under_way -= 1
            self._changed.notify_all()


def _bound(path: Path) -> tuple[socket.socket, int]:
    if len(os.fsencode(path)) > _PATH_MAX:
        raise ConfigError(
            f"socket path {path} is longer than {_PATH_MAX} bytes",
            hint="use a folder with a shorter path",
        )
    lock_file = _locked(path)
    # Whoever holds the lock is the only gateway here, so what lies there is stale.
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # The mask comes first: between bind and chmod the socket would be open to others.
    mask = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(mask)
    return listener, lock_file


def _lock_path(path: Path) -> Path:
    return path.with_name(path.name + ".lock")


def _locked(path: Path) -> int:
    """Hold a lock that the kernel drops when this process ends, however it ends."""
    lock_path = _lock_path(path)
    while True:
        try:
            descriptor = os.open(
                lock_path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600
            )
        except OSError as error:
            raise ConfigError(f"cannot write {lock_path}: {error.strerror}") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise Busy(
                f"a gateway already serves {path}", hint="stop it first"
            ) from None
        if _same_file(descriptor, lock_path):
            return descriptor
        # Its holder removed it between our open and our lock.
        os.close(descriptor)


def _same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False
