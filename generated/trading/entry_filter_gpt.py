"""Ask a model what it thinks of an entry, once a symbol and candle.

Generated from specs/trading/entry_filter_gpt.yaml. To change it, change the spec
and run: architect generate entry_filter_gpt
"""

from typing import Literal

from core.trading.ports import Model
from core.wrapper import module
from generated.trading.gpt_signal_score import gpt_signal_score
from generated.trading.market_view import MarketView
from generated.trading.model_context import model_context
from generated.trading.model_score import ModelScore


@module(
    kind="action",
    on_failure='ModelScore(score=0.5, reason="failed")',
    ports=[
        "model",
    ],
)
def entry_filter_gpt(
    model: Model, view: MarketView, side: Literal["long", "short"], closed_ms: int
) -> ModelScore:
    """Ask a model what it thinks of an entry, once a symbol and candle.

    Args:
        view: with volatility and a band that has width
        side: of the trade that is thought of
        closed_ms (UTC ms): close of the candle of the view

    Returns:
        neutral where there is no proper answer
    """
    key = f"{view.symbol}-{closed_ms}-{side}"
    return gpt_signal_score(model.judge(key, model_context(view, side)))


__all__ = ["entry_filter_gpt"]
# From its recorded reply, byte for byte: architect rebuild entry_filter_gpt
