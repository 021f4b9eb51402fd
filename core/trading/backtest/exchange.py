"""The Exchange port of a backtest: the gateway's own handling of orders over the engine.

An entry with its stop, and the dead man's switch, are the gateway's code. Its limits and
its socket are not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from core.trading import record_fields
from core.trading.backtest.adapter import EngineAdapter
from core.trading.gateway.adapter import Row
from core.trading.gateway.heartbeat import Heartbeat
from core.trading.gateway.order import TRIGGERED, Order
from core.trading.gateway.protection import place_protected
from core.trading.paper import PaperExchange

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("time_ms", "open", "high", "low", "close", "volume")
_ORDER_FIELDS = tuple(Order.__dataclass_fields__)


class BacktestExchange:
    """One account; `records` maps record names to their classes."""

    def __init__(self, engine: PaperExchange, records: Mapping[str, type]) -> None:
        self.engine, self._records = engine, records
        self._adapter = EngineAdapter(engine)
        # It never falls silent: the loop is in this very thread.
        self._heartbeat = Heartbeat(self._adapter, monotonic=lambda: 0.0)
        self._fills: dict[str, Any] = {}

    def instruments(self) -> list[Any]:
        """Return the perpetuals that have candles."""
        return self._many("Instrument", self._adapter.instruments())

    def tickers(self) -> list[Any]:
        """Return one ticker for each."""
        return self._many("Ticker", self._adapter.tickers())

    def ticker(self, symbol: str) -> Any:
        """Return the ticker of one symbol."""
        return self._records["Ticker"](**self._adapter.ticker(symbol))

    def candles(self, symbol: str, since_ms: int, limit: int) -> pd.DataFrame:
        """Return closed candles, oldest first."""
        import pandas as pd

        market = self.engine.market
        first = max(0, -(-(since_ms - market.start_ms) // market.interval_ms))
        part = slice(first, min(first + limit, market.count))
        candles = market.candles[symbol]
        return pd.DataFrame({name: getattr(candles, name)[part] for name in COLUMNS})

    def place(self, order: Any) -> Any:
        """Send one order, with its stop if it has a price for one."""
        wanted = Order(*[getattr(order, name) for name in _ORDER_FIELDS])
        if not wanted.reduce_only:
            self._heartbeat.entry_sent(wanted.kind)
        if wanted.protect_price is not None:
            self._heartbeat.before_protection()
            return self._one("OrderStatus", place_protected(self._adapter, wanted))
        if wanted.reduce_only and wanted.kind in TRIGGERED:
            self._heartbeat.before_protection()
        return self._one("OrderStatus", self._adapter.place(wanted))

    def order(self, client_id: str) -> Any | None:
        """Return what the engine knows of an order, None if it never got it."""
        return self._one("OrderStatus", self._adapter.order(client_id))

    def edit(
        self,
        client_id: str,
        size: Decimal | None,
        limit_price: Decimal | None,
        stop_price: Decimal | None,
    ) -> Any | None:
        """Change a resting order; None if no such order rests."""
        changed = self._adapter.edit(client_id, size, limit_price, stop_price)
        return self._one("OrderStatus", changed)

    def cancel(self, client_id: str) -> Any | None:
        """Cancel one order; None if no such order rests."""
        return self._one("OrderStatus", self._adapter.cancel(client_id))

    def cancel_order(self, order_id: str) -> Any | None:
        """Cancel one order by the engine's id."""
        return self._one("OrderStatus", self._adapter.cancel_order(order_id))

    def open_orders(self) -> list[Any]:
        """Return all resting orders."""
        return self._many("OpenOrder", self._adapter.open_orders())

    def positions(self) -> list[Any]:
        """Return all open positions."""
        return self._many("Position", self._adapter.positions())

    def account(self) -> Any:
        """Return balance, equity and margin."""
        return self._records["Account"](**self._adapter.account())

    def fills(self, since_ms: int) -> list[Any]:
        """Return fills at or after since_ms, oldest first; each is made once."""
        rows = self._adapter.fills(since_ms)
        return [self._fills.get(row["fill_id"]) or self._fill(row) for row in rows]

    def _fill(self, row: Row) -> Any:
        made = self._fills[row["fill_id"]] = self._records["Fill"](**row)
        return made

    def ledger(self, since_id: int, since_ms: int = 0) -> list[Any]:
        """Return account log entries with a higher id, oldest first."""
        return self._many("LedgerEntry", self._adapter.ledger(since_id, since_ms))

    def order_events(self, since_ms: int) -> list[Any]:
        """Return what happened to orders at or after since_ms, oldest first."""
        return self._many("OrderEvent", self._adapter.order_events(since_ms))

    def keep_alive(self, timeout_s: int) -> None:
        """Set the dead man's switch as the gateway would."""
        self._heartbeat.beat(timeout_s)

    def report_drift(self, drift_usd: Decimal) -> None:
        """Do nothing: no kill switch stands behind a backtest."""

    def _one(self, name: str, row: Row | None) -> Any | None:
        return None if row is None else self._records[name](**row)

    def _many(self, name: str, rows: list[Row]) -> list[Any]:
        return [record_fields.made(name, row, self._records) for row in rows]
