"""What stops entries, and what it leaves running: markets without a price, old prices."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any
from unittest import mock

import pytest
from in_process import (
    Noting,
    deal,
    decide,
    entries,
    fetch_prices,
    idle,
    restart,
    session,
    size_of,
    tick,
)

from core.trading.backtest.run import Session
from core.trading.trader.config import CANDLE_MS, TraderConfig

XBT, ETH, SOL = "PF_XBTUSD", "PF_ETHUSD", "PF_SOLUSD"
FAR = {"stop_multiple": Decimal(60), "take_multiple": Decimal(60)}


class Market(Noting):
    """Tells nothing of the symbols that are `gone`, lists none that is `closed`, and tells no
    candle of those that are `new`; its account takes `slow_s` to be read, an entry `slow_entry_s`.
    """

    gone: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    slow_s, slow_entry_s, boot_s = 0.0, 0.0, 0.0

    def tickers(self) -> list[Any]:
        return [t for t in super().tickers() if t.symbol not in self.gone]

    def instruments(self) -> list[Any]:
        return [
            i for i in super().instruments() if i.symbol not in self.gone + self.closed
        ]

    def candles(self, symbol: str, since_ms: int, limit: int) -> Any:
        found = super().candles(symbol, since_ms, limit)
        return found.iloc[:0] if symbol in self.new else found

    def place(self, order: Any) -> Any:
        if not order.reduce_only:
            self.boot_s += self.slow_entry_s
        return super().place(order)

    def account(self) -> Any:
        self.boot_s += self.slow_s
        return super().account()


def made(gone: str = "", **config: Any) -> tuple[Session, Any]:
    """Return a session that trades nothing yet, and its exchange."""
    one = session(TraderConfig(lookback=120, **FAR, **config), Market)
    exchange: Any = one.exchange
    exchange.gone = (gone,) if gone else ()
    fetch_prices(one)
    idle(one)
    return one, exchange


def want(one: Session, *symbols: str) -> None:
    decide(one, lambda symbol, _: ("long" if symbol in symbols else "none", 1.0))


def stops(one: Session) -> list[str]:
    """Return what was told of entries that are stopped or go on."""
    return [d["reason"] or k for k, d in one.told if k.startswith("entries ")]


def equity_rows(one: Session) -> list[dict[str, Any]]:
    return one.store.rows("equity", 0)


def assert_equity_is_true(one: Session, ticks: int) -> None:
    rows = equity_rows(one)[-ticks:]
    assert len({row["time_ms"] for row in rows}) == ticks
    for row in rows:
        assert abs(row["equity_usd"] - row["exchange_equity_usd"]) < Decimal("0.01")
    assert "drift" not in {kind for kind, _ in one.told}


def test_a_market_without_a_price_stops_no_exit_of_others() -> None:
    one, exchange = made(max_hold_ms=3 * CANDLE_MS)
    want(one, XBT, ETH)
    tick(one)
    idle(one)
    assert set(one.loop.trades) == {XBT, ETH}
    exchange.gone = (ETH,)
    tick(one, 4)
    assert (size_of(one, XBT), size_of(one, ETH) > 0) == (0, True)
    assert_equity_is_true(one, 5)
    (reason,) = stops(one)
    assert reason.startswith("PF_ETHUSD is held and the exchange tells no price of it")
    want(one, XBT, SOL)
    tick(one)
    assert set(one.loop.trades) == {ETH}
    exchange.gone = ()
    tick(one)
    assert (size_of(one, ETH), stops(one)[1:]) == (0, ["entries go on"])


def test_a_start_while_a_market_is_closed_tells_so_and_takes_up_what_is_held() -> None:
    one, exchange = made()
    want(one, ETH)
    tick(one)
    idle(one)
    exchange.closed = (ETH,)
    fetch_prices(one)
    idle(one)
    for order in exchange.open_orders():
        exchange.cancel(order.client_id)
    tick(one, 2)
    (reason,) = stops(one)
    assert reason.startswith("PF_ETHUSD is held and may not be traded at the moment")
    assert one.loop.trades == {}
    exchange.closed = ()
    tick(one)
    assert set(one.loop.trades) == {ETH}
    assert stops(one)[1:] == ["entries go on"]
    assert {o.kind for o in exchange.open_orders()} == {"stop", "take_profit"}
    assert len(one.store.rows("trades", 0)) == 1


def test_one_that_is_not_held_is_not_entered_and_stops_nothing() -> None:
    one, exchange = made()
    exchange.gone = (ETH,)
    want(one, XBT, ETH)
    tick(one, 2)
    assert set(one.loop.trades) == {XBT}
    told = {(d["part"], d["error"]) for k, d in one.told if k == "trouble"}
    text = "no price is told of PF_ETHUSD: nothing is entered in it"
    assert told == {("prices", text)}


def test_what_a_person_holds_elsewhere_is_told_once_with_what_mends_it() -> None:
    one, _ = made(gone=SOL, max_hold_ms=3 * CANDLE_MS)
    want(one, XBT)
    tick(one)
    want(one, XBT, ETH)
    deal(one, SOL, "buy", Decimal(5))
    tick(one, 4)
    assert set(one.loop.trades) == set()
    assert_equity_is_true(one, 5)
    (reason,) = stops(one)
    assert reason.startswith("PF_SOLUSD is held and not among the symbols")
    assert reason.endswith("close it, or add it to GATEWAY_SYMBOLS")
    assert "trouble" not in {kind for kind, _ in one.told}
    deal(one, SOL, "sell", Decimal(5), "web-2")
    tick(one)
    assert stops(one)[1:] == ["entries go on"]
    assert set(one.loop.trades) == {XBT, ETH}


def test_a_symbol_that_is_wanted_and_not_listed_is_told_at_the_start() -> None:
    one, _ = made(gone=SOL, symbols=(XBT, SOL))
    (trouble,) = [d for k, d in one.told if k == "trouble"]
    assert trouble["part"] == "symbols"
    assert trouble["error"].startswith("PF_SOLUSD is not listed")


@pytest.mark.parametrize(("slow_s", "entered"), [(50, True), (61, False)])
def test_nothing_is_entered_when_the_tick_took_more_than_a_minute(
    slow_s: float, entered: bool
) -> None:
    """Also where the machine slept meanwhile."""
    one = session(TraderConfig(lookback=120, **FAR), Market)
    exchange: Any = one.exchange
    with mock.patch.object(
        time, "clock_gettime", side_effect=lambda _: exchange.boot_s
    ):
        restart(one)
        want(one, XBT)
        exchange.slow_s = slow_s
        tick(one)
        assert bool(entries(one)) is entered
        exchange.slow_s = 0.0
        tick(one)
    assert entries(one)
    told = [detail["error"] for kind, detail in one.told if kind == "trouble"]
    text = "prices are 61 s old: nothing is entered on them"
    assert told == ([] if entered else [text])


def test_nothing_is_entered_behind_an_entry_that_took_more_than_a_minute() -> None:
    """The machine slept while it was on its way: another symbol's prices are as old."""
    one = session(TraderConfig(lookback=120, clip_usd=Decimal(10**6), **FAR), Market)
    exchange: Any = one.exchange
    with mock.patch.object(
        time, "clock_gettime", side_effect=lambda _: exchange.boot_s
    ):
        restart(one)
        want(one, XBT, ETH)
        exchange.slow_entry_s = 61.0
        tick(one)
        assert len({order.symbol for order in entries(one)}) == 1
        exchange.slow_entry_s = 0.0
        tick(one)
    assert len({order.symbol for order in entries(one)}) == 2


def test_no_slice_of_an_entry_follows_one_that_took_more_than_a_minute() -> None:
    spread = {"twap_usd": Decimal(100), "twap_ms": 900_000, "clip_usd": Decimal(100)}
    one = session(TraderConfig(lookback=120, **spread, **FAR), Market)
    exchange: Any = one.exchange
    with mock.patch.object(
        time, "clock_gettime", side_effect=lambda _: exchange.boot_s
    ):
        restart(one)
        want(one, XBT, ETH)
        tick(one)
        before = {order.client_id for order in entries(one)}
        assert {order.symbol for order in entries(one)} == {XBT, ETH}
        want(one)
        exchange.slow_entry_s = 61.0
        tick(one)
    later = [order for order in entries(one) if order.client_id not in before]
    assert len({order.symbol for order in later}) == 1


def test_a_symbol_without_any_candle_does_not_stop_the_others() -> None:
    one = session(TraderConfig(lookback=120, **FAR), Market)
    exchange: Any = one.exchange
    exchange.new = (ETH,)
    fetch_prices(one)
    want(one, XBT, ETH)
    tick(one)
    assert set(one.loop.trades) == {XBT}
    assert one.told == []
