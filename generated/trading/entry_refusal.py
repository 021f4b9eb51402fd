"""The first reason against entering a symbol now, empty when there is none.

Generated from specs/trading/entry_refusal.yaml. To change it, change the spec
and run: architect generate entry_refusal
"""

from core.wrapper import module
from generated.trading.context_refusal import context_refusal
from generated.trading.entry_criteria import EntryCriteria
from generated.trading.entry_side import entry_side
from generated.trading.market_view import MarketView
from generated.trading.price_refusal import price_refusal
from generated.trading.setup_of import setup_of
from generated.trading.view_ready import view_ready


@module(
    kind="function",
    on_failure='"failed"',
)
def entry_refusal(view: MarketView, criteria: EntryCriteria) -> str:
    """The first reason against entering a symbol now, empty when there is none.

    Args:
        view: one symbol at the close of one candle
        criteria: what an entry must fulfil

    Returns:
        a reason in words, or ""
    """
    side = entry_side(view)
    if not view_ready(view):
        return "not ready"
    if side == "none":
        return "no trend"
    against = price_refusal(setup_of(view, side), criteria)
    return against or context_refusal(view, criteria)


__all__ = ["entry_refusal"]
# From its recorded reply, byte for byte: architect rebuild entry_refusal
