"""The Exchange port over the paper exchange's own book engine, in this process.

Orders, fills, fees, funding, margin and liquidation are the engine's, so a backtest and
the loop that trades on the paper exchange get the same answers; only HTTP, signatures
and the gateway are left out. A figure that would cross them as a JSON number is cut to a
double here too.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from core.errors import MalformedAnswer
from core.trading.gateway.kraken_orders import refusal, state, weighed
from core.trading.paper import NewOrder, PaperExchange
from core.trading.paper.orders import Fill, Order, OrderState

if TYPE_CHECKING:
    import pandas as pd

KINDS = {
    "market": "mkt",
    "limit": "lmt",
    "post": "post",
    "ioc": "ioc",
    "stop": "stp",
    "take_profit": "take_profit",
}
COLUMNS = ("time_ms", "open", "high", "low", "close", "volume")
_DONE = {
    OrderState.FILLED: "filled",
    OrderState.CANCELLED: "cancelled",
    OrderState.REJECTED: "rejected",
}


class BacktestExchange:
    """One account of one engine; `records` maps record names to their classes."""

    def __init__(self, engine: PaperExchange, records: Mapping[str, type]) -> None:
        self.engine, self._records = engine, records
        self._fills: list[Any] = []
        self._times: list[int] = []

    def instruments(self) -> list[Any]:
        """Return the perpetuals that have candles."""
        return [
            self._records["Instrument"](
                symbol=contract.symbol,
                tick_size=contract.tick_size,
                size_step=contract.size_step,
                contract_size=Decimal(1),
                initial_margin_frac=contract.margin_levels[0].initial_frac,
                maintenance_margin_frac=contract.margin_levels[0].maintenance_frac,
            )
            for contract in self.engine.market.contracts.values()
        ]

    def tickers(self) -> list[Any]:
        """Return one ticker for each."""
        return [self.ticker(symbol) for symbol in self.engine.market.candles]

    def ticker(self, symbol: str) -> Any:
        """Return the ticker of one symbol."""
        market = self.engine.market
        price = market.price[symbol]
        bid, ask = market.bid_ask(symbol, price)
        opened, _, _, volume = market.day(symbol)
        return self._records["Ticker"](
            symbol=symbol,
            mark_price=price,
            bid=bid,
            ask=ask,
            last=price,
            volume_24h=volume,
            open_24h=opened,
            funding_frac=_sent(market.funding_rate(symbol, market.now_ms)) / price,
            time_ms=market.now_ms,
            suspended=False,
        )

    def candles(self, symbol: str, since_ms: int, limit: int) -> pd.DataFrame:
        """Return closed candles, oldest first."""
        import pandas as pd

        market = self.engine.market
        first = max(0, -(-(since_ms - market.start_ms) // market.interval_ms))
        part = slice(first, min(first + limit, market.count))
        candles = market.candles[symbol]
        return pd.DataFrame({name: getattr(candles, name)[part] for name in COLUMNS})

    def place(self, order: Any) -> Any:
        """Send one order; OrderRejected or DuplicateOrder as the exchange words it."""
        request = NewOrder(
            symbol=order.symbol,
            side=order.side,
            kind=KINDS[order.kind],
            size=order.size,
            client_id=order.client_id,
            limit_price=order.limit_price,
            stop_price=order.stop_price,
            reduce_only=order.reduce_only,
        )
        outcome = self.engine.send(request)
        refused = refusal(outcome.status)
        if refused is not None:
            raise refused
        if outcome.order is None:
            raise MalformedAnswer(f"sendorder: status {outcome.status}")
        executed = [event.fill for event in outcome.events if event.fill]
        return self._status(outcome.order, executed)

    def order(self, client_id: str) -> Any | None:
        """Return what the engine knows of an order, None if it never got it."""
        found = self.engine.find(None, client_id)
        if found is None:
            return None
        fills = self.engine.books.fills
        return self._status(
            found, [f for f in fills if f.order.order_id == found.order_id]
        )

    def cancel(self, client_id: str) -> Any | None:
        """Cancel one order; None if no such order is live."""
        found = self.engine.find(None, client_id)
        done = self.engine.cancel(found)
        return self._status(found) if found and done.status == "cancelled" else None

    def open_orders(self) -> list[Any]:
        """Return all live orders."""
        return [self._status(order) for order in self.engine.venue.live.values()]

    def positions(self) -> list[Any]:
        """Return all open positions."""
        return [
            self._records["Position"](
                symbol=symbol,
                size=holding.size,
                entry_price=holding.entry_price,
                funding_usd=_sent(holding.funding_usd),
            )
            for symbol, holding in self.engine.books.holdings.items()
            if holding.size
        ]

    def account(self) -> Any:
        """Return balance, equity and margin."""
        margin = self.engine.margin()
        return self._records["Account"](
            balance_usd=_sent(margin.balance),
            equity_usd=_sent(margin.equity),
            available_usd=_sent(margin.available),
            initial_margin_usd=_sent(margin.initial),
            maintenance_margin_usd=_sent(margin.maintenance),
            floating_usd=_sent(margin.floating),
            funding_usd=_sent(margin.funding),
        )

    def fills(self, since_ms: int) -> list[Any]:
        """Return fills at or after since_ms, oldest first."""
        for fill in self.engine.books.fills[len(self._fills) :]:
            self._fills.append(self._fill(fill))
            self._times.append(fill.time_ms)
        found = self._fills[bisect_left(self._times, since_ms) :]
        return sorted(found, key=lambda fill: (fill.time_ms, fill.fill_id))

    def ledger(self, since_id: int) -> list[Any]:
        """Return the cash entries of the account log with a higher id, oldest first."""
        # Row n of the engine's log has the ids 2n - 1, its cash, and 2n, its position.
        return [
            self._records["LedgerEntry"](
                entry_id=2 * row.row_id - 1,
                time_ms=row.time_ms,
                kind=row.kind,
                symbol=row.symbol,
                fee_usd=row.fee_usd,
                realised_usd=row.realised_usd,
                funding_usd=row.funding_usd,
                balance_usd=row.balance_usd,
            )
            for row in self.engine.books.ledger[(since_id + 1) // 2 :]
        ]

    def keep_alive(self, timeout_s: int) -> int:
        """Arm the dead man's switch; return when it fires, in ms."""
        return self.engine.cancel_all_after(timeout_s) or 0

    def _status(self, order: Order, fills: Sequence[Fill] = ()) -> Any:
        ended = not order.is_live
        word = _DONE.get(order.state) or state(order.size, order.filled, ended=ended)
        return self._records["OrderStatus"](
            client_id=order.client_id or "",
            order_id=order.order_id,
            symbol=order.symbol,
            side=order.side,
            status=word,
            size=order.size,
            filled=order.filled,
            average_price=weighed([(f.size, f.price) for f in fills])[1],
            reason="",
        )

    def _fill(self, fill: Fill) -> Any:
        return self._records["Fill"](
            fill_id=fill.fill_id,
            order_id=fill.order.order_id,
            client_id=fill.order.client_id or "",
            symbol=fill.order.symbol,
            side=fill.order.side,
            size=fill.size,
            price=fill.price,
            time_ms=fill.time_ms,
        )


def _sent(value: Decimal) -> Decimal:
    return Decimal(repr(float(value)))
