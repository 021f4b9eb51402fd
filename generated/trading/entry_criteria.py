"""What an entry must fulfil; larger limits and smaller minima let more trades through.

Generated from specs/trading/entry_criteria.yaml. To change it, change the spec
and run: architect generate entry_criteria
"""

from core.records import record


@record(
    requires=[
        "max_vwap_distance > 0",
    ],
)
class EntryCriteria:
    """What an entry must fulfil; larger limits and smaller minima let more trades through.

    Attributes:
        max_rsi: RSI from the side of the trade must be below it
        max_vwap_distance: distance from VWAP at most, in volatilities
        max_band_excess: beyond the Bollinger band at most, in band widths
        min_volume_ratio: volume over the usual at least
        min_model_score: of the model at least, 0 to 1
    """

    max_rsi: float
    max_vwap_distance: float
    max_band_excess: float
    min_volume_ratio: float
    min_model_score: float


__all__ = ["EntryCriteria"]
# From its spec, byte for byte: architect rebuild entry_criteria
