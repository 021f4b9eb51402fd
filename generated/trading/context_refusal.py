"""The first reason around the price against an entry, empty when there is none.

Generated from specs/trading/context_refusal.yaml. To change it, change the spec
and run: architect generate context_refusal
"""

from core.wrapper import module
from generated.trading.entry_criteria import EntryCriteria
from generated.trading.market_view import MarketView


@module(
    kind="function",
    on_failure='"failed"',
)
def context_refusal(view: MarketView, criteria: EntryCriteria) -> str:
    """The first reason around the price against an entry, empty when there is none.

    Args:
        view: one symbol at the close of one candle
        criteria: what an entry must fulfil

    Returns:
        one of the three reasons, or ""
    """
    checks = [
        (view.volume_ratio < criteria.min_volume_ratio, "low volume"),
        (view.hour_weight <= 0, "poor hour"),
        (view.model_score < criteria.min_model_score, "model against"),
    ]
    return next((reason for against, reason in checks if against), "")


__all__ = ["context_refusal"]
# From its recorded reply, byte for byte: architect rebuild context_refusal
