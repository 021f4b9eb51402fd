"""The trusted end of the wire to a worker: framed bytes, with bounds and deadlines.

A frame is four bytes of length, big-endian, and that many bytes. Whatever is at the
other end is taken as hostile: it may be silent, slow, endless, or speak unasked. What
a frame means is not decided here.
"""

from __future__ import annotations

import select
import socket
import struct
import time

HEADER = struct.Struct("!I")
_CHUNK = 1 << 18


class ChannelClosed(Exception):
    """The other end is gone."""


class ChannelTimeout(Exception):
    """The deadline passed."""


class ChannelMisused(Exception):
    """The other end broke the protocol; the message says how."""


class Channel:
    """One stream socket; every wait ends at a `time.monotonic()` deadline."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._socket = end

    def send(self, frame: bytes, deadline: float) -> None:
        """Send one frame. A reader that does not read is a ChannelTimeout."""
        rest = memoryview(HEADER.pack(len(frame)) + frame)
        while rest:
            try:
                rest = rest[self._socket.send(rest) :]
            except BlockingIOError:
                self._wait(select.POLLOUT, deadline)
            except OSError:
                raise ChannelClosed from None

    def receive(self, at_most: int, deadline: float) -> bytes:
        """Return one frame of at most so many bytes; a longer one is ChannelMisused."""
        (length,) = HEADER.unpack(self._exactly(HEADER.size, deadline))
        if length > at_most:
            raise ChannelMisused(f"answered {length} bytes, at most {at_most} are read")
        return self._exactly(length, deadline)

    def expect_silence(self) -> None:
        """Raise ChannelMisused if anything was said that nobody asked for."""
        try:
            said = self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return
        except OSError:
            raise ChannelClosed from None
        if not said:
            raise ChannelClosed
        raise ChannelMisused("spoke without being asked")

    def close(self) -> None:
        """Close this end."""
        self._socket.close()

    def _exactly(self, count: int, deadline: float) -> bytes:
        parts: list[bytes] = []
        while count:
            part = self._some(count, deadline)
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def _some(self, count: int, deadline: float) -> bytes:
        while True:
            # Checked before each read: one byte at a time must not outlive it.
            self._wait(select.POLLIN, deadline)
            try:
                part = self._socket.recv(min(count, _CHUNK))
            except BlockingIOError:
                continue
            except OSError:
                raise ChannelClosed from None
            if not part:
                raise ChannelClosed
            return part

    def _wait(self, event: int, deadline: float) -> None:
        left = deadline - time.monotonic()
        poll = select.poll()
        poll.register(self._socket, event)
        if left <= 0 or not poll.poll(left * 1000):
            raise ChannelTimeout
