"""What differs between our books and the exchange, and what is to be done about it.

Generated from specs/trading/equity_reconciler.yaml. To change it, change the spec
and run: architect generate equity_reconciler
"""

from decimal import Decimal

from core.wrapper import module
from generated.trading.account import Account
from generated.trading.drift import Drift
from generated.trading.equity import Equity
from generated.trading.money_drift import money_drift
from generated.trading.position import Position
from generated.trading.size_drifts import size_drifts


@module(
    kind="function",
    requires=[
        "unique([position.symbol for position in our_positions])",
        "unique([position.symbol for position in their_positions])",
        "move_usd >= 0",
        "tolerance_usd >= 0",
    ],
)
def equity_reconciler(
    ours: Equity,
    our_positions: list[Position],
    account: Account,
    their_positions: list[Position],
    move_usd: Decimal,
    tolerance_usd: Decimal,
    looked_again: bool,
) -> list[Drift]:
    """What differs between our books and the exchange, and what is to be done about it.

    Args:
        ours: by our books
        our_positions: by our books
        account: by the exchange
        their_positions: by the exchange
        move_usd (USD): by how much prices moved equity between the calls
        tolerance_usd (USD): what rounding may make, 0 or more
        looked_again: whether what was not booked was looked for

    Returns:
        sizes, balance, equity; empty when the books are true
    """
    action = "halt" if looked_again else "book"
    found = size_drifts(our_positions, their_positions, action)
    balance, theirs = ours.balance_usd, account.balance_usd
    found = found + money_drift("balance", balance, theirs, tolerance_usd, action)
    if found:
        return found
    equity, allowed = ours.equity_usd, tolerance_usd + move_usd
    return money_drift("equity", equity, account.equity_usd, allowed, action)


__all__ = ["equity_reconciler"]
# From its recorded reply, byte for byte: architect rebuild equity_reconciler
