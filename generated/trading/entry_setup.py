"""A market seen from the side of a trade, so that long and short are judged alike.

Independent of the price's scale.

Generated from specs/trading/entry_setup.yaml. To change it, change the spec
and run: architect generate entry_setup
"""

from core.records import record


@record()
class EntrySetup:
    """A market seen from the side of a trade, so that long and short are judged alike.

    Attributes:
        trend (volatilities): by how much the fast EMA leads the slow one
        momentum (volatilities): MACD histogram towards the trade
        rsi: 0 to 100, high is stretched in the trade's direction
        vwap_distance (volatilities): from VWAP, either side
        band_excess (band widths): beyond the band ahead; negative inside, -1 at the one
            behind
    """

    trend: float
    momentum: float
    rsi: float
    vwap_distance: float
    band_excess: float


__all__ = ["EntrySetup"]
# From its spec, byte for byte: architect rebuild entry_setup
