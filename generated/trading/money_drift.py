"""The difference between two sums of money, if it is more than is tolerated.

Generated from specs/trading/money_drift.yaml. To change it, change the spec
and run: architect generate money_drift
"""

from decimal import Decimal
from typing import Literal

from core.wrapper import module
from generated.trading.drift import Drift


@module(
    kind="function",
    requires=[
        "tolerance_usd >= 0",
    ],
)
def money_drift(
    kind: Literal["balance", "equity"],
    ours: Decimal,
    theirs: Decimal,
    tolerance_usd: Decimal,
    action: Literal["book", "halt"],
) -> list[Drift]:
    """The difference between two sums of money, if it is more than is tolerated.

    Args:
        kind: what is compared
        ours (USD): by our books
        theirs (USD): by the exchange
        tolerance_usd (USD): 0 or more
        action: what is to be done about it

    Returns:
        one or none
    """
    if abs(ours - theirs) <= tolerance_usd:
        return []
    return [Drift(kind=kind, ours=ours, theirs=theirs, action=action)]


__all__ = ["money_drift"]
# From its recorded reply, byte for byte: architect rebuild money_drift
