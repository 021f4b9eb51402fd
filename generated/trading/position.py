"""What is held of one symbol.

Generated from specs/trading/position.yaml. To change it, change the spec
and run: architect generate position
"""

from decimal import Decimal

from core.records import record


@record(
    requires=[
        "entry_price > 0 or size == 0",
        "entry_price >= 0",
    ],
)
class Position:
    """What is held of one symbol.

    Attributes:
        symbol: the exchange's own, PF_XBTUSD
        size (coins): signed: negative is short, 0 is flat
        entry_price (USD): average, 0 when flat
        funding_usd (USD): accrued and not yet settled, positive is received
    """

    symbol: str
    size: Decimal
    entry_price: Decimal
    funding_usd: Decimal


__all__ = ["Position"]
# From its spec, byte for byte: architect rebuild position
