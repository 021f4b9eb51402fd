"""Whether to enter a symbol now, in which direction and how surely.

Generated from specs/trading/entry_decision.yaml. To change it, change the spec
and run: architect generate entry_decision
"""

from core.wrapper import module
from generated.trading.entry_criteria import EntryCriteria
from generated.trading.entry_refusal import entry_refusal
from generated.trading.entry_score import entry_score
from generated.trading.entry_side import entry_side
from generated.trading.market_view import MarketView
from generated.trading.setup_of import setup_of
from generated.trading.signal import Signal


@module(
    kind="function",
    ensures=[
        "result.symbol == view.symbol",
    ],
    on_failure='Signal(symbol=view.symbol, side="none", score=0.0, reason="failed")',
)
def entry_decision(view: MarketView, criteria: EntryCriteria) -> Signal:
    """Whether to enter a symbol now, in which direction and how surely.

    Args:
        view: one symbol at the close of one candle
        criteria: what an entry must fulfil

    Returns:
        for the symbol of the view
    """
    reason = entry_refusal(view, criteria)
    if reason:
        return Signal(symbol=view.symbol, side="none", score=0.0, reason=reason)
    side = entry_side(view)
    score = entry_score(setup_of(view, side), view, criteria)
    why = "all criteria are met"
    return Signal(symbol=view.symbol, side=side, score=score, reason=why)


__all__ = ["entry_decision"]
# From its recorded reply, byte for byte: architect rebuild entry_decision
