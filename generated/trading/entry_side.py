"""The direction in which trend and momentum agree.

Generated from specs/trading/entry_side.yaml. To change it, change the spec
and run: architect generate entry_side
"""

from typing import Literal

from core.wrapper import module
from generated.trading.market_view import MarketView


@module(
    kind="function",
    on_failure='"none"',
)
def entry_side(view: MarketView) -> Literal["long", "short", "none"]:
    """The direction in which trend and momentum agree.

    Args:
        view: one symbol at the close of one candle

    Returns:
        none is no entry
    """
    trend, momentum = view.ema_fast - view.ema_slow, view.macd_histogram
    if trend > 0 and momentum > 0:
        return "long"
    if trend < 0 and momentum < 0:
        return "short"
    return "none"


__all__ = ["entry_side"]
# From its recorded reply, byte for byte: architect rebuild entry_side
