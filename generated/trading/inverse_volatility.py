"""Weights by which symbols share the margin, so that each adds about the same risk.

Generated from specs/trading/inverse_volatility.yaml. To change it, change the spec
and run: architect generate inverse_volatility
"""

import math

from core.wrapper import module


@module(
    kind="function",
    ensures=[
        "set(result) == set(volatilities)",
    ],
    on_failure="dict.fromkeys(volatilities, 0.0)",
)
def inverse_volatility(volatilities: dict[str, float]) -> dict[str, float]:
    """Weights by which symbols share the margin, so that each adds about the same risk.

    Args:
        volatilities (per candle): standard deviation of log returns by symbol

    Returns:
        weights, 0 or more, for the same symbols
    """
    return {
        symbol: 1 / value if math.isfinite(value) and value > 0 else 0.0
        for symbol, value in volatilities.items()
    }


__all__ = ["inverse_volatility"]
# From its recorded reply, byte for byte: architect rebuild inverse_volatility
