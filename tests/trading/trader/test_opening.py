"""What a start reads of an exchange whose services are not of one moment."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from in_process import (
    BacktestExchange,
    Noting,
    deal,
    decide,
    earned_usd,
    entries,
    forget,
    idle,
    look,
    pass_candles,
    restart,
    session,
    size_of,
    tick,
    told_usd,
)
from in_process import replace as replace_module

from core.trading.backtest.run import Session
from core.trading.trader.config import TraderConfig
from core.trading.trader.opening import opening
from core.trading.trader.unread import Unread, hidden_fills

XBT = "PF_XBTUSD"
FAR = {"stop_multiple": Decimal(30), "take_multiple": Decimal(30)}


class LatePositions(BacktestExchange):
    """Shows no position in so many readings, or a part, or a balance in whole cents."""

    late = 0
    part = Decimal(0)
    cents = False

    def positions(self) -> list[Any]:
        told = super().positions()
        if self.late:
            self.late -= 1
            return [replace(p, size=p.size * self.part) for p in told if self.part]
        return told

    def account(self) -> Any:
        told = super().account()
        if self.cents:
            told = replace(told, balance_usd=round(told.balance_usd, 2))
        return told


def made(ticks: int = 3) -> tuple[Session, Any]:
    """Return a session with a trade of so many ticks, and its exchange."""
    one = session(TraderConfig(lookback=120, **FAR), LatePositions)
    decide(one, lambda symbol, _: ("long" if symbol == XBT else "none", 1.0))
    tick(one)
    idle(one)
    tick(one, ticks - 1)
    assert set(one.loop.trades) == {XBT}
    return one, one.exchange


def resting(one: Session) -> list[tuple[str, Decimal]]:
    return sorted((o.kind, o.size) for o in one.exchange.open_orders())


@pytest.mark.parametrize("late", [1, 2, 3])
def test_a_position_that_is_shown_late_keeps_its_trade_stop_and_take(late: int) -> None:
    one, exchange = made()
    before = resting(one)
    assert len(before) == 2
    exchange.late = late
    restart(one)
    assert exchange.late == 0
    tick(one, 2)
    assert set(one.loop.trades) == {XBT}
    assert (resting(one), one.loop.halted) == (before, "")
    (row,) = one.store.rows("trades", 0)
    assert row["closed_ms"] is None
    told = {kind for kind, _ in one.told}
    assert not told & {"drift", "orphan cancelled", "unprotected"}


def test_orders_of_a_position_that_is_over_hold_no_start_up() -> None:
    one, _ = made()
    deal(one, XBT, "sell", size_of(one, XBT))
    assert len(resting(one)) == 2
    restart(one)
    assert (resting(one), one.loop.trades) == ([], {})
    (row,) = one.store.rows("trades", 0)
    assert row["closed_ms"]


def test_a_balance_in_whole_cents_is_told_by_the_log_all_the_same() -> None:
    one, exchange = made()
    now_ms = one.stepper.now_ms
    exact = opening(exchange, lambda _: None, now_ms)
    exchange.cents = True
    rounded = opening(exchange, lambda _: None, now_ms)
    assert exact.balance_usd != rounded.balance_usd
    assert (exact.is_told, rounded.is_told) == (True, True)


def died_after_an_entry() -> tuple[Session, Any]:
    """Return a session whose process was killed before it noted what its entry filled."""
    one, exchange = made()
    forget(one, "trades", "fills", "orders", "plans")
    return one, exchange


@pytest.mark.parametrize("part", ["0", "0.5"])
@pytest.mark.parametrize("late", [1, 3, 4, 9])
def test_an_entry_of_a_killed_process_keeps_its_stop_though_its_position_is_late(
    late: int, part: str
) -> None:
    one, exchange = died_after_an_entry()
    (stop,) = [o.size for o in exchange.open_orders() if o.kind == "stop"]
    exchange.late, exchange.part = late, Decimal(part)
    restart(one)
    assert [o.size for o in exchange.open_orders() if o.kind == "stop"] == [stop]
    tick(one, 9)
    assert [trade.size for trade in one.loop.trades.values()] == [stop]
    assert [o.size for o in exchange.open_orders() if o.kind == "stop"] == [stop]
    told = {kind for kind, _ in one.told}
    assert not told & {"books reopened", "orphan cancelled", "unprotected"}
    assert one.loop.halted == ""


def test_a_stop_that_an_entry_brought_and_nobody_took_away_makes_no_position() -> None:
    """All that it bought was sold: by a process that was killed before it cancelled it."""
    one, exchange = died_after_an_entry()
    deal(one, XBT, "sell", size_of(one, XBT))
    assert "stop" in {o.kind for o in exchange.open_orders()}
    restart(one)
    assert (one.loop.trades, one.loop.books.positions) == ({}, {})
    assert resting(one) == []
    tick(one, 2)
    assert one.loop.halted == ""
    assert not {kind for kind, _ in one.told} & {"drift", "adopted"}


def test_a_stop_of_one_slice_tells_of_all_slices_of_its_entry() -> None:
    stop = SimpleNamespace(
        client_id="x-7-entry-1-stop", symbol=XBT, side="sell", size=Decimal("10.49"),
        filled=Decimal(0),
    )  # fmt: skip
    other = ("y-6-exit-0", "sell", "5")  # of the trade before
    ids = [other, ("x-7-entry-0", "buy", "3.66"), ("x-7-entry-1", "buy", "10.49"),
           ("x-8-exit-0", "sell", "12.21"), ("x-8-exit-1", "sell", "1.94")]  # fmt: skip
    fills = [
        SimpleNamespace(
            client_id=name, symbol=XBT, side=side, size=Decimal(size), time_ms=number
        )
        for number, (name, side, size) in enumerate(ids)
    ]
    assert hidden_fills(fills, [stop]) == []
    assert hidden_fills(fills[:-1], [stop]) == fills[1:-1]
    assert hidden_fills(fills[:3], [stop]) == []  # more than the stop would close
    assert hidden_fills(fills[:-1], []) == []


def test_a_position_whose_stop_is_lost_too_has_one_as_soon_as_it_is_shown() -> None:
    """Its fills are known: nobody waits until the books are opened anew."""
    one, exchange = died_after_an_entry()
    size = size_of(one, XBT)
    one.engine.lose_orders()
    exchange.late = 9
    restart(one)
    while exchange.late:
        tick(one)
    tick(one)
    assert [o.size for o in exchange.open_orders() if o.kind == "stop"] == [size]
    assert [trade.size for trade in one.loop.trades.values()] == [size]
    tick(one, 9)
    assert one.loop.halted == ""
    assert "books reopened" not in {kind for kind, _ in one.told}


def test_the_newest_fills_that_a_position_was_read_without_are_found() -> None:
    sold = [
        SimpleNamespace(symbol=XBT, side="sell", size=Decimal(size), time_ms=number)
        for number, size in enumerate(("5", "3", "2"))
    ]

    def missing(held: str, booked: str = "-7") -> list[int]:
        told = {XBT: SimpleNamespace(size=Decimal(held))}
        here = {XBT: SimpleNamespace(size=Decimal(booked))}
        return [fill.time_ms for fill in Unread([*sold]).missing(told, here)]

    assert [missing(held) for held in ("-9", "-12", "-17")] == [[2], [1, 2], [0, 1, 2]]
    assert missing("-10") == missing("-5") == missing("-7") == []
    known = Unread([*sold], readings=2)
    assert known.missing({XBT: SimpleNamespace(size=Decimal(-2))}, {}) == sold[2:]
    known.drop(sold[2:])
    assert known.fills == sold[:2]
    assert known.missing({}, {}) == []
    assert known.is_doubtful(XBT)
    known.missing({}, {})  # by now a position is what it is
    assert not known.is_doubtful(XBT)
    known = Unread([*sold])
    known.forget(XBT)  # traded since: what is missing now may be that
    assert known.fills == []


@pytest.mark.parametrize("late", [4, 9])
def test_a_trade_whose_position_is_shown_late_is_not_closed_without_a_fill(
    late: int,
) -> None:
    """No stop rests either: the exchange has lost it."""
    one, exchange = made(1)
    size = size_of(one, XBT)
    one.engine.lose_orders()
    exchange.late = late
    restart(one)
    while exchange.late:
        tick(one)
    tick(one, 2)
    (row,) = one.store.rows("trades", 0)
    assert row["closed_ms"] is None
    assert [t.trade_id for t in one.loop.trades.values()] == [row["trade_id"]]
    assert [o.size for o in exchange.open_orders() if o.kind == "stop"] == [size]


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("part", [Decimal(0), Decimal("0.4")])
@pytest.mark.parametrize("late", [4, 9])
def test_a_trade_of_hours_ago_whose_position_is_shown_late_goes_on(
    late: int, part: Decimal, lost: bool
) -> None:
    """Its fills tell that it is held, or what is left of it behind a part of its exit."""
    one, exchange = made(30)
    if part:
        deal(one, XBT, "sell", size_of(one, XBT) * part)
    if lost:
        one.engine.lose_orders()
    exchange.late = late
    restart(one)
    while exchange.late:
        tick(one)
    tick(one)
    (row,) = one.store.rows("trades", 0)
    assert row["closed_ms"] is None
    assert [t.trade_id for t in one.loop.trades.values()] == [row["trade_id"]]
    rests = [o.size for o in exchange.open_orders() if o.kind == "stop"]
    assert rests == [size_of(one, XBT)]
    told = {kind for kind, _ in one.told}
    # Equity differs meanwhile, which stops entries.
    assert not told & {"books reopened", "orphan cancelled", "unprotected"}
    tick(one, 2)
    assert one.loop.halted == ""
    deal(one, XBT, "sell", size_of(one, XBT), "web-2")
    tick(one, 3)
    assert abs(told_usd(one) - earned_usd(one)) < Decimal("0.01")


def test_a_trade_whose_last_fill_is_shown_late_is_closed_once_it_is() -> None:
    """Until then its position might be the one that is late."""
    one = session(TraderConfig(lookback=120, **FAR), LateFills)
    decide(one, lambda symbol, _: ("long" if symbol == XBT else "none", 1.0))
    tick(one)
    idle(one)
    tick(one, 20)
    exchange: Any = one.exchange
    pass_candles(one, 1)
    deal(one, XBT, "sell", size_of(one, XBT))
    exchange.late = True
    restart(one)
    (row,) = one.store.rows("trades", 0)
    assert row["closed_ms"] is None
    exchange.late = False
    tick(one, 2)
    (row,) = one.store.rows("trades", 0)
    assert row["closed_ms"]
    assert one.loop.halted == ""
    assert abs(told_usd(one) - earned_usd(one)) < Decimal("0.01")


@pytest.mark.parametrize("part", [Decimal(1), Decimal("0.4")])
def test_a_stop_that_is_reached_before_its_position_is_shown_ends_its_trade(
    part: Decimal,
) -> None:
    one, exchange = made(30)
    exchange.late = 9
    restart(one)
    tick(one)
    deal(one, XBT, "sell", size_of(one, XBT) * part, "web-2")
    tick(one, 4)
    (row,) = one.store.rows("trades", 0)
    left = size_of(one, XBT)
    rests = [(o.side, o.size) for o in exchange.open_orders() if o.kind == "stop"]
    assert rests == ([("sell", left)] if left else [])
    assert bool(row["closed_ms"]) == (not left)
    assert "books reopened" not in [kind for kind, _ in one.told]
    assert one.loop.halted == ""


@pytest.mark.parametrize(("before", "ticks"), [("buy", 30), ("sell", 2)])
def test_fills_of_an_earlier_trade_are_no_part_of_one_that_is_shown_late(
    before: str, ticks: int
) -> None:
    """They are looked for again where the books differ, further back than at the start."""
    one = session(TraderConfig(lookback=120, **FAR), LatePositions)
    exchange: Any = one.exchange
    idle(one)
    tick(one, 2)
    deal(one, XBT, before, Decimal("0.2"), "web-1")
    tick(one, ticks)
    deal(one, XBT, "sell" if before == "buy" else "buy", Decimal("0.2"), "web-2")
    tick(one, 2)
    decide(one, lambda symbol, _: ("long" if symbol == XBT else "none", 1.0))
    tick(one)
    idle(one)
    tick(one, 14)
    (trade,) = one.loop.trades.values()
    exchange.late = 7
    restart(one)
    tick(one, 4)
    assert [t.trade_id for t in one.loop.trades.values()] == [trade.trade_id]
    rests = [o.size for o in exchange.open_orders() if o.kind == "stop"]
    assert rests == [size_of(one, XBT)]


def test_a_position_that_is_shown_when_nobody_waits_any_more_has_its_stop_at_once() -> (
    None
):
    one, exchange = made(30)
    exchange.late = 999
    restart(one)
    for seconds in range(15, 285, 15):
        look(one, seconds)
    assert one.loop.books.unread.held == {}
    exchange.late = 0
    look(one, 290)
    assert set(one.loop.trades) == {XBT}
    rests = [o.size for o in exchange.open_orders() if o.kind == "stop"]
    assert rests == [size_of(one, XBT)]


def test_an_exit_in_the_tick_of_a_reopening_is_booked_once() -> None:
    """Its fill is shown only later; position and account log tell of it."""
    one = session(TraderConfig(lookback=120, **FAR), LateFills)
    exchange: Any = one.exchange
    decide(one, lambda symbol, _: ("long" if symbol == XBT else "none", 1.0))
    tick(one)
    idle(one)
    tick(one, 20)
    pass_candles(one, 1)
    hidden = [exchange.fills, one.stepper.now_ms]
    exchange.fills = lambda since_ms: [
        f for f in hidden[0](since_ms) if f.time_ms < hidden[1]
    ]
    deal(one, "PF_ETHUSD", "buy", Decimal("0.1"))
    tick(one, 5)
    one.loop.trades[XBT].wanted = "time"
    tick(one)
    assert "books reopened" in [kind for kind, _ in one.told]
    exchange.fills = hidden[0]
    tick(one, 2)
    assert set(one.loop.books.positions) == {"PF_ETHUSD"}
    assert XBT not in one.loop.trades


def test_a_trade_of_which_nothing_is_shown_for_minutes_has_ended() -> None:
    one, exchange = made(30)
    exchange.late = 999
    restart(one)
    for seconds in range(15, 300, 15):
        look(one, seconds)
    tick(one)
    (row,) = one.store.rows("trades", 0)
    assert row["closed_ms"]


def test_a_trade_that_ended_while_away_is_closed_once_its_last_fill_is_shown() -> None:
    one, _ = made(1)
    deal(one, XBT, "sell", size_of(one, XBT))
    restart(one)
    assert one.loop.trades == one.loop.left == {}
    (row,) = one.store.rows("trades", 0)
    assert row["closed_ms"]
    tick(one, 2)
    assert one.loop.halted == ""


def test_nothing_is_entered_while_a_position_may_be_shown_late() -> None:
    one = session(TraderConfig(lookback=120), LatePositions)
    decide(one, lambda symbol, _: ("long" if symbol == XBT else "none", 1.0))
    fill = SimpleNamespace(
        symbol=XBT, side="buy", size=Decimal(1), time_ms=one.stepper.now_ms
    )
    one.loop.books.unread.add(fill)
    tick(one)
    assert one.loop.trades == {}
    one.loop.books.unread.readings = 0
    tick(one, 2)
    assert set(one.loop.trades) == {XBT}


def older_fill_alone(one: Session) -> None:
    """Let the books show one fill of long ago, and not yet what the position was made of."""
    side, size = "buy", size_of(one, XBT)
    old = SimpleNamespace(
        symbol=XBT, side=side, size=size, time_ms=one.stepper.now_ms - 3 * 3_600_000
    )
    one.loop.books.fills_since = lambda since_ms: [old]  # type: ignore[method-assign]


def test_a_trade_begins_with_its_own_entry_though_that_is_shown_late() -> None:
    one, _ = made()
    (trade,) = one.loop.trades.values()
    opened_ms = trade.opened_ms
    restart(one)
    (trade,) = one.loop.trades.values()
    trade.begun = False
    older_fill_alone(one)
    one.loop.adoption.run(one.stepper.now_ms)
    assert (trade.opened_ms, trade.begun) == (opened_ms, False)


def test_what_was_adopted_begins_behind_the_last_trade_that_ended() -> None:
    one, _ = made()
    (row,) = one.store.rows("trades", 0)
    opened_ms = row["opened_ms"]
    died_at = one.stepper.now_ms
    forget(one, "trades")
    ended = {
        **row, "trade_id": "before", "opened_ms": opened_ms - 3_600_000,
        "closed_ms": opened_ms - 600_000,
    }  # fmt: skip
    one.store.insert("trades", ended)
    restart(one)
    (trade,) = one.loop.trades.values()
    assert trade.trade_id.endswith("-adopted")
    trade.begun, trade.opened_ms = False, died_at
    shown = one.loop.books.fills_since
    older_fill_alone(one)
    one.loop.adoption.run(one.stepper.now_ms)
    assert (trade.opened_ms, trade.begun) == (died_at, False)
    one.loop.books.fills_since = shown  # type: ignore[method-assign]
    one.loop.adoption.run(one.stepper.now_ms)
    assert trade.begun
    assert abs(trade.opened_ms - opened_ms) <= 1


@pytest.mark.parametrize("name", ["realised_pnl", "book_fill"])
def test_a_fill_that_a_module_fails_to_book_is_booked_once_it_can(name: str) -> None:
    one, _ = made()
    size = size_of(one, XBT)
    books, real = one.loop.books, one.loop.modules[name]

    def failing(*_: Any) -> Any:
        raise ZeroDivisionError

    replace_module(one, name, failing)
    deal(one, XBT, "sell", size)
    with pytest.raises(ZeroDivisionError):
        books.sync()
    assert books.positions[XBT].size == size
    replace_module(one, name, real)
    books.sync()
    assert books.positions == {}


def test_a_position_that_was_read_late_waits_for_the_module_that_books_it() -> None:
    one, exchange = died_after_an_entry()
    size = size_of(one, XBT)
    one.engine.lose_orders()
    exchange.late = 5
    restart(one)
    books, real = one.loop.books, one.loop.modules["book_fill"]

    def failing(*_: Any) -> Any:
        raise ZeroDivisionError

    replace_module(one, "book_fill", failing)
    exchange.late = 0
    with pytest.raises(ZeroDivisionError):
        books.look()
    replace_module(one, "book_fill", real)
    books.look()
    assert books.positions[XBT].size == size


def test_a_symbol_that_was_traded_before_a_start_is_not_barred_for_long() -> None:
    """Nothing is held: what a start may have been shown late is looked at between candles."""
    one, _ = made()
    deal(one, XBT, "sell", size_of(one, XBT), "web-2")
    tick(one)
    restart(one)
    assert one.loop.books.unread.is_doubtful(XBT)
    for seconds in range(15, 300, 15):
        look(one, seconds)
    assert not one.loop.books.unread.is_doubtful(XBT)


class LateFills(Noting):
    """While it is `late` it tells no fill of this moment."""

    late = False

    def fills(self, since_ms: int) -> list[Any]:
        now_ms = self.engine.now_ms
        told = super().fills(since_ms)
        return [f for f in told if not self.late or f.time_ms < now_ms]


def test_a_new_slice_is_not_taken_for_one_that_the_start_was_shown_without() -> None:
    """It is as large as the one before the start, and its position is shown before its fill."""
    far = {"stop_multiple": Decimal(60), "take_multiple": Decimal(60)}
    clips = {"clip_usd": Decimal(100), "max_notional_usd": Decimal(200)}
    spread = {"twap_usd": Decimal(100), "twap_ms": 600_000, "pool_frac": Decimal(100)}
    config = TraderConfig(lookback=120, **far, **clips, **spread)
    one = session(config, LateFills)
    decide(one, lambda symbol, _: ("long" if symbol == XBT else "none", 1.0))
    tick(one)
    idle(one)
    exchange: Any = one.exchange
    restart(one)
    sent = len(entries(one))
    for _ in range(6):
        exchange.late = len(entries(one)) == sent
        tick(one)
    assert len(entries(one)) > sent
    assert one.loop.books.positions[XBT].size == size_of(one, XBT)
    assert "drift" not in [kind for kind, _ in one.told]


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_what_came_and_went_just_before_a_start_is_in_the_position_already(
    side: str,
) -> None:
    """A slice that was taken back, or a person's two orders: together they are nothing."""
    one, _ = made()
    back = "sell" if side == "buy" else "buy"
    deal(one, XBT, side, Decimal("0.02"), "web-3")
    deal(one, XBT, back, Decimal("0.02"), "web-4")
    restart(one)
    tick(one, 2)
    (held,) = one.exchange.positions()
    assert one.loop.books.positions[XBT].entry_price == held.entry_price
    assert "drift" not in [kind for kind, _ in one.told]
