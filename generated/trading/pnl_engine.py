"""What a symbol has made or lost so far, with funding and fees.

Generated from specs/trading/pnl_engine.yaml. To change it, change the spec
and run: architect generate pnl_engine
"""

from decimal import Decimal

from core.wrapper import module
from generated.trading.floating_pnl import floating_pnl
from generated.trading.pnl import Pnl
from generated.trading.position import Position


@module(
    kind="function",
)
def pnl_engine(
    position: Position,
    mark_price: Decimal,
    realised_usd: Decimal,
    settled_funding_usd: Decimal,
    fees_usd: Decimal,
) -> Pnl:
    """What a symbol has made or lost so far, with funding and fees.

    Args:
        position: what is held, size 0 when flat
        mark_price (USD): of one coin
        realised_usd (USD): of what was closed
        settled_funding_usd (USD): positive is received
        fees_usd (USD): positive is paid

    Returns:
        of the position's symbol
    """
    floating_usd = floating_pnl(position, mark_price)
    funding_usd = settled_funding_usd + position.funding_usd
    return Pnl(
        symbol=position.symbol,
        realised_usd=realised_usd,
        floating_usd=floating_usd,
        funding_usd=funding_usd,
        fees_usd=fees_usd,
        net_usd=realised_usd + floating_usd + funding_usd - fees_usd,
    )


__all__ = ["pnl_engine"]
# From its recorded reply, byte for byte: architect rebuild pnl_engine
