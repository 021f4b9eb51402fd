"""A pool of money cut in proportion to weights.

Generated from specs/trading/pool_shares.yaml. To change it, change the spec
and run: architect generate pool_shares
"""

from decimal import Decimal

from core.wrapper import module


@module(
    kind="function",
    requires=[
        "all(finite(weight) and weight >= 0 for weight in weights.values())",
    ],
    ensures=[
        "set(result) == set(weights)",
    ],
    on_failure="dict.fromkeys(weights, Decimal(0))",
)
def pool_shares(pool_usd: Decimal, weights: dict[str, float]) -> dict[str, Decimal]:
    """A pool of money cut in proportion to weights.

    Args:
        pool_usd (USD): what is shared, may be negative
        weights: by symbol

    Returns:
        USD: by symbol, 0 or more
    """
    parts = {name: Decimal(str(weight)) for name, weight in weights.items()}
    whole = sum(parts.values())
    if whole == 0 or pool_usd <= 0:
        return {name: Decimal(0) for name in parts}
    return {name: pool_usd * part / whole for name, part in parts.items()}


__all__ = ["pool_shares"]
# From its recorded reply, byte for byte: architect rebuild pool_shares
