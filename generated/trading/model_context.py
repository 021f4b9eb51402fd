"""What a model is told of an entry, in one line of numbers.

Generated from specs/trading/model_context.yaml. To change it, change the spec
and run: architect generate model_context
"""

from typing import Literal

from core.wrapper import module
from generated.trading.market_view import MarketView
from generated.trading.setup_of import setup_of


@module(
    kind="function",
    requires=[
        "view.volatility_frac * view.close > 0",
        "view.bollinger_high > view.bollinger_low",
    ],
)
def model_context(view: MarketView, side: Literal["long", "short"]) -> str:
    """What a model is told of an entry, in one line of numbers.

    Args:
        view: with volatility and a band that has width
        side: of the trade that is thought of

    Returns:
        one line, no price: what it says does not depend on the scale
    """
    s, percent = setup_of(view, side), 100 * view.volatility_frac
    return (
        f"{view.symbol} {side}: trend {s.trend:.2f}, momentum {s.momentum:.2f}, "
        f"rsi {s.rsi:.2f}, vwap distance {s.vwap_distance:.2f}, "
        f"band excess {s.band_excess:.2f}, volume {view.volume_ratio:.2f}, "
        f"volatility percent {percent:.2f}, hour weight {view.hour_weight:.2f}"
    )


__all__ = ["model_context"]
# From its recorded reply, byte for byte: architect rebuild model_context
