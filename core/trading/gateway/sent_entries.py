"""The entries of the last minute of the exchange's time, over every gateway that sent them.

They lie in a file, so that a gateway that is started again neither begins its count at
none nor takes for nothing what the one before it sent and no reading shows yet. The
exchange is not asked: its order events do not tell entries from stops.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections import deque
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.errors import GatewayRefused
from core.trading.gateway.limiter import RESTART_MS
from core.trading.gateway.order import Order, checked

SENT_FILE = "entries.json"
_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Sent:
    """`before` is the symbol's signed position as last read before `order` was sent.

    Without an order it only counts.
    """

    sent_ms: int
    order: Order | None = None
    before: Decimal = Decimal(0)


class SentEntries:
    """At most `most` entries a minute. Without a path only this process's."""

    def __init__(self, most: int, path: Path | None = None) -> None:
        self._most, self._path = most, path
        self._sent: deque[Sent] | None = None
        self._found, self._is_readable = _found(path)

    def of_before(self) -> list[Sent]:
        """Return those of the gateways before this one, of their last minute."""
        return [sent for sent in self._found if sent.order is not None]

    def check(self, now_ms: int) -> None:
        """Raise GatewayRefused if the minute's entries are used up."""
        if len(self._of_last_minute(now_ms)) >= self._most:
            raise GatewayRefused(f"max_orders_per_minute is {self._most}, all are used")

    def note(self, sent: Sent) -> None:
        """Count an entry that is about to be sent."""
        self._of_last_minute(sent.sent_ms).append(sent)
        self._write()

    def closing(self, symbol: str, unknown: Collection[str]) -> None:
        """Let a symbol's entries only count: an order makes its position smaller. Those that
        may still come, by their client ids, stay as they are.
        """
        kept = [_counted(sent, symbol, unknown) for sent in self._sent or ()]
        if kept != [*(self._sent or ())]:
            self._sent = deque(kept)
            self._write()

    def _write(self) -> None:
        if self._path is None:
            return
        new = self._path.with_name(self._path.name + ".new")
        with contextlib.suppress(OSError):
            rows = [asdict(sent) for sent in self._sent or ()]
            new.write_text(json.dumps(rows, default=str))
            os.replace(new, self._path)

    def _of_last_minute(self, now_ms: int) -> deque[Sent]:
        if self._sent is None:
            # Of what cannot be read nobody knows, so all of them may have been sent.
            unknown = 0 if self._is_readable else self._most
            self._sent = deque([*self._found, *[Sent(now_ms)] * unknown])
        if self._sent and now_ms < self._sent[-1].sent_ms <= now_ms + RESTART_MS:
            # The clock has stepped back: a minute is no shorter for that.
            self._sent = deque(
                replace(sent, sent_ms=min(sent.sent_ms, now_ms)) for sent in self._sent
            )
        while self._sent and not now_ms - _MINUTE_MS < self._sent[0].sent_ms <= now_ms:
            self._sent.popleft()
        return self._sent


def _found(path: Path | None) -> tuple[list[Sent], bool]:
    """Return the entries that a file tells of, and whether it can be read."""
    if path is None:
        return [], True
    try:
        return [_sent(row) for row in json.loads(path.read_text())], True
    except FileNotFoundError:
        return [], True
    except (
        ArithmeticError,
        GatewayRefused,
        LookupError,
        OSError,
        TypeError,
        ValueError,
    ):
        return [], False


def _sent(row: Any) -> Sent:
    order = row["order"] and checked(row["order"])
    return Sent(int(row["sent_ms"]), order, Decimal(row["before"]))


def _counted(sent: Sent, symbol: str, unknown: Collection[str]) -> Sent:
    order = sent.order
    if order is None or order.symbol != symbol or order.client_id in unknown:
        return sent
    return replace(sent, order=None)
