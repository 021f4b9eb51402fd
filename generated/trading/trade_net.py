"""What a trade made after costs.

Generated from specs/trading/trade_net.yaml. To change it, change the spec
and run: architect generate trade_net
"""

from decimal import Decimal

from core.wrapper import module
from generated.trading.trade import Trade


@module(
    kind="function",
)
def trade_net(trade: Trade) -> Decimal:
    """What a trade made after costs.

    Args:
        trade: open or closed

    Returns:
        USD: negative is a loss
    """
    return trade.realised_usd - trade.fees_usd + trade.funding_usd


__all__ = ["trade_net"]
# From its recorded reply, byte for byte: architect rebuild trade_net
