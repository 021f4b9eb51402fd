"""Every trade is told once and with its own costs, whoever ends or turns it, and whatever is
told late. What the trades earned is what the engine's account log says.
"""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any
from unittest import mock

import pytest
from in_process import (
    BacktestExchange,
    deal,
    decide,
    earned_usd,
    idle,
    pass_candles,
    replace,
    restart,
    session,
    size_of,
    tick,
    told_usd,
)

from core.errors import ExchangeUnavailable
from core.trading.backtest.run import Session
from core.trading.trader.books import Books
from core.trading.trader.config import CANDLE_MS, TraderConfig

XBT = "PF_XBTUSD"
CENT = Decimal("0.01")
STOP = "pf-xbtusd-1736211900000-stop-7"


class Late(BacktestExchange):
    """Its account log is `away`; it hides log entries above an id, and fills at or after a
    time.
    """

    away = False
    newest_id: int | None = None
    until_ms: int | None = None

    def ledger(self, since_id: int, since_ms: int = 0) -> list[Any]:
        if self.away:
            raise ExchangeUnavailable("503")
        found, newest = super().ledger(since_id, since_ms), self.newest_id
        return [e for e in found if newest is None or e.entry_id <= newest]

    def fills(self, since_ms: int) -> list[Any]:
        until = self.until_ms
        return [
            f for f in super().fills(since_ms) if until is None or f.time_ms < until
        ]


class Killed(BaseException):
    """The process dies."""


def made(**config: Any) -> tuple[Session, Any]:
    """Return a session that has decided nothing yet, and its exchange."""
    one = session(TraderConfig(lookback=120, **config), Late)
    idle(one)
    tick(one, 2)
    return one, one.exchange


def want(one: Session, candles: int = 1) -> None:
    """Be long from now on, and nothing more after some candles."""
    decide(one, lambda symbol, _: ("long" if symbol == XBT else "none", 1.0))
    tick(one, candles)
    idle(one)


def lost_entry(one: Session) -> None:
    """Let the process die between an entry and its row, and a candle pass."""

    def die(_: Any) -> None:
        raise Killed

    one.loop.entries.on_open = die
    with pytest.raises(Killed):
        want(one)
    idle(one)
    one.stepper.disturb()
    pass_candles(one, 1)


def stop_out(one: Session) -> None:
    """Let the position go as by its stop."""
    size = size_of(one, XBT)
    deal(one, XBT, "sell" if size > 0 else "buy", abs(size), STOP)


def hide_what_comes(exchange: Any) -> None:
    """Let the account log tell what it holds now and no more."""
    exchange.newest_id = None
    exchange.newest_id = max(entry.entry_id for entry in exchange.ledger(0))


def rows(one: Session, count: int) -> list[dict[str, Any]]:
    """Return so many trades, which have ended and have earned what the log says."""
    assert not size_of(one, XBT)
    found = sorted(one.store.rows("trades", 0), key=lambda row: row["opened_ms"])
    assert len(found) == count, [row["trade_id"] for row in found]
    assert all(row["closed_ms"] is not None for row in found)
    assert abs(told_usd(one) - earned_usd(one)) < CENT
    return found


def restart_and_lose_the_log(one: Session, exchange: Any) -> None:
    """Start a process whose account log goes away once its books are open."""
    catch_up = Books.catch_up

    def then_away(books: Books, now_ms: int) -> None:
        catch_up(books, now_ms)
        exchange.away = True

    with mock.patch.object(Books, "catch_up", then_away):
        restart(one)
    assert [trade.begun for trade in one.loop.trades.values()] == [False]


def test_a_trade_whose_exit_fee_is_told_a_candle_late_has_it() -> None:
    one, exchange = made(max_hold_ms=2 * CANDLE_MS)
    want(one, 2)
    for _ in range(4):
        pass_candles(one, 1)
        hide_what_comes(exchange)
        one.loop.tick(one.stepper.now_ms)
        one.stepper.disturb()
    exchange.newest_id = None
    tick(one)
    assert rows(one, 1)[0]["exit_reason"] == "time"
    assert one.loop.halted == ""


def test_one_that_is_never_told_is_closed_all_the_same() -> None:
    one, exchange = made(max_hold_ms=2 * CANDLE_MS)
    want(one)
    hide_what_comes(exchange)
    tick(one, 8)
    assert one.store.rows("trades", 0)[0]["exit_reason"] == "time"
    assert one.loop.trades == {}


def test_a_trade_ends_although_the_clock_was_set_back() -> None:
    one, _ = made()
    want(one, 2)
    stop_out(one)
    pass_candles(one, 1)
    one.loop.tick(one.stepper.now_ms - 12 * CANDLE_MS)
    one.stepper.disturb()
    tick(one, 2)
    (row,) = rows(one, 1)
    assert (row["exit_reason"], row["closed_ms"]) == ("stop", row["opened_ms"])


def test_a_position_that_a_person_turns_is_two_trades() -> None:
    one, _ = made(max_hold_ms=4 * CANDLE_MS)
    want(one, 2)
    deal(one, XBT, "sell", 2 * size_of(one, XBT))
    tick(one, 7)
    assert [row["side"] for row in rows(one, 2)] == ["long", "short"]


def test_what_a_person_turned_does_not_wait_for_the_log_with_its_stop() -> None:
    one, exchange = made()
    want(one, 2)
    hide_what_comes(exchange)
    deal(one, XBT, "sell", 2 * size_of(one, XBT))
    one.loop.guard(one.stepper.now_ms + 15_000)
    assert one.loop.trades[XBT].side == "short"
    assert [o.is_buy for o in one.engine.venue.live.values()] == [True, True]


def test_one_that_was_stopped_out_while_away_ends_there_though_a_person_went_short() -> (
    None
):
    one, _ = made(max_hold_ms=4 * CANDLE_MS)
    want(one, 2)
    size = size_of(one, XBT)
    stop_out(one)
    stopped_ms = one.stepper.now_ms
    pass_candles(one, 1)
    deal(one, XBT, "sell", size)
    pass_candles(one, 1)
    restart(one)
    tick(one, 6)
    first, second = rows(one, 2)
    assert (first["exit_reason"], first["closed_ms"]) == ("stop", stopped_ms)
    assert (second["side"], second["opened_ms"]) == ("short", stopped_ms + CANDLE_MS)


def test_one_that_was_adopted_while_the_log_was_away_and_died_again_is_one_trade() -> (
    None
):
    one, exchange = made()
    lost_entry(one)
    restart_and_lose_the_log(one, exchange)
    tick(one)
    stop_out(one)
    pass_candles(one, 1)
    exchange.away = False
    for _ in range(2):
        restart(one)
        tick(one)
        assert rows(one, 1)[0]["exit_reason"] == "stop"


def test_one_that_was_adopted_while_fills_were_late_has_its_entry_fee() -> None:
    one, exchange = made()
    exchange.until_ms = one.stepper.now_ms
    lost_entry(one)
    restart(one)
    exchange.until_ms = None
    tick(one, 2)
    stop_out(one)
    tick(one, 3)
    rows(one, 1)
    restart(one)
    tick(one)
    rows(one, 1)


def test_so_has_one_that_ended_before_the_log_was_back() -> None:
    one, exchange = made()
    lost_entry(one)
    restart_and_lose_the_log(one, exchange)
    tick(one)
    stop_out(one)
    tick(one)
    exchange.away = False
    tick(one, 3)
    assert rows(one, 1)[0]["exit_reason"] == "stop"


def test_one_that_could_not_be_taken_up_ends_with_its_stop() -> None:
    one, _ = made(max_hold_ms=4 * CANDLE_MS)
    want(one)
    good = one.loop.modules["taken_up_levels"]

    def broken(*_: Any) -> Any:
        raise ValueError("broken")

    replace(one, "taken_up_levels", broken)
    restart(one)
    assert one.loop.trades == {}
    tick(one)
    stop_out(one)
    stopped_ms = one.stepper.now_ms
    tick(one)
    replace(one, "taken_up_levels", good)
    tick(one)
    (row,) = rows(one, 1)
    assert (row["exit_reason"], row["closed_ms"]) == ("stop", stopped_ms)
    want(one)
    tick(one, 5)
    rows(one, 2)


def test_a_store_of_an_hour_ago_gets_each_trade_that_has_come_since() -> None:
    one, _ = made(max_hold_ms=2 * CANDLE_MS)
    want(one)
    kept = copy.deepcopy(vars(one.store))
    want(one, 9)
    tick(one, 3)
    before = [_trip(row) for row in one.store.rows("trades", 0)]
    assert len(before) > 2
    vars(one.store).update(kept)
    pass_candles(one, 1)
    restart(one)
    tick(one)
    assert [_trip(row) for row in rows(one, len(before))] == before


def _trip(row: dict[str, Any]) -> tuple[Any, ...]:
    names = ("side", "exit_price", "opened_ms", "closed_ms")
    return (*(row[name] for name in names), round(row["realised_usd"], 4))


@pytest.mark.parametrize("away", [False, True], ids=["adopted", "ended while away"])
def test_exit_and_entry_of_one_moment_have_each_their_own_costs(away: bool) -> None:
    one, _ = made(max_hold_ms=2 * CANDLE_MS, clip_usd=Decimal(10**6))
    want(one, 2)
    lost_entry(one)
    if away:
        stop_out(one)
        pass_candles(one, 1)
    restart(one)
    tick(one, 6)
    first, second = rows(one, 2)
    assert first["closed_ms"] == second["opened_ms"]
    # Each pays for its entry and its exit.
    paid = [row["fees_usd"] / row["size"] for row in (first, second)]
    assert abs(paid[0] / paid[1] - 1) < Decimal("0.02")
