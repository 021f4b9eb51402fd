"""What a generated module may ask of the world: the ports of the trading system.

A port is handed to an action as an argument. The annotations here are in the
vocabulary of specs (record names included), because the prompt shows them to the
model and the gate plays them from examples. No adapter is named here: ccxt's REST,
a WebSocket and the backtest all stand behind `Exchange`.

Money is Decimal in USD, sizes are Decimal in coins, times are UTC milliseconds,
fractions are fractions (0.01 is one percent).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Protocol

# A record's name in a spec; its class is rendered from specs/trading/<name>.yaml.
Account = Any
Fill = Any
Instrument = Any
LedgerEntry = Any
OpenOrder = Any
OrderEvent = Any
OrderRequest = Any
OrderStatus = Any
Position = Any
Ticker = Any
Frame = Any

# In the reason of an entry whose stop was refused: it was undone, or as far as could be.
TAKEN_BACK = "taken back"
# What is added to an entry's client id for the stop that goes with it.
STOP_SUFFIX = "-stop"
# And for the orders that take an entry back whose stop was refused; a number may follow.
UNDO_SUFFIX = "-undo"


class Exchange(Protocol):
    """One account at one exchange. Every method raises ExchangeError's kinds.

    An answer that cannot be read raises MalformedAnswer; it is never an empty list.
    """

    def instruments(self) -> list[Instrument]:
        """Return the tradeable perpetuals."""

    def tickers(self) -> list[Ticker]:
        """Return one ticker for each tradeable perpetual."""

    def candles(self, symbol: str, since_ms: int, limit: int) -> Frame:
        """Return closed candles, oldest first: time_ms, open, high, low, close, volume."""

    def place(self, order: OrderRequest) -> OrderStatus:
        """Send one order. OutcomeUnknown: ask `order` before anything is sent again."""

    def order(self, client_id: str) -> OrderStatus | None:
        """Return what the exchange knows of an order, None if it never got it."""

    def edit(
        self,
        client_id: str,
        size: Decimal | None,
        limit_price: Decimal | None,
        stop_price: Decimal | None,
    ) -> OrderStatus | None:
        """Change a resting order, None leaves a value as it is; None if no such order rests."""

    def cancel(self, client_id: str) -> OrderStatus | None:
        """Cancel one order; None if the exchange has no such open order."""

    def cancel_order(self, order_id: str) -> OrderStatus | None:
        """Cancel by the exchange's id, for an order that has no client id; None as in `cancel`."""

    def open_orders(self) -> list[OpenOrder]:
        """Return all resting orders, those that wait for a trigger too."""

    def positions(self) -> list[Position]:
        """Return all open positions; flat symbols are left out."""

    def account(self) -> Account:
        """Return balance, equity and margin."""

    def fills(self, since_ms: int) -> list[Fill]:
        """Return fills at or after since_ms, oldest first."""

    def ledger(self, since_id: int, since_ms: int = 0) -> list[LedgerEntry]:
        """Return account log entries with a higher id, at or after since_ms, oldest first:
        the true fees and funding. A log of years is thousands of pages: give a time.
        """

    def order_events(self, since_ms: int) -> list[OrderEvent]:
        """Return what happened to orders at or after since_ms, oldest first."""

    def keep_alive(self, timeout_s: int) -> None:
        """Tell the gateway that the loop lives; after timeout_s of silence it cancels entries."""

    def report_drift(self, drift_usd: Decimal) -> None:
        """Tell the gateway how far the books are off; what stays or is large halts entries."""


class Store(Protocol):
    """The books in Postgres, schema trading_data."""

    def insert(self, table: str, row: dict[str, Any]) -> None:
        """Write one row; a row with the same key is replaced, so a repeat is harmless."""

    def rows(self, table: str, since_ms: int) -> list[dict[str, Any]]:
        """Return rows at or after since_ms, oldest first."""


class State(Protocol):
    """Small shared state in Redis that outlives a process."""

    def get(self, key: str) -> str | None:
        """Return the value, None if absent."""

    def put(self, key: str, value: str) -> None:
        """Set the value."""


class Model(Protocol):
    """A language model that judges a setup. It may be slow, wrong, hostile or away."""

    def judge(self, key: str, context: str) -> str | None:
        """Return the answer in its own words, None if there is none in time; asked once a key."""


class Clock(Protocol):
    """Time as the system sees it: real, or that of a replay."""

    def now_ms(self) -> int:
        """Return UTC milliseconds."""
