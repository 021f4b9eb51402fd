"""The first reason in the price against an entry, empty when there is none.

Generated from specs/trading/price_refusal.yaml. To change it, change the spec
and run: architect generate price_refusal
"""

from core.wrapper import module
from generated.trading.entry_criteria import EntryCriteria
from generated.trading.entry_setup import EntrySetup


@module(
    kind="function",
    on_failure='"failed"',
)
def price_refusal(setup: EntrySetup, criteria: EntryCriteria) -> str:
    """The first reason in the price against an entry, empty when there is none.

    Args:
        setup: the market from the side of the trade
        criteria: what an entry must fulfil

    Returns:
        one of the three reasons, or ""
    """
    checks = [
        (setup.rsi >= criteria.max_rsi, "rsi stretched"),
        (setup.vwap_distance > criteria.max_vwap_distance, "far from vwap"),
        (setup.band_excess > criteria.max_band_excess, "outside bollinger"),
    ]
    return next((reason for against, reason in checks if against), "")


__all__ = ["price_refusal"]
# From its recorded reply, byte for byte: architect rebuild price_refusal
