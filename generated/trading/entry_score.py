"""How much speaks for an entry, 0 to 1, from everything that is known.

Generated from specs/trading/entry_score.yaml. To change it, change the spec
and run: architect generate entry_score
"""

from core.wrapper import module
from generated.trading.entry_criteria import EntryCriteria
from generated.trading.entry_setup import EntrySetup
from generated.trading.market_view import MarketView


@module(
    kind="function",
    requires=[
        "0 <= view.hour_weight <= 1",
    ],
    ensures=[
        "0 <= result <= 1",
    ],
    on_failure="0.0",
)
def entry_score(setup: EntrySetup, view: MarketView, criteria: EntryCriteria) -> float:
    """How much speaks for an entry, 0 to 1, from everything that is known.

    Args:
        setup: the market from the side of the trade
        view: the same market, for volume, hour and model
        criteria: what an entry must fulfil

    Returns:
        0 to 1, scales the risk taken
    """
    parts = [
        setup.trend,
        setup.momentum,
        (criteria.max_rsi - setup.rsi) / 40,
        1 - setup.vwap_distance / criteria.max_vwap_distance,
        -setup.band_excess,
        view.volume_ratio / 3,
        view.model_score,
    ]
    return view.hour_weight * sum(min(max(part, 0.0), 1.0) for part in parts) / 7


__all__ = ["entry_score"]
# From its recorded reply, byte for byte: architect rebuild entry_score
