"""What the account is worth at one moment, by our own books.

Generated from specs/trading/equity.yaml. To change it, change the spec
and run: architect generate equity
"""

from decimal import Decimal

from core.records import record


@record(
    requires=[
        "close_to(equity_usd, balance_usd + floating_usd + funding_usd)",
    ],
)
class Equity:
    """What the account is worth at one moment, by our own books.

    Attributes:
        time_ms (UTC ms): when
        balance_usd (USD): settled money
        floating_usd (USD): P&L of open positions at mark prices
        funding_usd (USD): accrued and not yet settled
        equity_usd (USD): the sum of the three
    """

    time_ms: int
    balance_usd: Decimal
    floating_usd: Decimal
    funding_usd: Decimal
    equity_usd: Decimal


__all__ = ["Equity"]
# From its spec, byte for byte: architect rebuild equity
