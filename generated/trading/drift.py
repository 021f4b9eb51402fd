"""One difference between our books and the exchange.

Generated from specs/trading/drift.yaml. To change it, change the spec
and run: architect generate drift
"""

from decimal import Decimal
from typing import Literal

from core.records import record


@record()
class Drift:
    """One difference between our books and the exchange.

    Attributes:
        kind: size is in coins, the others in USD
        symbol: of a size, else empty
        ours: what the books say
        theirs: what the exchange says
        action: book: look for what was not booked; halt: enter nothing new
    """

    kind: Literal["size", "balance", "equity"]
    symbol: str = ""
    ours: Decimal
    theirs: Decimal
    action: Literal["book", "halt"]


__all__ = ["Drift"]
# From its spec, byte for byte: architect rebuild drift
