"""What somebody turned has its stop at once, whatever else of the exchange is away, and each
of the two trades its own costs.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from in_process import (
    Doubtful,
    deal,
    decide,
    earned_usd,
    idle,
    look,
    restart,
    session,
    size_of,
    tick,
    told_usd,
)

from core.errors import ExchangeUnavailable
from core.trading.backtest.run import Session
from core.trading.trader.config import TraderConfig

XBT = "PF_XBTUSD"
CENT = Decimal("0.01")
# Of funding there is some in each.
HOURS = 12
FAR = {"stop_multiple": Decimal(400), "take_multiple": Decimal(400)}


class Away(Doubtful):
    """Its account log is `away`, or `hides` what is of this moment, or its account is `closed`."""

    away = hides = closed = False

    def ledger(self, since_id: int, since_ms: int = 0) -> list[Any]:
        if self.away:
            raise ExchangeUnavailable("the history is away")
        found, now_ms = super().ledger(since_id, since_ms), self.engine.now_ms
        return [e for e in found if not self.hides or e.time_ms < now_ms]

    def account(self) -> Any:
        if self.closed:
            raise ExchangeUnavailable("503")
        return super().account()


def made() -> tuple[Session, Any]:
    """Return a session that wants to be long, and its exchange."""
    one = session(TraderConfig(lookback=120, **FAR), Away)
    decide(one, lambda symbol, _: ("long" if symbol == XBT else "none", 1.0))
    return one, one.exchange


def holding(candles: int = HOURS) -> tuple[Session, Any]:
    """Return a session that is long and enters nothing more, and its exchange."""
    one, exchange = made()
    tick(one)
    idle(one)
    tick(one, candles)
    return one, exchange


def turn(one: Session, client_id: str = "web-1") -> None:
    """Let a person turn what is held."""
    size = size_of(one, XBT)
    deal(one, XBT, "sell" if size > 0 else "buy", 2 * abs(size), client_id)


def end(one: Session) -> None:
    size = size_of(one, XBT)
    deal(one, XBT, "sell" if size > 0 else "buy", abs(size), "web-end")


def stops(one: Session) -> list[Decimal]:
    """Return the sizes of the stops that rest, negative where they sell."""
    live = one.engine.venue.live.values()
    return [o.size if o.is_buy else -o.size for o in live if o.kind == "stp"]


def costs(one: Session) -> list[tuple[str, Decimal, Decimal]]:
    """Return the side, the fees and the funding of each trade, which all have ended, oldest
    first; together they are what the account log holds.
    """
    rows = sorted(one.store.rows("trades", 0), key=lambda row: row["opened_ms"])
    assert all(row["closed_ms"] is not None for row in rows)
    assert abs(told_usd(one) - earned_usd(one)) < CENT
    return [(r["side"], r["fees_usd"], r["funding_usd"]) for r in rows]


def logged(
    one: Session, after_ms: int, until_ms: int | None = None
) -> tuple[Decimal, Decimal]:
    """Return the fees and the funding that the account log holds of a time."""
    mine = [
        e for e in one.engine.books.ledger
        if e.time_ms > after_ms and (until_ms is None or e.time_ms <= until_ms)
    ]  # fmt: skip
    fees = sum((e.fee_usd for e in mine), Decimal(0))
    return fees, sum((e.funding_usd for e in mine), Decimal(0))


@pytest.mark.parametrize("between", [False, True], ids=["at a tick", "between two"])
@pytest.mark.parametrize("part", ["away", "hides", "closed"])
def test_it_has_its_stop_at_once(part: str, between: bool) -> None:
    one, exchange = holding()
    setattr(exchange, part, True)
    turn(one)
    if between:
        look(one)
    else:
        one.loop.tick(one.stepper.now_ms)
    assert stops(one) == [-size_of(one, XBT)]
    assert one.loop.trades[XBT].side == "short"


@pytest.mark.parametrize("part", ["away", "hides", "closed", ""])
def test_both_trades_have_their_own_costs_when_the_log_is_back(part: str) -> None:
    one, exchange = holding()
    turned_ms = one.stepper.now_ms
    if part:
        setattr(exchange, part, True)
    turn(one)
    look(one)
    if part == "hides":
        exchange.hides = False
    tick(one, 2 * HOURS)
    if part:
        setattr(exchange, part, False)
    tick(one, HOURS)
    end(one)
    tick(one, 3)
    first, second = costs(one)
    assert first == ("long", *logged(one, 0, turned_ms))
    assert second == ("short", *logged(one, turned_ms))
    assert first[2]
    assert second[2]


def test_one_that_is_turned_twice_while_the_log_is_away_is_three_trades() -> None:
    one, exchange = holding()
    exchange.away = True
    for name in ("web-1", "web-2"):
        turn(one, name)
        tick(one, HOURS)
    assert stops(one) == [-size_of(one, XBT)]
    exchange.away = False
    tick(one, 2)
    end(one)
    tick(one, 3)
    assert [side for side, *_ in costs(one)] == ["long", "short", "long"]


def test_a_process_that_starts_while_the_log_is_late_closes_what_was_turned_later() -> (
    None
):
    one, exchange = holding()
    turned_ms = one.stepper.now_ms
    exchange.hides = True
    turn(one)
    look(one)
    restart(one)
    assert [row["closed_ms"] for row in one.store.rows("trades", 0)] == [None, None]
    exchange.hides = False
    tick(one, HOURS)
    end(one)
    tick(one, 3)
    first, second = costs(one)
    assert first == ("long", *logged(one, 0, turned_ms))
    assert second == ("short", *logged(one, turned_ms))


@pytest.mark.parametrize("late", [False, True])
def test_a_process_that_starts_before_the_log_is_back_tells_both(late: bool) -> None:
    one, exchange = holding()
    exchange.away = True
    turn(one)
    tick(one, HOURS)
    exchange.away = False
    exchange.hides = late
    if late:
        deal(one, XBT, "sell", Decimal("0.01"), "web-2")
    restart(one)
    exchange.hides = False
    tick(one, 4)
    (trade,) = one.loop.trades.values()
    assert (trade.side, stops(one)) == ("short", [-size_of(one, XBT)])
    end(one)
    tick(one, 3)
    assert [side for side, *_ in costs(one)] == ["long", "short"]


def test_an_entry_of_unknown_fate_has_its_stop_although_the_log_is_away() -> None:
    one, exchange = made()
    exchange.doubts = True
    tick(one)
    idle(one)
    assert (size_of(one, XBT) > 0, stops(one)) == (True, [])
    exchange.away = True
    look(one)
    assert stops(one) == [-size_of(one, XBT)]
    exchange.away = exchange.doubts = False
    tick(one, HOURS)
    end(one)
    tick(one, 3)
    assert [side for side, *_ in costs(one)] == ["long"]


def test_one_that_is_turned_three_times_while_the_log_is_away_is_four_trades() -> None:
    one, exchange = holding()
    exchange.away = True
    for name in ("web-1", "web-2", "web-3"):
        turn(one, name)
        tick(one, HOURS)
    exchange.away = False
    tick(one, 2)
    end(one)
    tick(one, 3)
    told = costs(one)
    assert [side for side, *_ in told] == ["long", "short", "long", "short"]
    assert all(fees > 0 for _, fees, _ in told)


def test_of_two_open_trades_of_a_side_the_newer_goes_on_after_a_restart() -> None:
    one, exchange = holding()
    exchange.away = True
    for name in ("web-1", "web-2"):
        turn(one, name)
        tick(one, HOURS)
    (held,) = one.loop.trades
    newest = one.loop.trades[held].trade_id
    exchange.away = False
    restart(one)
    tick(one, 2)
    assert [t.trade_id for t in one.loop.trades.values()] == [newest]
    end(one)
    tick(one, 3)
    assert [side for side, *_ in costs(one)] == ["long", "short", "long"]


def test_what_was_adopted_without_the_log_has_its_entry_fee_after_a_restart() -> None:
    one, exchange = made()
    exchange.doubts = True
    tick(one)
    idle(one)
    exchange.away = True
    look(one)
    assert set(one.loop.trades) == {XBT}
    exchange.away = exchange.doubts = False
    restart(one)
    tick(one, HOURS)
    end(one)
    tick(one, 3)
    assert [side for side, *_ in costs(one)] == ["long"]
