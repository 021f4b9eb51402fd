"""The first reason against entering a symbol now, empty when there is none.

Generated from specs/trading/entry_refusal.yaml. To change it, change the spec
and run: architect generate entry_refusal
"""

import math

from core.wrapper import module
from generated.trading.market_view import MarketView


@module(
    kind="function",
    on_failure='"failed"',
)
def entry_refusal(view: MarketView) -> str:
    """The first reason against entering a symbol now, empty when there is none.

    Args:
        view: one symbol at the close of one candle

    Returns:
        one of the five reasons, or ""
    """
    long, far = view.ema_fast > view.ema_slow, 2 * view.volatility_frac * view.close
    prices = view.ema_fast + view.ema_slow + view.vwap
    checks = [
        (math.isnan(prices + far + view.rsi + view.volume_ratio), "warming up"),
        (view.ema_fast == view.ema_slow, "no trend"),
        (view.rsi >= 70 if long else view.rsi <= 30, "rsi stretched"),
        (abs(view.close - view.vwap) > far, "far from vwap"),
        (view.volume_ratio < 1.2, "low volume"),
    ]
    return next((reason for against, reason in checks if against), "")


__all__ = ["entry_refusal"]
# From its recorded reply, byte for byte: architect rebuild entry_refusal
