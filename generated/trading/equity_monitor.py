"""What the account is worth now, by our own books.

Generated from specs/trading/equity_monitor.yaml. To change it, change the spec
and run: architect generate equity_monitor
"""

from decimal import Decimal

from core.wrapper import module
from generated.trading.equity import Equity
from generated.trading.floating_pnl import floating_pnl
from generated.trading.position import Position


@module(
    kind="function",
    requires=[
        "all(position.symbol in marks for position in positions)",
    ],
)
def equity_monitor(
    time_ms: int,
    balance_usd: Decimal,
    positions: list[Position],
    marks: dict[str, Decimal],
) -> Equity:
    """What the account is worth now, by our own books.

    Args:
        time_ms (UTC ms): of the marks
        balance_usd (USD): settled money
        positions: all that is held; a symbol may stand twice
        marks (USD): mark price by symbol

    Returns:
        at time_ms
    """
    floating = sum((floating_pnl(p, marks[p.symbol]) for p in positions), Decimal(0))
    funding = sum((p.funding_usd for p in positions), Decimal(0))
    return Equity(
        time_ms=time_ms,
        balance_usd=balance_usd,
        floating_usd=floating,
        funding_usd=funding,
        equity_usd=balance_usd + floating + funding,
    )


__all__ = ["equity_monitor"]
# From its recorded reply, byte for byte: architect rebuild equity_monitor
