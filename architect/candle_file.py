"""One symbol's candles in a file that grows at its end, a page at a time.

What was fetched stays fetched: a line that a kill or a full disk has cut is taken off
again when the file is next opened.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from architect.atomic import write_failed
from core.errors import Busy, ConfigError
from core.trading.candles import COLUMNS
from core.trading.gateway.adapter import Candle

_HEADER = ",".join(COLUMNS) + "\n"
# More than a line has.
_TAIL = 4096


@contextmanager
def opened(path: Path, interval_ms: int) -> Iterator[CandleFile]:
    """Open or begin the file of one symbol; Busy while another process has it open."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Made if it is not there, and emptied by nobody: another may be writing it.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise write_failed(path, error) from None
    with os.fdopen(descriptor, "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(
                f"another run is writing {path}",
                hint="wait for it to end, then run the command again",
            ) from None
        yield CandleFile(path, file, interval_ms)


class CandleFile:
    """The candles of one symbol, oldest first, `interval_ms` apart.

    `first_ms` and `last_ms` are when the first and the last of them open, None while there
    is none. ConfigError if the file is something else.
    """

    def __init__(self, path: Path, file: IO[bytes], interval_ms: int) -> None:
        self.path, self.interval_ms = path, interval_ms
        self.first_ms: int | None = None
        self.last_ms: int | None = None
        self._file, self._close = file, ""
        self._read()

    def add(self, candles: Sequence[Candle]) -> int:
        """Append later candles; return how many were missing before or between them.

        Those are flat at the close before them, with volume 0: so does a market that does
        not trade look, and a history with a hole can be neither traded nor compared.
        """
        lines: list[str] = []
        missing = 0
        last_ms, close = self.last_ms, self._close
        for candle in candles:
            while last_ms is not None and last_ms + self.interval_ms < candle[0]:
                last_ms += self.interval_ms
                lines.append(f"{last_ms},{close},{close},{close},{close},0\n")
                missing += 1
            last_ms, close = candle[0], candle[4]
            lines.append(",".join(map(str, candle)) + "\n")
        if lines:
            self._write("".join(lines).encode())
            self.first_ms = candles[0][0] if self.first_ms is None else self.first_ms
            self.last_ms, self._close = last_ms, close
        return missing

    def __len__(self) -> int:
        if self.first_ms is None or self.last_ms is None:
            return 0
        return (self.last_ms - self.first_ms) // self.interval_ms + 1

    def _read(self) -> None:
        size = self._file.seek(0, os.SEEK_END)
        self._file.seek(0)
        head = self._file.readline()
        if _HEADER.encode().startswith(head) and size < len(_HEADER):
            self._file.seek(0)
            self._file.truncate()
            self._write(_HEADER.encode())
            return
        if head != _HEADER.encode():
            raise self._foreign("its first line is another")
        first = self._file.readline()
        self._file.seek(max(len(_HEADER), size - _TAIL))
        whole, _, cut = self._file.read().rpartition(b"\n")
        if cut:
            self._file.truncate(size - len(cut))
        if first.endswith(b"\n"):
            self.first_ms, _ = self._parsed(first)
            self.last_ms, self._close = self._parsed(whole.rpartition(b"\n")[2])
            if (self.last_ms - self.first_ms) % self.interval_ms:
                raise self._foreign("its candles are of another length")
        self._file.seek(0, os.SEEK_END)

    def _parsed(self, line: bytes) -> tuple[int, str]:
        cells = line.decode(errors="replace").strip().split(",")
        if len(cells) != len(COLUMNS) or not cells[0].isdigit():
            raise self._foreign(f"{line[:80]!r} is no candle of this command")
        return int(cells[0]), cells[4]

    def _foreign(self, why: str) -> ConfigError:
        return ConfigError(
            f"{self.path} was not written by architect candles: {why}",
            hint="move it away, or give another folder with --to",
        )

    def _write(self, data: bytes) -> None:
        try:
            self._file.write(data)
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise write_failed(self.path, error) from None
