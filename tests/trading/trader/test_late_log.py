"""The account log is a service of its own: it may be a moment later than the balance."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from in_process import (
    BacktestExchange,
    deal,
    earned_usd,
    idle,
    look,
    pass_candles,
    restart,
    session,
    size_of,
    tick,
    told_usd,
)

from core.trading.backtest.run import Session
from core.trading.trader.config import TraderConfig

XBT = "PF_XBTUSD"


class LateLog(BacktestExchange):
    """Its account log does not tell what is of this moment in so many readings."""

    late = 0

    def ledger(self, since_id: int, since_ms: int = 0) -> list[Any]:
        found = super().ledger(since_id, since_ms)
        if self.late:
            self.late -= 1
            found = [e for e in found if e.time_ms < self.engine.now_ms]
        return found


def made(size: Decimal = Decimal("0.05")) -> tuple[Session, Any]:
    """Return a session that holds what a person bought, and its exchange."""
    far = {"stop_multiple": Decimal(400), "take_multiple": Decimal(400)}
    one = session(TraderConfig(lookback=120, **far), LateLog)
    idle(one)
    tick(one)
    deal(one, XBT, "buy", size)
    tick(one, 2)
    return one, one.exchange


def kinds(one: Session) -> list[str]:
    return [kind for kind, _ in one.told if kind in ("drift", "booked late")]


def test_what_it_tells_a_moment_late_is_no_drift() -> None:
    one, exchange = made()
    deal(one, XBT, "buy", Decimal("0.02"), "web-2")
    # Those of the tick's own booking and of the first look again, and one more.
    exchange.late = 3
    one.loop.tick(one.stepper.now_ms)
    assert kinds(one) == ["booked late"]
    assert one.loop.halted == ""


def test_what_it_does_not_tell_is_a_drift_until_it_does() -> None:
    one, exchange = made()
    deal(one, XBT, "buy", Decimal("0.02"), "web-2")
    exchange.late = 99
    one.loop.tick(one.stepper.now_ms)
    assert kinds(one) == ["drift"]
    assert one.loop.halted
    exchange.late = 0
    tick(one)
    assert (kinds(one), one.loop.halted) == (["drift"], "")


@pytest.mark.parametrize("late", [2, 12])
def test_what_it_has_not_told_at_a_start_is_booked_once(late: int) -> None:
    """It is in the opening balance. A start waits for it, but not for long."""
    one, exchange = made()
    deal(one, XBT, "buy", Decimal("0.02"), "web-2")
    exchange.late = late
    restart(one)
    assert (exchange.late > 0) == (late > 2)
    exchange.late = 0
    tick(one, 2)
    assert (kinds(one), one.loop.halted) == ([], "")
    deal(one, XBT, "sell", size_of(one, XBT), "web-3")
    pass_candles(one, 1)
    tick(one, 2)
    assert abs(told_usd(one) - earned_usd(one)) < Decimal("0.01")


@pytest.mark.parametrize("part", [Decimal(1), Decimal("0.4")])
@pytest.mark.parametrize("late", [12, 99])
def test_a_trade_of_before_has_what_it_tells_only_after_the_start(
    part: Decimal, late: int
) -> None:
    """All or some of a position was sold in the very moment in which a process starts."""
    one, exchange = made()
    pass_candles(one, 1)
    size = size_of(one, XBT) * part
    deal(one, XBT, "sell", size, "web-3")
    exchange.late = late
    restart(one)
    assert exchange.late > 0
    assert "does not tell yet" in one.loop.halted
    if late > 12:
        # Nor is it at a tick that comes before the log.
        one.loop.tick(one.stepper.now_ms)
    assert [row["closed_ms"] for row in one.store.rows("trades", 0)] == [None]
    exchange.late = 0
    tick(one, 2)
    assert one.loop.halted == ""
    if part < 1:
        deal(one, XBT, "sell", size_of(one, XBT), "web-4")
        tick(one, 2)
    (row,) = one.store.rows("trades", 0)
    assert row["closed_ms"]
    assert abs(told_usd(one) - earned_usd(one)) < Decimal("0.01")


def test_a_log_that_never_tells_is_not_waited_for_longer_than_three_ticks() -> None:
    one, exchange = made()
    pass_candles(one, 1)
    deal(one, XBT, "sell", size_of(one, XBT), "web-3")
    hide(exchange)
    restart(one)
    for _ in range(2):
        tick(one)
        assert "does not tell yet" in one.loop.halted
    tick(one, 2)
    assert one.loop.halted == ""
    (row,) = one.store.rows("trades", 0)
    assert row["closed_ms"]


def test_a_fee_of_less_than_what_may_drift_is_waited_for_as_well() -> None:
    one, exchange = made(Decimal("0.0001"))
    pass_candles(one, 1)
    exchange.late = 99
    deal(one, XBT, "sell", size_of(one, XBT), "web-3")
    one.loop.tick(one.stepper.now_ms)
    (row,) = one.store.rows("trades", 0)
    assert (kinds(one), row["closed_ms"]) == ([], None)
    exchange.late = 0
    tick(one, 2)
    (row,) = one.store.rows("trades", 0)
    assert row["closed_ms"]
    assert told_usd(one) == earned_usd(one)


def test_a_log_is_waited_for_by_candles_not_by_looks_between_them() -> None:
    """A person has opened something else: it is looked at every 15 s until it has a trade."""
    one, exchange = made()
    deal(one, XBT, "sell", size_of(one, XBT) * Decimal("0.4"), "web-3")
    exchange.late = 999
    restart(one)
    loop: Any = one.loop
    loop.adoption.has_strangers = lambda: True
    for seconds in range(15, 300, 15):
        look(one, seconds)
    assert "does not tell yet" in loop.halted


def hide(exchange: Any) -> None:
    """Let the log never tell the newest entry of now."""
    ledger = exchange.ledger
    newest = ledger(0)[-1].entry_id
    exchange.ledger = lambda *since: [e for e in ledger(*since) if e.entry_id != newest]


@pytest.mark.parametrize("candles", [0, 1])
def test_a_trade_that_ends_while_the_log_is_late_waits_for_what_it_tells(
    candles: int,
) -> None:
    """Some of it was sold as a process started, the rest before its first tick: what it had
    cost by then is read from the log, which may have told that and not the rest.
    """
    one, exchange = made()
    pass_candles(one, 1)
    deal(one, XBT, "sell", size_of(one, XBT) * Decimal("0.4"), "web-3")
    exchange.late = 99
    restart(one)
    pass_candles(one, candles)
    deal(one, XBT, "sell", size_of(one, XBT), "web-4")
    one.loop.tick(one.stepper.now_ms)
    (row,) = one.store.rows("trades", 0)
    assert row["closed_ms"] is None
    exchange.late = 0
    tick(one, 2)
    (row,) = one.store.rows("trades", 0)
    assert row["closed_ms"]
    assert abs(told_usd(one) - earned_usd(one)) < Decimal("0.01")
