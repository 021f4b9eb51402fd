"""Whether the tick at a candle could send anything: asked where running it would be slow.

A backtest asks this at every candle and runs the tick only where the answer is yes. It
calls the same modules by the same methods as the tick does, so there is no second copy
of a decision. Whatever makes the tick act must make this true: a condition that is
missing here is found by the test that compares the two, trade by trade.
"""

from __future__ import annotations

from core.trading.trader.loop import TradingLoop


def may_act(loop: TradingLoop, now_ms: int) -> bool:
    """Tell whether `loop.tick(now_ms)` could open, change, close or adopt a trade."""
    trades, market = loop.trades, loop.market
    if loop.left or loop.books.positions.keys() != trades.keys():
        return True
    for trade in trades.values():
        if trade.plan is not None or loop.exits.reason(trade, now_ms):
            return True
        if loop.exits.stop_now(trade) != trade.levels.stop_price:
            return True
    # Plain loops: a backtest asks at every candle.
    for symbol in market.tradeable:
        if symbol not in trades and market.ready(symbol):
            _, signal = loop.entries.signal(symbol, now_ms)
            if signal.side != "none":
                return True
    return False
