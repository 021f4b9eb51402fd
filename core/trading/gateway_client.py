"""The Exchange port as the runtime uses it: a thin client of the gateway's socket.

It builds records, maps errors back to core.errors and says OutcomeUnknown when an answer
to a command is lost or cannot be read. It holds no key, no limit and no ccxt, and it never
repeats a request that may have been carried out.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import errors
from core.errors import (
    ExchangeUnavailable,
    MalformedAnswer,
    OutcomeUnknown,
    RequiresError,
)
from core.trading import record_fields
from core.trading.gateway_connection import Connection

if TYPE_CHECKING:
    import pandas as pd

WRITES = frozenset({"place", "edit", "cancel", "cancel_order"})
_CANDLE_COLUMNS = ("time_ms", "open", "high", "low", "close", "volume")
# A record that refuses its values is an answer with values that cannot be.
_UNREADABLE = (ArithmeticError, LookupError, TypeError, ValueError, RequiresError)
_ASK_HINT = "ask `order` for it before anything is sent again"
_encode = json.JSONEncoder(separators=(",", ":"), default=record_fields.plain).encode


class GatewayExchange:
    """The Exchange port over the gateway's socket. Thread-safe: a connection a thread.

    `records` maps record names (OrderStatus, Fill, ...) to their classes.
    """

    def __init__(
        self,
        socket_path: Path | str,
        records: Mapping[str, type],
        timeout_s: float = 60.0,
    ) -> None:
        self._path, self._records, self._timeout_s = (
            str(socket_path),
            records,
            timeout_s,
        )
        self._local = threading.local()

    def instruments(self) -> list[Any]:
        """Return the tradeable perpetuals."""
        return self._many("Instrument", self._call("instruments"))

    def tickers(self) -> list[Any]:
        """Return one ticker for each tradeable perpetual."""
        return self._many("Ticker", self._call("tickers"))

    def candles(self, symbol: str, since_ms: int, limit: int) -> pd.DataFrame:
        """Return the closed candles of `limit` intervals from since_ms on, oldest first.

        Columns: time_ms (int64), open, high, low, close, volume (float64).
        """
        rows = self._call("candles", symbol=symbol, since_ms=since_ms, limit=limit)
        frame: pd.DataFrame = self._read("candles", lambda: _frame(rows))
        return frame

    def place(self, order: Any) -> Any:
        """Send one order. OutcomeUnknown: ask `order` before anything is sent again."""
        fields = record_fields.FIELDS["OrderRequest"]
        row = {field: getattr(order, field) for field in fields}
        return self._done(self._call("place", order=row))

    def order(self, client_id: str) -> Any | None:
        """Return what the exchange knows of an order, None if it never got it."""
        return self._one("OrderStatus", self._call("order", client_id=client_id))

    def edit(
        self,
        client_id: str,
        size: Decimal | None,
        limit_price: Decimal | None,
        stop_price: Decimal | None,
    ) -> Any | None:
        """Change a resting order, None leaves a value as it is; None if it does not rest."""
        row = self._call(
            "edit",
            client_id=client_id,
            size=size,
            limit_price=limit_price,
            stop_price=stop_price,
        )
        return self._done(row)

    def cancel(self, client_id: str) -> Any | None:
        """Cancel one order; None if the exchange has no such open order."""
        return self._done(self._call("cancel", client_id=client_id))

    def cancel_order(self, order_id: str) -> Any | None:
        """Cancel by the exchange's id; None if the exchange has no such open order."""
        return self._done(self._call("cancel_order", order_id=order_id))

    def open_orders(self) -> list[Any]:
        """Return all resting orders, those that wait for a trigger too."""
        return self._many("OpenOrder", self._call("open_orders"))

    def positions(self) -> list[Any]:
        """Return all open positions; flat symbols are left out."""
        return self._many("Position", self._call("positions"))

    def account(self) -> Any:
        """Return balance, equity and margin."""
        return self._one("Account", self._call("account"))

    def fills(self, since_ms: int) -> list[Any]:
        """Return fills at or after since_ms, oldest first."""
        return self._many("Fill", self._call("fills", since_ms=since_ms))

    def ledger(self, since_id: int, since_ms: int = 0) -> list[Any]:
        """Return account log entries with a higher id, at or after since_ms, oldest first."""
        rows = self._call("ledger", since_id=since_id, since_ms=since_ms)
        return self._many("LedgerEntry", rows)

    def order_events(self, since_ms: int) -> list[Any]:
        """Return what happened to orders at or after since_ms, oldest first."""
        return self._many("OrderEvent", self._call("order_events", since_ms=since_ms))

    def keep_alive(self, timeout_s: int) -> None:
        """Tell the gateway that the loop lives; see the port."""
        self._call("keep_alive", timeout_s=timeout_s)

    def report_drift(self, drift_usd: Decimal) -> None:
        """Tell how far the books are off, 0 when they agree; see the port."""
        self._call("report_drift", drift_usd=drift_usd)

    def halt(self, reason: str) -> None:
        """Stop new risk until a person resumes it."""
        self._call("halt", reason=reason)

    def status(self) -> dict[str, Any]:
        """Return `halted` (a reason or None), `now_ms` and the limits in force."""
        return dict(self._call("status"))

    def close(self) -> None:
        """Close this thread's connection."""
        connection, self._local.connection = self._connection(), None
        if connection is not None:
            connection.close()

    def _done(self, row: Any) -> Any | None:
        """Return what a command made of its order; it was carried out all the same if that
        cannot be read.
        """
        try:
            return self._one("OrderStatus", row)
        except MalformedAnswer as error:
            raise OutcomeUnknown(f"sent, but {error}", hint=_ASK_HINT) from error

    def _one(self, name: str, row: Any) -> Any | None:
        return (
            None if row is None else self._read(name, lambda: self._record(name, row))
        )

    def _many(self, name: str, rows: Any) -> list[Any]:
        made: list[Any] = self._read(
            name, lambda: [self._record(name, row) for row in rows]
        )
        return made

    def _record(self, name: str, row: record_fields.Plain) -> Any:
        return record_fields.made(name, record_fields.read(name, row), self._records)

    def _read(self, name: str, make: Callable[[], Any]) -> Any:
        try:
            return make()
        except _UNREADABLE as error:
            raise MalformedAnswer(f"{name} from the gateway: {error!r:.200}") from error

    def _call(self, method: str, **params: Any) -> Any:
        request = (
            _encode({"id": 1, "method": method, "params": params}).encode() + b"\n"
        )
        try:
            connection = self._send(request)
            line = connection.receive()
            answer = json.loads(line)
        except (OSError, ValueError) as error:
            # A late answer must not be taken for the next call's.
            self.close()
            raise _lost(method, error) from None
        except BaseException:
            # Nor after a MemoryError or the end of a call that took too long.
            self.close()
            raise
        if "error" in answer:
            raise _told(answer["error"])
        return answer["ok"]

    def _send(self, request: bytes) -> Connection:
        """Send, over a new connection if the old one broke. A part is never carried out."""
        connection = self._connection()
        if connection is not None:
            try:
                connection.send(request)
                return connection
            except OSError:
                self.close()
        try:
            connection = self._local.connection = Connection(
                self._path, self._timeout_s
            )
            connection.send(request)
        except OSError as error:
            self.close()
            raise ExchangeUnavailable(
                f"no gateway at {self._path}: {error.strerror or error}",
                hint="start it: python -m core.trading.gateway --help",
            ) from None
        return connection

    def _connection(self) -> Connection | None:
        found: Connection | None = getattr(self._local, "connection", None)
        return found


def _lost(method: str, error: Exception) -> errors.ExchangeError:
    text = f"{method}: sent to the gateway, no answer ({error})"
    if method in WRITES:
        return OutcomeUnknown(text, hint=_ASK_HINT)
    return ExchangeUnavailable(text)


def _told(error: Mapping[str, Any]) -> errors.ExchangeError:
    kind = getattr(errors, str(error["kind"]), None)
    if not (isinstance(kind, type) and issubclass(kind, errors.ExchangeError)):
        kind = errors.ExchangeError
    return kind(str(error["message"]), hint=error.get("hint"))


def _frame(rows: list[list[Any]]) -> pd.DataFrame:
    # 0.4 s, and only those who ask for candles need them.
    import numpy as np
    import pandas as pd

    columns = list(zip(*rows, strict=True)) or [()] * len(_CANDLE_COLUMNS)
    # Plain arrays: at each tick a frame of one row is made for each symbol.
    data = {
        name: np.array(column, dtype="int64" if name == "time_ms" else "float64")
        for name, column in zip(_CANDLE_COLUMNS, columns, strict=True)
    }
    return pd.DataFrame(data)
