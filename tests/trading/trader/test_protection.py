"""Stops and takes at the exchange: placed, moved, taken up again, and never left behind."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

from trader_rig import Rig

from core.trading.trader.__main__ import between
from core.trading.trader.clock import RealClock
from core.trading.trader.loop import TradingLoop

ETH, SOL = "PF_ETHUSD", "PF_SOLUSD"


def resting(rig: Rig) -> dict[str, Any]:
    """Return the orders that rest at the exchange by kind; one of each."""
    orders = rig.exchange.open_orders()
    kinds = {order.kind: order for order in orders}
    assert len(kinds) == len(orders), orders
    return kinds


def held(rig: Rig, side: str = "buy", size: str = "0.5") -> TradingLoop:
    """Return a loop that holds one adopted position in ETH and enters nothing."""
    rig.replace_module("market_scanner", "return []")
    rig.trade(ETH, side, size, f"mine-{side}")
    return rig.loop()


def move_stop(loop: TradingLoop, away: str) -> None:
    """Set the stop so near to the mark that the next candle reaches it."""
    trade, mark = loop.trades[ETH], loop.market.mark(ETH)
    sign = -1 if trade.side == "long" else 1
    trade.levels = replace(trade.levels, stop_price=mark + sign * Decimal(away))
    trade.trail_usd = Decimal(0)
    loop._protect(0)


def test_a_position_is_protected_before_the_first_tick(rig: Rig) -> None:
    loop = held(rig)
    orders, levels = resting(rig), loop.trades[ETH].levels
    assert orders["stop"].stop_price == levels.stop_price
    assert orders["take_profit"].stop_price == levels.take_price
    for order in orders.values():
        assert (order.size, order.side, order.reduce_only) == (
            Decimal("0.5"),
            "sell",
            True,
        )


def test_what_rests_as_it_should_is_left_alone(rig: Rig) -> None:
    loop = held(rig)
    loop.trades[ETH].trail_usd = Decimal(0)
    before = rig.paper.state()["order_count"], resting(rig)
    loop.tick(rig.paper.step())
    assert (rig.paper.state()["order_count"], resting(rig)) == before


def test_an_entry_has_its_stop_and_take_at_the_exchange(rig: Rig) -> None:
    loop = rig.loop()
    for _ in range(200):
        loop.tick(rig.paper.step())
        if loop.trades:
            break
    ((symbol, trade),) = loop.trades.items()
    position = loop.books.held[symbol]
    orders = resting(rig)
    assert orders["stop"].size == orders["take_profit"].size == abs(position.size)
    assert orders["stop"].stop_price == trade.levels.stop_price
    assert "-entry-" in orders["stop"].client_id, "it went out with the entry"


def test_a_position_that_grew_or_shrank_has_a_stop_of_its_size(rig: Rig) -> None:
    loop = held(rig)
    for side, size in (("buy", "0.8"), ("sell", "0.3")):
        rig.trade(ETH, side, "0.3" if side == "buy" else "0.5", f"more-{side}")
        loop.tick(rig.paper.step())
        assert {o.size for o in resting(rig).values()} == {Decimal(size)}


def test_a_stop_that_somebody_cancelled_is_placed_again(rig: Rig) -> None:
    loop = held(rig)
    rig.exchange.cancel(resting(rig)["stop"].client_id)
    loop.tick(rig.paper.step())
    assert resting(rig)["stop"].stop_price == loop.trades[ETH].levels.stop_price


def test_a_stop_that_is_gone_between_two_candles_rests_again_before_the_next(
    rig: Rig,
) -> None:
    loop = held(rig)
    before = resting(rig)
    rig.exchange.cancel(before["stop"].client_id)
    loop.guard(rig.paper.state()["time_ms"])
    assert resting(rig)["stop"].stop_price == before["stop"].stop_price
    assert loop.ticks == 0
    sent = rig.paper.state()["order_count"]
    loop.guard(rig.paper.state()["time_ms"])
    assert rig.paper.state()["order_count"] == sent


def test_a_clock_that_waits_for_a_candle_looks_after_the_stops(rig: Rig) -> None:
    loop = held(rig)
    rig.exchange.cancel(resting(rig)["stop"].client_id)
    clock = RealClock(lambda seconds: True)
    clock.between = partial(between, loop, clock)
    assert clock.next_close_ms() is None, "it is told to stop"
    assert set(resting(rig)) == {"stop", "take_profit"}


def test_without_trades_nothing_is_asked_between_candles(rig: Rig) -> None:
    loop = rig.loop()
    rig.paper.fault("http_503", times=None)
    loop.guard(rig.paper.state()["time_ms"])
    assert rig.told == []


def test_an_exchange_that_is_away_between_candles_ends_nothing(rig: Rig) -> None:
    loop = held(rig)
    rig.paper.fault("http_503", times=None)
    loop.guard(rig.paper.state()["time_ms"])
    assert rig.kinds() == ["adopted", "trouble"]
    assert list(loop.trades) == [ETH]


def test_a_persons_own_stop_is_not_touched(rig: Rig) -> None:
    loop = held(rig)
    mine = rig.modules.records["OrderRequest"](
        client_id="my-own", symbol=ETH, side="sell", size=Decimal("0.1"),
        kind="stop", stop_price=Decimal(10), reduce_only=True,
    )  # fmt: skip
    rig.exchange.place(mine)
    loop.tick(rig.paper.step())
    assert sum(o.client_id == "my-own" for o in rig.exchange.open_orders()) == 1


def test_the_stop_at_the_exchange_follows_the_price_and_never_back(rig: Rig) -> None:
    loop = held(rig)
    trade = loop.trades[ETH]
    trade.trail_usd = Decimal(15)
    prices = [resting(rig)["stop"].stop_price]
    for _ in range(30):
        loop.tick(rig.paper.step())
        if ETH not in loop.trades:
            break
        prices.append(resting(rig)["stop"].stop_price)
        assert prices[-1] == trade.levels.stop_price
    assert prices == sorted(prices)
    assert prices[-1] > prices[0]


def test_a_stop_that_fired_between_two_ticks_ends_the_trade(rig: Rig) -> None:
    loop = held(rig)
    move_stop(loop, "0.1")
    for _ in range(10):
        loop.tick(rig.paper.step())
    assert (loop.trades, loop.closed) == ({}, 1)
    (row,) = rig.rows("trades")
    assert row["exit_reason"] == "stop"
    assert rig.exchange.open_orders() == []
    rig.assert_books_equal(loop)


def test_a_stop_that_fired_while_nobody_was_there_ends_the_trade(rig: Rig) -> None:
    """A dead process leaves no naked position, and the next one knows how it ended."""
    dead = held(rig, "sell")
    move_stop(dead, "0.1")
    rig.paper.step(10)
    assert rig.exchange.positions() == []
    assert resting(rig).keys() == {"take_profit"}
    loop = rig.loop()
    assert (loop.trades, loop.closed) == ({}, 1)
    (row,) = rig.rows("trades")
    assert row["exit_reason"] == "stop"
    assert rig.exchange.open_orders() == []
    assert "orphan cancelled" in rig.kinds()


def test_a_trailed_stop_stays_where_it_is_after_a_restart(rig: Rig) -> None:
    dead = held(rig)
    stop = dead.trades[ETH].levels.stop_price + Decimal(5)
    dead.trades[ETH].move_stop(stop)
    dead._protect(0)
    loop = rig.loop()
    assert loop.trades[ETH].levels.stop_price == stop
    assert resting(rig)["stop"].stop_price == stop
    assert len(rig.exchange.open_orders()) == 2


def test_a_position_closed_by_a_person_leaves_no_orphan(rig: Rig) -> None:
    loop = held(rig)
    rig.trade(ETH, "sell", "0.5", "mine-2")
    loop.tick(rig.paper.step())
    assert rig.exchange.open_orders() == []
    (row,) = rig.rows("trades")
    assert row["exit_reason"] == "closed elsewhere"


def test_an_exit_after_the_stop_has_fired_opens_nothing(rig: Rig) -> None:
    """The loop and the exchange's stop close at once: the loop has not seen it yet."""
    loop = held(rig)
    move_stop(loop, "0.1")
    while rig.exchange.positions():
        rig.paper.step()
    trade = loop.trades[ETH]
    assert loop.books.held[ETH].size
    loop.exits.close(trade, rig.paper.state()["time_ms"])
    assert rig.exchange.positions() == []
    loop.tick(rig.paper.step())
    assert (loop.closed, rig.exchange.positions()) == (1, [])
    rig.assert_books_equal(loop)


def test_a_position_whose_stop_is_refused_is_closed_and_told_of(rig: Rig) -> None:
    loop = held(rig)
    rig.exchange.cancel(resting(rig)["stop"].client_id)
    rig.paper.fault("reject", "sendorder", times=1, status="tooManyOrders")
    loop.tick(rig.paper.step())
    assert "unprotected" in rig.kinds()
    assert rig.exchange.positions() == []
    loop.tick(rig.paper.step())
    (row,) = rig.rows("trades")
    assert row["exit_reason"] == "unprotected"
    assert rig.exchange.open_orders() == []


def test_a_stop_whose_reply_is_lost_is_placed_once(rig: Rig) -> None:
    loop = held(rig)
    rig.exchange.cancel(resting(rig)["stop"].client_id)
    rig.paper.fault("reply_lost_after_accept", "sendorder", times=1)
    loop.tick(rig.paper.step())
    assert set(resting(rig)) == {"stop", "take_profit"}


def test_a_second_stop_stays_while_the_first_could_not_be_changed(rig: Rig) -> None:
    loop = held(rig)
    stop = resting(rig)["stop"]
    fields = {name: getattr(stop, name) for name in ("symbol", "side", "size", "kind")}
    second = rig.modules.records["OrderRequest"](
        client_id="pf-ethusd-1-stop-9", stop_price=stop.stop_price - 1,
        reduce_only=True, **fields,
    )  # fmt: skip
    rig.exchange.place(second)
    rig.exchange.edit(stop.client_id, Decimal("0.2"), None, None)
    rig.paper.fault("http_503", "editorder", times=1)
    loop.tick(rig.paper.step())
    stops = [o for o in rig.exchange.open_orders() if o.kind == "stop"]
    assert sorted(o.size for o in stops) == [Decimal("0.2"), Decimal("0.5")]
    loop.tick(rig.paper.step())
    assert resting(rig)["stop"].size == Decimal("0.5")


def test_stops_that_were_lost_with_an_entry_rest_again_in_the_same_tick(
    rig: Rig,
) -> None:
    rig.trade(ETH, "buy", "0.5", "mine-buy")
    loop = rig.loop()
    rig.paper.fault("restart_lost_orders", "batchorder", times=2)
    for _ in range(200):
        loop.tick(rig.paper.step())
        if loop.books.sent and ETH in loop.trades:
            break
    assert list(loop.execution.unknown), "an entry was sent, and lost"
    assert resting(rig)["stop"].stop_price == loop.trades[ETH].levels.stop_price


def test_an_entry_that_breaks_off_before_it_is_booked_keeps_its_stop_and_take(
    rig: Rig,
) -> None:
    loop = rig.loop()
    rig.replace_module("book_fill", 'raise ValueError("broken")')
    for _ in range(200):
        loop.tick(rig.paper.step())
        if loop.trades:
            break
    ((symbol, trade),) = loop.trades.items()
    assert "entries" in [d["part"] for kind, d in rig.told if kind == "trouble"]
    orders = resting(rig)
    assert orders["stop"].stop_price == trade.levels.stop_price
    assert orders["take_profit"].size == abs(loop.books.held[symbol].size)
    rig.restore_module("book_fill")
    loop.tick(rig.paper.step())
    rig.assert_books_equal(loop)


def test_a_trade_that_cannot_be_protected_leaves_the_others_protected(rig: Rig) -> None:
    rig.replace_module("market_scanner", "return []")
    rig.trade(ETH, "buy", "0.5", "mine-1")
    rig.trade(SOL, "sell", "5", "mine-2")
    loop = rig.loop()
    for order in rig.exchange.open_orders():
        rig.exchange.cancel(order.client_id)
    loop.trades[min(loop.trades)].levels = None
    loop.tick(rig.paper.step())
    told = [detail["part"] for kind, detail in rig.told if kind == "trouble"]
    assert "protection" in told
    assert {o.symbol for o in rig.exchange.open_orders()} == {max(loop.trades)}
