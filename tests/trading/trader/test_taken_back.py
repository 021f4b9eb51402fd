"""An entry whose stop was refused is sold again at once: what the loop makes of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from in_process import Noting, decide, entries, session, tick

from core.errors import OrderRejected
from core.trading.backtest.run import Session
from core.trading.trader.config import TraderConfig

XBT = "PF_XBTUSD"


class TakesBack(Noting):
    """Refuses the stops of so many entries, or both as an ioc that finds nobody, and hides
    fills while `hides`.
    """

    def __init__(self, engine: Any, records: Any) -> None:
        super().__init__(engine, records)
        self.refuses, self.alone, self.hides = 0, 0, False
        self._place_all = self._adapter.place_all
        adapter: Any = self._adapter
        adapter.place_all = self._refusing

    def _refusing(self, orders: Any) -> list[Any]:
        if self.alone:
            self.alone -= 1
            return [OrderRejected("iocWouldNotExecute")] * 2
        if not self.refuses:
            return self._place_all(orders)
        self.refuses -= 1
        return [*self._place_all(orders[:1]), OrderRejected("tooManyOrders")]

    def fills(self, since_ms: int) -> list[Any]:
        return [] if self.hides else super().fills(since_ms)


def made() -> tuple[Session, Any]:
    """Return a session that wants to hold XBT, and its exchange."""
    one = session(TraderConfig(lookback=120), TakesBack)
    decide(one, lambda symbol, _: ("long" if symbol == XBT else "none", 1.0))
    exchange: Any = one.exchange
    return one, exchange


def net(rows: Any) -> Decimal:
    parts = (r["realised_usd"] - r["fees_usd"] + r["funding_usd"] for r in rows)
    return sum(parts, Decimal(0))


def test_its_symbol_is_entered_again_once_all_of_it_is_told() -> None:
    """Its late fills would count to the trade after it, and its fees to none."""
    one, exchange = made()
    exchange.refuses, exchange.hides = 1, True
    tick(one)
    taken = len(entries(one))
    assert taken
    assert one.engine.books.holdings[XBT].size == 0
    tick(one, 3)
    assert len(entries(one)) == taken
    exchange.hides = False
    tick(one, 3)
    assert len(entries(one)) > taken
    ended = [r for r in one.store.rows("trades", 0) if r["exit_reason"] == "taken back"]
    assert len(ended) == 1
    true = one.engine.books.ledger[: 2 * taken]
    paid = sum(row.realised_usd - row.fee_usd for row in true)
    assert abs(net(ended) - paid) < Decimal("0.01")


def test_one_that_finds_nobody_may_be_sent_again_at_the_next_candle() -> None:
    one, exchange = made()
    exchange.alone = 1
    tick(one)
    assert XBT not in one.loop.trades
    tick(one)
    assert XBT in one.loop.trades
