"""What is done between two candles: whatever is held has its stop, and nothing ends by haste."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from in_process import Doubtful, deal, decide, idle, look, session, size_of, tick

from core.errors import ExchangeUnavailable
from core.trading.backtest.run import Session
from core.trading.trader.config import CANDLE_MS, TraderConfig

XBT = "PF_XBTUSD"
FAR = {"stop_multiple": Decimal(60), "take_multiple": Decimal(60)}


class Busy(Doubtful):
    """While it `stays`, it changes no order, and while it is `deaf` it takes no stop."""

    stays = deaf = False

    def place(self, order: Any) -> Any:
        if self.deaf and order.kind in ("stop", "take_profit"):
            raise ExchangeUnavailable("503")
        return super().place(order)

    def edit(self, *args: Any) -> Any:
        if self.stays:
            raise ExchangeUnavailable("503")
        return super().edit(*args)


def made(**config: Any) -> tuple[Session, Any]:
    """Return a session that wants to be long, and its exchange."""
    one = session(TraderConfig(lookback=120, **FAR, **config), Busy)
    decide(one, lambda symbol, _: ("long" if symbol == XBT else "none", 1.0))
    return one, one.exchange


def stops(one: Session) -> list[tuple[str, Decimal]]:
    live = one.engine.venue.live.values()
    return [("buy" if o.is_buy else "sell", o.size) for o in live if o.kind == "stp"]


def test_an_entry_of_unknown_fate_gets_its_stop_at_the_next_look() -> None:
    one, exchange = made()
    exchange.doubts = True
    tick(one)
    assert size_of(one, XBT) > 0
    assert stops(one) == []
    look(one, 15)
    assert stops(one) == [("sell", size_of(one, XBT))]
    assert "nobody knows" in one.loop.halted


def test_so_does_a_position_that_a_person_turned() -> None:
    one, _ = made()
    tick(one, 2)
    idle(one)
    deal(one, XBT, "sell", 2 * size_of(one, XBT))
    look(one, 15)
    assert stops(one) == [("buy", -size_of(one, XBT))]
    first, second = sorted(one.store.rows("trades", 0), key=lambda r: r["opened_ms"])
    assert (first["side"], first["exit_reason"]) == ("long", "closed elsewhere")
    assert (second["side"], second["closed_ms"]) == ("short", None)


def test_a_stop_that_is_not_moved_yet_counts_by_candles() -> None:
    one, exchange = made(max_stop_failures=3)
    tick(one, 2)
    idle(one)
    trade = one.loop.trades[XBT]
    trade.move_stop(trade.levels.stop_price + 10)
    exchange.stays = True
    for seconds in range(0, 75, 15):
        look(one, seconds)
    assert (trade.stop_failures, trade.ending) == (1, "")
    assert len(stops(one)) == 1
    look(one, CANDLE_MS // 1000)
    assert trade.ending == ""
    look(one, 2 * CANDLE_MS // 1000)
    assert (trade.ending, size_of(one, XBT)) == ("unprotected", 0)


def test_a_stop_that_is_missing_counts_at_each_look() -> None:
    one, exchange = made(max_stop_failures=3)
    tick(one, 2)
    idle(one)
    trade = one.loop.trades[XBT]
    exchange.deaf = True
    for resting in list(one.engine.venue.live.values()):
        one.engine.cancel(resting)
    look(one, 15)
    look(one, 30)
    assert (trade.stop_failures, trade.ending) == (2, "")
    look(one, 45)
    assert (trade.ending, size_of(one, XBT)) == ("unprotected", 0)
