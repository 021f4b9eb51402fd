"""Whether the tick at a candle could send anything: asked where running it would be slow.

A backtest asks this at every candle and runs the tick only where the answer is yes. It
calls the same modules by the same methods as the tick does, so there is no second copy
of a decision. Whatever makes the tick act must make this true: a condition that is
missing here is found by the test that compares the two, trade by trade.
"""

from __future__ import annotations

from core.trading.trader.loop import TradingLoop


def may_act(loop: TradingLoop, now_ms: int) -> bool:
    """Tell whether `loop.tick(now_ms)` could open, close or adopt a trade."""
    if loop.left or loop.books.positions.keys() != loop.trades.keys():
        return True
    if any(loop.exits.reason(trade, now_ms) for trade in loop.trades.values()):
        return True
    return any(
        loop.entries.signal(symbol)[1].side != "none"
        for symbol in loop.market.tradeable
        if symbol not in loop.trades and loop.market.ready(symbol)
    )
