"""What the gateway asks of an exchange adapter: the Exchange port in plain data.

An adapter returns dicts with exactly the fields of `record_fields` and raises only
core.errors' ExchangeError kinds. It fails closed. It enforces no limits of ours: the
gateway does, in front of every adapter alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Protocol

from core.errors import ExchangeError
from core.trading.gateway.order import Order

Row = dict[str, Any]
Candle = tuple[int, str, str, str, str, str]
INTERVALS_MS = {
    "1m": 60_000,
    "5m": 300_000,
    "15m": 900_000,
    "30m": 1_800_000,
    "1h": 3_600_000,
    "4h": 14_400_000,
    "12h": 43_200_000,
    "1d": 86_400_000,
    "1w": 604_800_000,
}


class Adapter(Protocol):
    """One account at one exchange; see `ports.Exchange` for what each call means."""

    def now_ms(self) -> int:
        """Return the exchange's time as last known, without a call."""

    def instruments(self) -> list[Row]:
        """Return Instrument rows."""

    def tickers(self) -> list[Row]:
        """Return Ticker rows."""

    def candles(self, symbol: str, since_ms: int, limit: int) -> list[Candle]:
        """Return closed candles: time_ms, then open, high, low, close, volume as text."""

    def place(self, order: Order) -> Row:
        """Send one order and return its OrderStatus row."""

    def place_all(self, orders: Sequence[Order]) -> list[Row | ExchangeError]:
        """Send orders in one request; return each one's OrderStatus row or its error."""

    def order(self, client_id: str) -> Row | None:
        """Return an OrderStatus row; None only when every source was readable."""

    def edit(
        self,
        client_id: str,
        size: Decimal | None,
        limit_price: Decimal | None,
        stop_price: Decimal | None,
    ) -> Row | None:
        """Change a resting order; return its OrderStatus row, None if it does not rest."""

    def cancel(self, client_id: str) -> Row | None:
        """Cancel one order; return its OrderStatus row, None if it does not rest."""

    def cancel_order(self, order_id: str) -> Row | None:
        """Cancel one order by the exchange's id."""

    def open_orders(self) -> list[Row]:
        """Return OpenOrder rows."""

    def positions(self) -> list[Row]:
        """Return Position rows."""

    def account(self) -> Row:
        """Return an Account row."""

    def account_uid(self) -> str:
        """Return what tells the account, a subaccount too, from every other."""

    def other_collateral(self) -> tuple[str, ...]:
        """Return what beside USD the account held when last read, without a call."""

    def fills(self, since_ms: int) -> list[Row]:
        """Return Fill rows, oldest first."""

    def ledger(self, since_id: int, since_ms: int = 0) -> list[Row]:
        """Return LedgerEntry rows with a higher id, at or after since_ms, oldest first."""

    def order_events(self, since_ms: int) -> list[Row]:
        """Return OrderEvent rows, oldest first."""

    def arm_switch(self, timeout_s: int) -> int:
        """Let the exchange cancel all orders after a time; return when, in UTC ms."""

    def disarm_switch(self) -> None:
        """Take that back."""

    def before_entries(self, check: Callable[[], object]) -> None:
        """Call `check` just before anything that opens is sent; its errors rise."""

    def pool_margin(self, symbol: str) -> None:
        """Make the symbol share the account's margin (cross), if it does not."""


class Charts(Protocol):
    """The candles that an exchange shows to anybody, without an account."""

    def now_ms(self, symbol: str) -> int:
        """Return the exchange's time; ExchangeError if it does not list the symbol."""

    def candles(
        self, symbol: str, interval: str, since_ms: int, limit: int
    ) -> list[Candle]:
        """Return closed candles of the `limit` intervals from since_ms on, oldest first.

        `interval` is one of INTERVALS_MS.
        """
