"""The trading rules of one perpetual.

Generated from specs/trading/instrument.yaml. To change it, change the spec
and run: architect generate instrument
"""

from decimal import Decimal

from core.records import record
from generated.trading.margin_level import MarginLevel


@record(
    requires=[
        "margin_levels != []",
        "tick_size > 0",
        "size_step > 0",
        "contract_size > 0",
    ],
)
class Instrument:
    """The trading rules of one perpetual.

    Attributes:
        symbol: the exchange's own, PF_XBTUSD
        tick_size (USD): prices are multiples of it
        size_step (coins): sizes are multiples of it
        contract_size (coins): coins of one contract
        initial_margin_frac: of the notional in the lowest tier
        maintenance_margin_frac: of the notional in the lowest tier
        margin_levels: the margin schedule, which begins at a notional of 0
    """

    symbol: str
    tick_size: Decimal
    size_step: Decimal
    contract_size: Decimal
    initial_margin_frac: Decimal
    maintenance_margin_frac: Decimal
    margin_levels: list[MarginLevel]


__all__ = ["Instrument"]
# From its spec, byte for byte: architect rebuild instrument
