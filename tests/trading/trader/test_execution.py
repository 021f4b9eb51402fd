"""Slices, partial fills and orders of which nobody knows what became of them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from in_process import BacktestExchange, deal, decide, idle, session, size_of, tick
from in_process import replace as swap
from trader_rig import Rig

from core.errors import OutcomeUnknown
from core.trading.trader.config import TraderConfig
from core.trading.trader.execution import Intent
from core.trading.trader.loop import TradingLoop
from core.trading.trader.trades import OpenTrade

ETH, XBT = "PF_ETHUSD", "PF_XBTUSD"


def entry(
    loop: TradingLoop, size: str, now_ms: int, slippage: str = "0.003"
) -> tuple[Intent, Decimal, Any]:
    """Return the arguments of a buy of ETH at the mark, and its instrument."""
    price, instrument = loop.market.mark(ETH), loop.market.instruments[ETH]
    plan = loop.execution.plan(
        "buy", Decimal(size), price, now_ms, instrument, Decimal(slippage)
    )
    stop = (price * Decimal("0.97")).quantize(instrument.tick_size)
    intent = Intent(ETH, plan, "entry", now_ms, now_ms, protect_price=stop)
    return intent, price, instrument


def run(loop: TradingLoop, size: str, now_ms: int, slippage: str = "0.003") -> Any:
    intent, price, instrument = entry(loop, size, now_ms, slippage)
    return loop.execution.run(intent, Decimal(0), price, instrument)


def test_an_execution_goes_out_in_clips_each_with_its_stop(rig: Rig) -> None:
    loop = rig.loop(clip_usd=Decimal(1000))
    done = run(loop, "0.8", loop.books._since_ms)
    clip = loop.modules["round_down"](1000 / loop.market.mark(ETH), Decimal("0.001"))
    assert [s.filled for s in done[:-1]] == [clip] * (len(done) - 1)
    assert sum(s.filled for s in done) == Decimal("0.8")
    stops = [o for o in rig.exchange.open_orders() if o.kind == "stop"]
    assert sum(o.size for o in stops) == Decimal("0.8")


def test_what_a_slice_did_not_get_goes_with_the_next(rig: Rig) -> None:
    loop = rig.loop(clip_usd=Decimal(1000))
    rig.paper.fault("partial_fill", "batchorder", times=1, share="0.5")
    done = run(loop, "0.5", loop.books._since_ms)
    assert done[0].filled < done[0].size
    assert sum(s.filled for s in done) == Decimal("0.5")


def test_no_slice_follows_one_that_stands_without_its_stop(rig: Rig) -> None:
    loop = rig.loop(clip_usd=Decimal(1000))
    rig.paper.fault("reject", "batchorder", status="tooManyOrders", only="stop")
    rig.paper.fault("http_503", "sendorder", times=None)
    (one,) = run(loop, "0.8", loop.books._since_ms)
    rig.paper.ask("DELETE", "fault")
    (position,) = rig.exchange.positions()
    assert (one.filled, len(rig.exchange.fills(0))) == (abs(position.size), 1)


class Dying(BacktestExchange):
    """Its gateway dies after it has sent an entry whose stop is refused, and before it tells;
    or before it has sent it.
    """

    deaths, before = 1, False

    def place(self, order: Any) -> Any:
        if order.protect_price is None or not self.deaths:
            return super().place(order)
        self.deaths -= 1
        if not self.before:
            super().place(replace(order, protect_price=None))
        raise OutcomeUnknown("the gateway died")


@pytest.mark.parametrize("before", [False, True])
def test_no_slice_follows_one_that_had_to_be_asked_after(before: bool) -> None:
    """The next gateway knows that it was filled, and not whether its stop was taken. One that
    never came is sent again.
    """
    config = TraderConfig(lookback=120, clip_usd=Decimal(1500), twap_usd=Decimal(10**6))
    one = session(config, Dying)
    dying: Any = one.exchange
    dying.before = before
    decide(one, lambda symbol, _: ("long" if symbol == XBT else "none", 1.0))
    sizes: list[Decimal] = []
    protect = one.loop.protection.protect

    def noted(trade: Any, position: Any, now_ms: int) -> bool:
        sizes.append(size_of(one, XBT))
        return protect(trade, position, now_ms)

    one.loop.protection.protect = noted  # type: ignore[method-assign]
    tick(one)
    trade = one.loop.trades[XBT]
    # One clip, and its stop before anything else.
    assert (sizes[0] * one.loop.market.mark(XBT) < 1600) is not before
    stops = [o for o in one.exchange.open_orders() if o.kind == "stop"]
    assert [o.size for o in stops] == [size_of(one, XBT)] == [trade.size]


class Losing(BacktestExchange):
    """The reply to the next exit is lost."""

    loses = False

    def place(self, order: Any) -> Any:
        status = super().place(order)
        if self.loses and order.kind == "market":
            self.loses = False
            raise OutcomeUnknown("the reply is lost")
        return status


def test_an_exit_goes_on_after_a_slice_that_had_to_be_asked_after() -> None:
    """Nothing of it can be without a stop."""
    config = TraderConfig(lookback=120, clip_usd=Decimal(1500), twap_usd=Decimal(10**6))
    one = session(config, Losing)
    decide(one, lambda symbol, _: ("long" if symbol == XBT else "none", 1.0))
    tick(one)
    idle(one)
    assert size_of(one, XBT) * one.loop.market.mark(XBT) > 3000
    losing: Any = one.exchange
    losing.loses = True
    swap(one, "exit_decision", lambda *_: "time")
    tick(one)
    assert (losing.loses, size_of(one, XBT)) == (False, 0)


def test_nothing_is_bought_beyond_the_slippage(rig: Rig) -> None:
    loop = rig.loop()
    assert sum(s.filled for s in run(loop, "0.5", loop.books._since_ms, "0")) == 0
    assert rig.exchange.positions() == []
    assert rig.exchange.open_orders() == []


def test_an_order_that_never_arrived_is_forgotten(rig: Rig) -> None:
    loop = rig.loop()
    now_ms = rig.paper.state()["time_ms"]
    order = loop.execution._order(
        entry(loop, "0.5", now_ms)[0], Decimal("0.5"), 0, loop.market.instruments[ETH]
    )
    loop.execution.unknown[order.client_id] = (order, now_ms)
    loop.tick(rig.paper.step())
    assert loop.halted == ""
    assert ETH not in rig.rows("orders")


def test_an_order_that_nobody_knows_of_stops_entries_until_it_is_known(
    rig: Rig,
) -> None:
    loop = rig.loop()
    rig.replace_module("market_scanner", "return []")
    now_ms = rig.paper.state()["time_ms"]
    rig.paper.fault("reply_lost_after_accept", "batchorder", times=1)
    # The first is asked before it is sent, of the ids of its stop.
    rig.paper.fault("http_503", "orders/status", times=None, skip=1)
    assert run(loop, "0.5", now_ms) == []
    assert "nobody knows" in loop.halted
    rig.paper.ask("DELETE", "fault")
    loop.tick(rig.paper.step())
    assert loop.halted == ""
    assert loop.trades[ETH].size == Decimal("0.5")
    assert [o.size for o in rig.exchange.open_orders()] == [Decimal("0.5")] * 2
    assert sum(row["size"] for row in rig.rows("fills")) == Decimal("0.5")
    rig.assert_books_equal(loop)


def test_an_execution_over_time_sends_a_slice_when_it_is_due(rig: Rig) -> None:
    """A trade is built over two candles; its risk counts before it is sent."""
    loop, trade = building(rig)
    first, plan = trade.size, trade.plan
    assert first < plan.size
    counted = sum(loop.risk.open_risks(loop.trades))
    trade.plan = None
    assert sum(loop.risk.open_risks(loop.trades)) < counted
    trade.plan = plan
    assert not loop.risk.still_fits(trade, Decimal(1), loop.trades)
    assert loop.risk.still_fits(trade, Decimal(10**6), loop.trades)
    loop.tick(rig.paper.step())
    assert trade.size > first or trade.symbol not in loop.trades
    for order in rig.exchange.open_orders():
        if order.symbol == trade.symbol:
            assert order.size == abs(loop.books.held[trade.symbol].size)
    rig.assert_books_equal(loop)


SPREAD = {"twap_usd": Decimal(1), "clip_usd": Decimal(800), "trail_frac": Decimal(0)}


def building(rig: Rig, **knobs: Any) -> tuple[TradingLoop, OpenTrade]:
    """Return a loop at a tick after which an entry is not all sent yet."""
    loop = rig.loop(**SPREAD, **knobs)
    for _ in range(200):
        loop.tick(rig.paper.step())
        if any(trade.plan for trade in loop.trades.values()):
            break
    (trade,) = (trade for trade in loop.trades.values() if trade.plan)
    return loop, trade


def held(rig: Rig, symbol: str) -> Decimal:
    sizes = (abs(p.size) for p in rig.exchange.positions() if p.symbol == symbol)
    return next(sizes, Decimal(0))


@pytest.mark.parametrize("candles", [1, 2, 3])
def test_an_execution_over_time_counts_fills_that_are_not_shown_yet(
    rig: Rig, candles: int
) -> None:
    """What was answered is there, whatever the list of fills says so far."""
    loop, trade = building(rig)
    plan, symbol = trade.plan, trade.symbol
    rig.replace_module("market_scanner", "return []")
    rig.paper.fault("late_fills", "fills", times=4, candles=candles)
    for _ in range(6):
        loop.tick(rig.paper.step())
        assert held(rig, symbol) <= plan.size
    if symbol in loop.trades:
        assert trade.size == held(rig, symbol)
        (row,) = [r for r in rig.rows("trades") if r["trade_id"] == trade.trade_id]
        assert row["size"] == trade.size
    rig.assert_books_equal(loop)


def test_nothing_more_goes_in_once_a_stop_has_begun_to_fill(rig: Rig) -> None:
    """Neither now nor after a restart."""
    loop, trade = building(rig)
    before = held(rig, trade.symbol)
    rig.replace_module("market_scanner", "return []")
    trade.ending = "stop"
    loop.tick(rig.paper.step())
    assert trade.plan is None
    assert held(rig, trade.symbol) <= before
    again = rig.loop(**SPREAD)
    again.tick(rig.paper.step())
    assert held(rig, trade.symbol) <= before
    assert not any(one.plan for one in again.trades.values())


def test_nothing_more_goes_in_once_somebody_else_has_sold_of_it() -> None:
    """The exchange, that liquidates, or a person."""
    one = session(
        TraderConfig(lookback=120, twap_usd=Decimal(1000), clip_usd=Decimal(1500))
    )
    decide(one, lambda symbol, _: ("long" if symbol == XBT else "none", 1.0))
    tick(one)
    trade = one.loop.trades[XBT]
    assert size_of(one, XBT) < trade.plan.size
    deal(one, XBT, "sell", size_of(one, XBT) / 2)
    left = size_of(one, XBT)
    tick(one)
    assert (trade.plan, size_of(one, XBT)) == (None, left)


@pytest.mark.parametrize(
    ("answered", "sizes", "most"),
    [("3", (), "3"), ("0", ("-2", "-5"), "5"), ("1", ("7", "-1"), "2"), ("0", (), "2")],
)
def test_an_entry_is_as_large_as_whoever_says_most(
    rig: Rig, answered: str, sizes: tuple[str, ...], most: str
) -> None:
    """Positions on the other side are no part of it."""
    trade = OpenTrade(
        "t", ETH, "short", Decimal(2), Decimal(1), None, 0, 0.0, *[Decimal(0)] * 3,
        answered=Decimal(answered),
    )  # fmt: skip
    records = rig.modules.records["Position"]
    positions = [
        records(
            symbol=ETH, size=Decimal(size), entry_price=Decimal(1), funding_usd=Decimal(0)
        )
        for size in sizes
    ]  # fmt: skip
    assert trade.entered(None, *positions) == Decimal(most)


def test_a_restart_goes_on_with_an_execution_over_time(rig: Rig) -> None:
    _, before = building(rig)
    rig.replace_module("market_scanner", "return []")
    loop = rig.loop(**SPREAD)
    trade = loop.trades[before.symbol]
    assert (trade.trade_id, trade.size) == (before.trade_id, before.size)
    assert trade.plan == before.plan
    assert trade.entries_sent > before.entries_sent
    for _ in range(3):
        loop.tick(rig.paper.step())
    assert before.size < trade.size <= before.plan.size
    assert trade.plan is None
    assert not [kind for kind in rig.kinds() if kind == "trouble"]
    rig.assert_books_equal(loop)
    assert rig.loop(**SPREAD).trades[trade.symbol].plan is None
