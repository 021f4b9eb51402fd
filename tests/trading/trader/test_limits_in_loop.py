"""What decides on symbols, sizes and numbers of entries does so in the running loop."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from in_process import Noting, candles, decide, entries, replace, session, tick

from core.trading.backtest.run import Session
from core.trading.paper import NewOrder
from core.trading.trader.config import CANDLE_MS, TraderConfig
from core.trading.trader.entry_config import EntryConfig

SYMBOLS = ("PF_XBTUSD", "PF_ETHUSD", "PF_SOLUSD")
XBT = SYMBOLS[0]
# An entry goes out as one order, and nothing but what a test sets cuts it.
WIDE: dict[str, Any] = {
    "lookback": 120,
    "entry": EntryConfig(cluster_at_most=9),
    "clip_usd": Decimal(10**6),
    "twap_usd": Decimal(10**6),
    "max_notional_usd": Decimal(10**6),
    "ceiling_frac": Decimal(1),
    "pool_frac": Decimal(100),
}


def made(**knobs: Any) -> Session:
    return session(TraderConfig(**WIDE | knobs), Noting)


def enter(one: Session, *symbols: str, score: float = 1.0) -> list[Any]:
    """Tick once where some symbols shall be bought; return the entries that were sent."""
    decide(one, lambda symbol, _: ("long" if symbol in symbols else "none", score))
    before = len(entries(one))
    tick(one)
    return entries(one)[before:]


def sent(one: Session, *, score: float = 1.0) -> Decimal:
    """Return the coins of the one entry that is sent."""
    (order,) = enter(one, XBT, score=score)
    return Decimal(order.size)


def volatility(symbol: str, count: int) -> float:
    """Of the last closes that a loop knows, by hand."""
    close = candles(3)[symbol].close[:count]
    return float(np.diff(np.log(close[-49:])).std(ddof=1))


def test_the_share_of_the_pool_cuts_an_entry() -> None:
    one = made(pool_frac=Decimal("0.05"))
    (order,) = enter(one, XBT)
    trade = one.loop.trades[XBT]
    weights = {s: 1 / volatility(s, one.moment.count) for s in SYMBOLS}
    share = 500 * weights[XBT] / sum(weights.values())
    bound = order.size * order.limit_price / trade.leverage
    step = one.loop.market.instruments[XBT].size_step
    assert float(bound) == pytest.approx(
        share, abs=float(step * order.limit_price) + 0.01
    )
    assert float(bound) <= share
    assert order.size < sent(made()) / 2


@pytest.mark.parametrize(("part", "left"), [("2", "0.5"), ("0", "0")])
def test_an_entry_follows_what_the_allocator_says(part: str, left: str) -> None:
    """Half of the room is half of the size; no room is no entry."""
    knobs = {"pool_frac": Decimal("0.05")}
    one, whole = made(**knobs), sent(made(**knobs))
    shared: Any = one.loop.modules["risk_allocator"]

    def other(*given: Any) -> dict[str, Decimal]:
        return {s: (usd / int(part) if int(part) else Decimal(0))
                for s, usd in shared(*given).items()}  # fmt: skip

    replace(one, "risk_allocator", other)
    orders = enter(one, XBT)
    size = sum((order.size for order in orders), Decimal(0))
    step = one.loop.market.instruments[XBT].size_step
    assert abs(size - whole * Decimal(left)) <= step
    assert bool(orders) == bool(int(part))


def test_what_other_trades_bind_is_not_there_for_the_next() -> None:
    """One pool: a position that takes most of it leaves another symbol less than its share."""
    knobs = {"pool_frac": Decimal("0.05"), "max_leverage": Decimal(1)}
    (whole,) = enter(made(**knobs), "PF_SOLUSD")
    one = made(**knobs)
    mark = one.engine.market.price[XBT]
    size = (480 / mark).quantize(Decimal("0.0001"))
    one.engine.send(NewOrder(XBT, "buy", "mkt", size, "mine-1"))
    (order,) = enter(one, "PF_SOLUSD")
    free = 500 - size * one.loop.market.mark(XBT)
    assert 0 < order.size * order.limit_price <= free
    assert whole.size > 3 * order.size


def test_the_cap_on_leverage_cuts_an_entry() -> None:
    """The same margin carries as many coins as the leverage allows."""
    sizes = {
        cap: sent(made(pool_frac=Decimal("0.05"), max_leverage=Decimal(cap)))
        for cap in (1, 2, 4)
    }
    step = made().loop.market.instruments[XBT].size_step
    assert abs(sizes[2] - 2 * sizes[1]) <= 2 * step
    assert abs(sizes[4] - 4 * sizes[1]) <= 4 * step


def test_an_entry_follows_what_the_leverage_manager_says() -> None:
    knobs = {"pool_frac": Decimal("0.05"), "max_leverage": Decimal(5)}
    one = made(**knobs)
    replace(one, "leverage_manager", lambda *_: Decimal(2))
    size = sent(one)
    assert one.loop.trades[XBT].leverage == 2
    capped = made(pool_frac=Decimal("0.05"), max_leverage=Decimal(2))
    assert size == sent(capped)
    assert size < sent(made(**knobs))


def test_less_confidence_is_less_leverage() -> None:
    """By the accepted module: half of the way from 1 to the most that is allowed."""
    one = made(pool_frac=Decimal("0.05"), max_leverage=Decimal(5))
    sent(one, score=0.5)
    assert one.loop.trades[XBT].leverage == 3


def asked(one: Session, *entered: str) -> list[str]:
    """Tick once; return the symbols in the order in which they were asked for."""
    seen: list[str] = []

    def decision(symbol: str, _: float) -> tuple[str, float]:
        if symbol not in seen:
            seen.append(symbol)
        return ("long" if symbol in entered else "none"), 1.0

    decide(one, decision)
    tick(one)
    return seen


def ranked(one: Session) -> list[str]:
    """The symbols by their volatility, the highest first, by hand."""
    count = one.moment.count
    return sorted(SYMBOLS, key=lambda s: -volatility(s, count))


def test_the_scanner_decides_who_is_asked_and_in_which_order() -> None:
    one = made()
    orders = set()
    for _ in range(40):
        seen = asked(one)
        assert seen == ranked(one)
        orders.add(tuple(seen))
    assert len(orders) > 1


def test_what_the_scanner_leaves_out_is_not_entered() -> None:
    one = made(symbols_at_most=1)
    for _ in range(20):
        seen = asked(one, *SYMBOLS)
        first = ranked(one)[0]
        assert set(seen) <= {first}
        new = [
            s for s, t in one.loop.trades.items() if t.opened_ms == one.stepper.now_ms
        ]
        assert set(new) <= {first}
    assert one.loop.trades
    assert {o.symbol for o in entries(one)} < set(SYMBOLS)


def test_wide_spreads_and_thin_markets_are_not_asked() -> None:
    assert asked(made(max_spread_frac=0.0)) == []
    one = made()
    volumes = {
        s: float(t.volume_24h * t.mark_price)
        for s, t in one.loop.market.tickers.items()
    }
    least = sorted(volumes.values())[1]
    one = made(min_volume_usd=least * 0.98)
    assert set(asked(one)) == {s for s in SYMBOLS if volumes[s] >= least * 0.98}
    assert asked(made(min_volume_usd=1e15)) == []


def test_the_loop_goes_by_the_scanners_own_answer() -> None:
    one = made()
    replace(one, "market_scanner", lambda *_: ["PF_SOLUSD", XBT])
    assert asked(one, *SYMBOLS) == ["PF_SOLUSD", XBT]
    assert set(one.loop.trades) == {"PF_SOLUSD", XBT}


def clustered(**knobs: Any) -> Session:
    return made(
        entry=EntryConfig(cluster_at_most=2, cluster_gap_ms=3 * CANDLE_MS), **knobs
    )


def test_trades_of_one_moment_are_limited() -> None:
    """Two may be opened together, a third only when the gap has passed."""
    one = clustered(max_hold_ms=100 * CANDLE_MS)
    first = enter(one, *SYMBOLS)
    assert len(first) == 2
    for _ in range(3):
        assert not enter(one, *SYMBOLS)
    (third,) = enter(one, *SYMBOLS)
    assert third.symbol not in {order.symbol for order in first}


def test_the_clusters_are_those_that_the_module_finds() -> None:
    one = clustered()
    clusters: Any = one.loop.modules["trade_clustering"]
    given: list[int] = []

    def none_found(trades: Any, gap_ms: int, *more: Any) -> Any:
        given.append(len(trades))
        return clusters(trades[:0], gap_ms, *more)

    replace(one, "trade_clustering", none_found)
    assert len(enter(one, *SYMBOLS)) == 3
    assert max(given) >= 2
