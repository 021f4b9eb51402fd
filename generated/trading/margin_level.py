"""One step of the exchange's margin schedule for one perpetual.

Generated from specs/trading/margin_level.yaml. To change it, change the spec
and run: architect generate margin_level
"""

from decimal import Decimal

from core.records import record


@record(
    requires=[
        "from_usd >= 0",
        "0 < initial_frac <= 1",
        "0 < maintenance_frac <= 1",
    ],
)
class MarginLevel:
    """One step of the exchange's margin schedule for one perpetual.

    Attributes:
        from_usd (USD): notional from which it counts
        initial_frac: of the notional, needed to open
        maintenance_frac: of the notional, below it is liquidated
    """

    from_usd: Decimal
    initial_frac: Decimal
    maintenance_frac: Decimal


__all__ = ["MarginLevel"]
# From its spec, byte for byte: architect rebuild margin_level
