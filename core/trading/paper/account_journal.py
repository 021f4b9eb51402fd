"""The journal of a paper account: the file of its calls, each written before it is done.

Each is synced, with the account as it stands then: what is not in the journal was answered
to nobody. A call that is refused, because it cannot be written, leaves nothing in it.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.durable import sync_folder
from core.errors import Busy, ConfigError, ExchangeUnavailable
from core.trading.paper.config import PaperConfig, new_account
from core.trading.paper.requests import NewOrder
from core.values import NotPlain, decode, encode

_RECORDS = {"NewOrder": NewOrder, "PaperConfig": PaperConfig}
_BEGINS = b'{"account":'


@dataclass(frozen=True, slots=True)
class Origin:
    """What an account began with: its name, the UTC ms, and what the exchange was told."""

    name: str
    began_ms: int
    config: PaperConfig


@dataclass(frozen=True, slots=True)
class KeptCall:
    """One call, and the account's time, count of fills and balance (USD) before it."""

    time_ms: int
    fills: int
    balance_usd: Decimal
    name: str
    args: list[Any]


class Journal:
    """The file of one account; `origin` is None until it has begun.

    One process at a time has it open: see `opened`.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._broken = False
        lines, self._size = _whole_lines(path, descriptor)
        self.origin = self._origin(lines[0]) if lines else None
        self.calls = [self._call(n, line) for n, line in enumerate(lines[1:], start=2)]

    def begin(self, began_ms: int, config: PaperConfig) -> None:
        """Begin the account of an empty journal."""
        origin = Origin(new_account(), began_ms, config)
        self._write(
            {
                "account": origin.name,
                "began_ms": began_ms,
                "config": encode(config),
            }
        )
        self.origin = origin

    def add(self, call: KeptCall) -> None:
        """Write a call down; ExchangeUnavailable where that is not possible, ValueError for
        one that could not be read again.
        """
        try:
            args = encode(call.args)
            decode(args, _RECORDS)
        except NotPlain as error:
            raise ValueError(str(error)) from None
        self._write(
            {
                "time_ms": call.time_ms,
                "fills": call.fills,
                "balance_usd": str(call.balance_usd),
                "call": call.name,
                "args": args,
            }
        )

    def _write(self, line: dict[str, Any]) -> None:
        data = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        if self._broken:
            raise ExchangeUnavailable(f"{self.path} could not be written before")
        try:
            if os.pwrite(self._descriptor, data, self._size) != len(data):
                raise OSError(None, "the disk is full")
            os.fsync(self._descriptor)
        except OSError as error:
            self._take_back()
            raise ExchangeUnavailable(
                f"cannot write {self.path}: {error.strerror}",
                hint="nothing was carried out; free some disk space",
            ) from None
        self._size += len(data)

    def _take_back(self) -> None:
        """Leave nothing of a line that was not written whole, or write nothing any more:
        a call that was refused is not to be carried out by a later replay.
        """
        try:
            os.ftruncate(self._descriptor, self._size)
        except OSError:
            self._broken = True

    def _origin(self, line: str) -> Origin:
        try:
            plain = json.loads(line)
            config = decode(plain["config"], _RECORDS)
            return Origin(str(plain["account"]), int(plain["began_ms"]), config)
        except (ValueError, KeyError, TypeError, NotPlain) as error:
            raise self._foreign(1, error) from None

    def _call(self, number: int, line: str) -> KeptCall:
        try:
            plain = json.loads(line)
            return KeptCall(
                int(plain["time_ms"]),
                int(plain["fills"]),
                Decimal(plain["balance_usd"]),
                str(plain["call"]),
                decode(plain["args"], _RECORDS),
            )
        except (ValueError, ArithmeticError, KeyError, TypeError, NotPlain) as error:
            raise self._foreign(number, error) from None

    def _foreign(self, number: int, error: Exception) -> ConfigError:
        return ConfigError(
            f"{self.path}:{number} is no line of a paper account: {error}",
            hint="begin another account: architect up --follow --new-account",
        )


def began_ms(path: Path) -> int | None:
    """Return when the account of a journal began, None where there is none."""
    try:
        with path.open("rb") as file:
            return int(json.loads(file.readline())["began_ms"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


@contextmanager
def opened(path: Path, *, new: bool = False) -> Iterator[Journal]:
    """Open or begin the journal of an account; Busy while another process has it open.

    `new` puts one that is there aside, beside it under the next free number.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _held(path) as descriptor:
        if not new or not os.fstat(descriptor).st_size:
            yield Journal(path, descriptor)
            return
        path.rename(_aside(path))
        with _held(path) as fresh:
            yield Journal(path, fresh)


@contextmanager
def _held(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(
                f"another paper exchange has the account of {path}",
                hint="end it first: it is traded by one system at a time",
            ) from None
        sync_folder(path.parent)
        yield descriptor
    finally:
        os.close(descriptor)


def _aside(path: Path) -> Path:
    number = 1
    while (found := path.with_suffix(f".{number}{path.suffix}")).exists():
        number += 1
    return found


def _whole_lines(path: Path, descriptor: int) -> tuple[list[str], int]:
    """Return the lines and their bytes; what a kill or a full disk has cut is taken off.

    ConfigError for a file that is no journal: it stays as it is.
    """
    data = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
    if not data.startswith(_BEGINS) and not _BEGINS.startswith(data):
        raise ConfigError(f"{path} is no journal of a paper account")
    whole, _, cut = data.rpartition(b"\n")
    if _is_json(cut):  # all of a line but its end
        whole = data
    if whole:
        whole = whole.rstrip(b"\n") + b"\n"
    if whole != data:
        os.ftruncate(descriptor, len(whole))
        os.pwrite(descriptor, whole[-1:], max(0, len(whole) - 1))
    return whole.decode(errors="replace").splitlines(), len(whole)


def _is_json(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
