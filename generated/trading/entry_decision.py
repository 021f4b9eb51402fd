"""Whether to enter a symbol now, in which direction and how surely.

Generated from specs/trading/entry_decision.yaml. To change it, change the spec
and run: architect generate entry_decision
"""

from core.wrapper import module
from generated.trading.entry_refusal import entry_refusal
from generated.trading.market_view import MarketView
from generated.trading.signal import Signal


@module(
    kind="function",
    ensures=[
        "result.symbol == view.symbol",
    ],
    on_failure='Signal(symbol=view.symbol, side="none", score=0.0, reason="failed")',
)
def entry_decision(view: MarketView) -> Signal:
    """Whether to enter a symbol now, in which direction and how surely.

    Args:
        view: one symbol at the close of one candle

    Returns:
        for the symbol of the view
    """
    reason = entry_refusal(view)
    if reason:
        return Signal(symbol=view.symbol, side="none", score=0.0, reason=reason)
    long = view.ema_fast > view.ema_slow
    side, trend = ("long", "up") if long else ("short", "down")
    room = (70 - (view.rsi if long else 100 - view.rsi)) / 40
    score = float((min(view.volume_ratio / 3, 1.0) + min(room, 1.0)) / 2)
    return Signal(
        symbol=view.symbol, side=side, score=score, reason=f"trend {trend}, near vwap"
    )


__all__ = ["entry_decision"]
# From its recorded reply, byte for byte: architect rebuild entry_decision
