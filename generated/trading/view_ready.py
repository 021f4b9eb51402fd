"""Whether every number of a market view is known and gives a scale to measure by.

Generated from specs/trading/view_ready.yaml. To change it, change the spec
and run: architect generate view_ready
"""

import math
from dataclasses import asdict

from core.wrapper import module
from generated.trading.market_view import MarketView


@module(
    kind="function",
    on_failure="False",
)
def view_ready(view: MarketView) -> bool:
    """Whether every number of a market view is known and gives a scale to measure by.

    Args:
        view: one symbol at the close of one candle

    Returns:
        whether an entry may be judged by it
    """
    numbers = [value for name, value in asdict(view).items() if name != "symbol"]
    known = all(math.isfinite(number) for number in numbers)
    return (
        known and view.volatility_frac > 0 and view.bollinger_high > view.bollinger_low
    )


__all__ = ["view_ready"]
# From its recorded reply, byte for byte: architect rebuild view_ready
