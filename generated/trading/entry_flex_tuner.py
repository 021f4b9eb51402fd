"""The entry criteria, loosened by a number of steps towards the loosest allowed.

Generated from specs/trading/entry_flex_tuner.yaml. To change it, change the spec
and run: architect generate entry_flex_tuner
"""

from dataclasses import asdict

from core.wrapper import module
from generated.trading.entry_criteria import EntryCriteria


@module(
    kind="function",
    requires=[
        "0 <= steps <= most",
        "most >= 1",
    ],
    on_failure="normal",
)
def entry_flex_tuner(
    normal: EntryCriteria, loosest: EntryCriteria, steps: int, most: int
) -> EntryCriteria:
    """The entry criteria, loosened by a number of steps towards the loosest allowed.

    Args:
        normal: criteria without any relaxing
        loosest: criteria that are never passed
        steps: how far, 0 to most
        most: steps from normal to loosest, 1 or more

    Returns:
        criteria of this moment
    """
    if steps == 0:
        return normal
    n, w, p = normal, loosest, steps / most
    return EntryCriteria(
        max_rsi=n.max_rsi * (1 - p) + w.max_rsi * p,
        max_vwap_distance=n.max_vwap_distance * (1 - p) + w.max_vwap_distance * p,
        max_band_excess=n.max_band_excess * (1 - p) + w.max_band_excess * p,
        min_volume_ratio=n.min_volume_ratio * (1 - p) + w.min_volume_ratio * p,
        min_model_score=n.min_model_score * (1 - p) + w.min_model_score * p,
    )


__all__ = ["entry_flex_tuner"]
# From its recorded reply, byte for byte: architect rebuild entry_flex_tuner
