"""What differs between our books and the exchange, and what is to be done about it.

Generated from specs/trading/equity_reconciler.yaml. To change it, change the spec
and run: architect generate equity_reconciler
"""

from decimal import Decimal
from typing import Literal

from core.wrapper import module
from generated.trading.account import Account
from generated.trading.drift import Drift
from generated.trading.equity import Equity
from generated.trading.money_drift import money_drift


@module(
    kind="function",
    requires=[
        "move_usd >= 0",
        "tolerance_usd >= 0",
    ],
)
def equity_reconciler(
    sizes: list[Drift],
    ours: Equity,
    account: Account,
    move_usd: Decimal,
    tolerance_usd: Decimal,
    action: Literal["book", "halt"],
) -> list[Drift]:
    """What differs between our books and the exchange, and what is to be done about it.

    Args:
        sizes: those that differ
        ours: by our books
        account: by the exchange
        move_usd (USD): how far prices moved equity meanwhile
        tolerance_usd (USD): what rounding may make
        action: what is to be done

    Returns:
        sizes, balance, equity; empty when the books are true
    """
    balance, theirs = ours.balance_usd, account.balance_usd
    found = list(sizes) + money_drift("balance", balance, theirs, tolerance_usd, action)
    if found:
        return found
    equity, allowed = ours.equity_usd, tolerance_usd + move_usd
    return money_drift("equity", equity, account.equity_usd, allowed, action)


__all__ = ["equity_reconciler"]
# From its recorded reply, byte for byte: architect rebuild equity_reconciler
