"""Balance, equity and margin of the account as the exchange states them.

Generated from specs/trading/account.yaml. To change it, change the spec
and run: architect generate account
"""

from decimal import Decimal

from core.records import record


@record(
    requires=[
        "initial_margin_usd >= 0",
        "maintenance_margin_usd >= 0",
    ],
)
class Account:
    """Balance, equity and margin of the account as the exchange states them.

    Attributes:
        balance_usd (USD): settled money
        equity_usd (USD): balance, floating P&L and unrealised funding
        available_usd (USD): free for new margin
        initial_margin_usd (USD): bound by positions and orders
        maintenance_margin_usd (USD): below this equity is liquidated
        floating_usd (USD): P&L of open positions
        funding_usd (USD): accrued and not yet settled
    """

    balance_usd: Decimal
    equity_usd: Decimal
    available_usd: Decimal
    initial_margin_usd: Decimal
    maintenance_margin_usd: Decimal
    floating_usd: Decimal
    funding_usd: Decimal


__all__ = ["Account"]
# From its spec, byte for byte: architect rebuild account
