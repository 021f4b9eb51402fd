"""What one symbol has made or lost so far, by our own books.

Generated from specs/trading/pnl.yaml. To change it, change the spec
and run: architect generate pnl
"""

from decimal import Decimal

from core.records import record


@record()
class Pnl:
    """What one symbol has made or lost so far, by our own books.

    Attributes:
        symbol: the exchange's own, PF_XBTUSD
        realised_usd (USD): of what was closed
        floating_usd (USD): of what is held
        funding_usd (USD): settled and accrued, positive is received
        fees_usd (USD): positive is paid
        net_usd (USD): realised + floating + funding - fees
    """

    symbol: str
    realised_usd: Decimal
    floating_usd: Decimal
    funding_usd: Decimal
    fees_usd: Decimal
    net_usd: Decimal


__all__ = ["Pnl"]
# From its spec, byte for byte: architect rebuild pnl
