"""A market view seen from the side of a trade.

Generated from specs/trading/setup_of.yaml. To change it, change the spec
and run: architect generate setup_of
"""

from typing import Literal

from core.wrapper import module
from generated.trading.entry_setup import EntrySetup
from generated.trading.market_view import MarketView


@module(
    kind="function",
    requires=[
        "view.volatility_frac * view.close > 0",
        "view.bollinger_high > view.bollinger_low",
    ],
)
def setup_of(view: MarketView, side: Literal["long", "short"]) -> EntrySetup:
    """A market view seen from the side of a trade.

    Args:
        view: with volatility and a band that has width
        side: of the trade

    Returns:
        the same market from that side
    """
    sign, volatility = 1 if side == "long" else -1, view.volatility_frac * view.close
    low, high = view.bollinger_low, view.bollinger_high
    return EntrySetup(
        trend=sign * (view.ema_fast - view.ema_slow) / volatility,
        momentum=sign * view.macd_histogram / volatility,
        rsi=view.rsi if side == "long" else 100 - view.rsi,
        vwap_distance=abs(view.close - view.vwap) / volatility,
        band_excess=sign * (view.close - (low + high) / 2) / (high - low) - 0.5,
    )


__all__ = ["setup_of"]
# From its recorded reply, byte for byte: architect rebuild setup_of
