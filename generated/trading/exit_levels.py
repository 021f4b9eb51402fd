"""The prices at which a trade ends.

Generated from specs/trading/exit_levels.yaml. To change it, change the spec
and run: architect generate exit_levels
"""

from decimal import Decimal

from core.records import record


@record(
    requires=[
        "stop_price > 0",
        "take_price > 0",
    ],
)
class ExitLevels:
    """The prices at which a trade ends.

    Attributes:
        stop_price (USD): ends it with a loss
        take_price (USD): ends it with a profit
    """

    stop_price: Decimal
    take_price: Decimal


__all__ = ["ExitLevels"]
# From its spec, byte for byte: architect rebuild exit_levels
