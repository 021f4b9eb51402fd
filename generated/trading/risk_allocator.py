"""How much more margin each symbol may bind, so that all share one pool.

Generated from specs/trading/risk_allocator.yaml. To change it, change the spec
and run: architect generate risk_allocator
"""

from decimal import Decimal

from core.wrapper import module
from generated.trading.pool_shares import pool_shares
from generated.trading.round_down import round_down


@module(
    kind="function",
    requires=[
        "all(finite(weight) and weight >= 0 for weight in weights.values())",
        "all(used >= 0 for used in used_usd.values())",
    ],
    ensures=[
        "set(result) == set(weights)",
        "sum(result.values()) + sum(used_usd.values()) <= max(pool_usd, sum(used_usd.values()))",
    ],
    on_failure="dict.fromkeys(weights, Decimal(0))",
)
def risk_allocator(
    pool_usd: Decimal, weights: dict[str, float], used_usd: dict[str, Decimal]
) -> dict[str, Decimal]:
    """How much more margin each symbol may bind, so that all share one pool.

    Args:
        pool_usd (USD): margin that may be bound in all, may be negative
        weights: by symbol
        used_usd (USD): margin that is bound already, by symbol

    Returns:
        USD: by symbol of weights, 0 or more
    """
    zero, cent = Decimal(0), Decimal("0.01")
    shares = pool_shares(pool_usd, weights)
    wishes = {}
    for name, share in shares.items():
        wishes[name] = max(share - used_usd.get(name, zero), zero)
    free = max(pool_usd - sum(used_usd.values()), zero)
    wished = sum(wishes.values())
    if wished > free:
        wishes = {name: wish * free / wished for name, wish in wishes.items()}
    return {name: round_down(wish, cent) for name, wish in wishes.items()}


__all__ = ["risk_allocator"]
# From its recorded reply, byte for byte: architect rebuild risk_allocator
