"""The status of an order that was refused and so does not exist at the exchange.

Generated from specs/trading/rejected_status.yaml. To change it, change the spec
and run: architect generate rejected_status
"""

from core.wrapper import module
from generated.trading.order_request import OrderRequest
from generated.trading.order_status import OrderStatus


@module(
    kind="function",
    ensures=[
        "result.client_id == order.client_id",
    ],
)
def rejected_status(order: OrderRequest, reason: str) -> OrderStatus:
    """The status of an order that was refused and so does not exist at the exchange.

    Args:
        order: what was to be sent
        reason: why it was refused

    Returns:
        with status rejected
    """
    return OrderStatus(
        client_id=order.client_id,
        symbol=order.symbol,
        side=order.side,
        status="rejected",
        size=order.size,
        reason=reason,
    )


__all__ = ["rejected_status"]
# From its recorded reply, byte for byte: architect rebuild rejected_status
