"""One connection to the gateway's socket: a line out, a line back."""

from __future__ import annotations

import socket


class Connection:
    """One connected Unix socket with a buffered reader. Its errors are OSError."""

    def __init__(self, path: str, timeout_s: float) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.settimeout(timeout_s)
            self._socket.connect(path)
        except OSError:
            self._socket.close()
            raise
        self._lines = self._socket.makefile("rb")

    def send(self, request: bytes) -> None:
        """Send all of a request line."""
        self._socket.sendall(request)

    def receive(self) -> bytes:
        """Return one answer line; ConnectionResetError when there will be none."""
        line = self._lines.readline()
        if not line.endswith(b"\n"):
            raise ConnectionResetError("the gateway went away")
        return line

    def close(self) -> None:
        """Close it."""
        self._lines.close()
        self._socket.close()

    def __del__(self) -> None:
        # A thread that ends leaves its connection to nobody but the collector.
        if hasattr(self, "_lines"):
            self.close()
