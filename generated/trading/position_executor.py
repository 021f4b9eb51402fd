"""Carry out one order, at most once, whatever becomes of the replies.

Generated from specs/trading/position_executor.yaml. To change it, change the spec
and run: architect generate position_executor
"""

from core.errors import OutcomeUnknown
from core.trading.ports import Exchange
from core.wrapper import module
from generated.trading.order_request import OrderRequest
from generated.trading.order_status import OrderStatus
from generated.trading.send_order import send_order


@module(
    kind="action",
    ensures=[
        "result.client_id == order.client_id",
    ],
    ports=[
        "exchange",
    ],
)
def position_executor(exchange: Exchange, order: OrderRequest) -> OrderStatus:
    """Carry out one order, at most once, whatever becomes of the replies.

    Args:
        order: what to carry out

    Returns:
        what the exchange knows of it, or that it was rejected
    """
    status = send_order(exchange, order)
    if status is None:
        status = send_order(exchange, order)
    if status is None:
        raise OutcomeUnknown(f"{order.client_id}: sent twice, and never received")
    return status


__all__ = ["position_executor"]
# From its recorded reply, byte for byte: architect rebuild position_executor
