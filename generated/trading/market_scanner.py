"""The symbols worth watching, the most volatile first.

Generated from specs/trading/market_scanner.yaml. To change it, change the spec
and run: architect generate market_scanner
"""

import math

from core.wrapper import module
from generated.trading.market_stats import MarketStats


@module(
    kind="function",
    requires=[
        "top >= 0",
    ],
    ensures=[
        "len(result) <= top",
    ],
    on_failure="[]",
)
def market_scanner(
    markets: list[MarketStats], top: int, max_spread_frac: float, min_volume_usd: float
) -> list[str]:
    """The symbols worth watching, the most volatile first.

    Args:
        markets: what is known of each market
        top: how many at most, 0 gives none
        max_spread_frac: widest spread allowed
        min_volume_usd (USD): least volume in 24 hours

    Returns:
        symbols, best first
    """
    fits = [
        m
        for m in markets
        if not math.isnan(m.volatility_frac)
        and m.spread_frac <= max_spread_frac
        and m.volume_usd >= min_volume_usd
    ]
    ranked = sorted(fits, key=lambda m: (-m.volatility_frac, -m.volume_usd, m.symbol))
    return [m.symbol for m in ranked[:top]]


__all__ = ["market_scanner"]
# From its recorded reply, byte for byte: architect rebuild market_scanner
