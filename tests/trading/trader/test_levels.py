"""Levels in a market that has moved more than levels can stand away."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from in_process import deal, decide, idle, replace, restart, session, size_of, tick

from core.trading.backtest.run import Session
from core.trading.trader.config import TraderConfig

XBT = "PF_XBTUSD"
CONFIG = TraderConfig(lookback=120)
# Per candle, from what would set a short's take to 0 up to more than a whole price.
WILD = (0.112, 0.167, 0.5, 1.0, 7.0)


def crashed(one: Session, volatility_frac: float) -> None:
    """Let every market move so much a candle, as after a flash crash."""
    one.loop.levels.volatility_frac = lambda _: volatility_frac  # type: ignore[method-assign]


def triggers(one: Session) -> dict[str, Decimal | None]:
    return {o.kind: o.stop_price for o in one.exchange.open_orders()}


@pytest.mark.parametrize("volatility_frac", WILD)
@pytest.mark.parametrize("side", ["buy", "sell"])
def test_a_position_is_taken_up_with_both_levels_however_wild_its_market(
    side: str, volatility_frac: float
) -> None:
    one = session(CONFIG)
    idle(one)
    crashed(one, volatility_frac)
    deal(one, XBT, side, Decimal("0.01"))
    tick(one)
    trade = one.loop.trades[XBT]
    levels, price = trade.levels, trade.entry_price
    lower, upper = sorted((levels.stop_price, levels.take_price))
    assert 0 < lower < price < upper
    assert triggers(one) == {
        "stop": levels.stop_price, "take_profit": levels.take_price,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("multiples", "distances"),
    [((6, 9), ("0.6", "0.9")), ((9, 6), ("0.9", "0.6")), ((1, 2), ("0.1", "0.2"))],
)
def test_what_levels_can_stand_away_is_as_volatility_says(
    multiples: tuple[int, int], distances: tuple[str, str]
) -> None:
    stop, take = (Decimal(multiple) for multiple in multiples)
    one = session(TraderConfig(lookback=120, stop_multiple=stop, take_multiple=take))
    price = Decimal(50_000)
    for side, sign in (("long", 1), ("short", -1)):
        levels = one.loop.levels.around(XBT, side, price, 0.1)
        assert sign * (price - levels.stop_price) == price * Decimal(distances[0])
        assert sign * (levels.take_price - price) == price * Decimal(distances[1])


def test_multiples_below_one_ask_for_no_more_than_the_module_takes() -> None:
    small = Decimal("0.1")
    one = session(TraderConfig(lookback=120, stop_multiple=small, take_multiple=small))
    levels = one.loop.levels.around(XBT, "long", Decimal(50_000), 3.0)
    assert (levels.stop_price, levels.take_price) == (45_000, 55_000)


def test_a_trade_goes_on_with_its_levels_although_none_could_be_made_now() -> None:
    one = session(CONFIG)
    decide(one, lambda symbol, _: ("long" if symbol == XBT else "none", 1.0))
    tick(one)
    idle(one)
    before = one.loop.trades[XBT]
    for resting in list(one.engine.venue.live.values()):
        one.engine.cancel(resting)

    def broken(*_: Any) -> Any:
        raise ValueError("broken")

    replace(one, "exit_levels_for", broken)
    restart(one)
    after = one.loop.trades[XBT]
    assert (after.trade_id, after.levels) == (before.trade_id, before.levels)
    assert after.trail_usd == before.trail_usd
    assert triggers(one)["stop"] == before.levels.stop_price
    assert size_of(one, XBT)
