"""Send an order once and return what the exchange knows of it.

None if it never got it.

Generated from specs/trading/send_order.yaml. To change it, change the spec
and run: architect generate send_order
"""

from core.errors import (
    DuplicateOrder,
    ExchangeError,
    GatewayRefused,
    OrderRejected,
    OutcomeUnknown,
)
from core.trading.ports import Exchange
from core.wrapper import module
from generated.trading.order_request import OrderRequest
from generated.trading.order_status import OrderStatus
from generated.trading.rejected_status import rejected_status


@module(
    kind="action",
    ports=[
        "exchange",
    ],
)
def send_order(exchange: Exchange, order: OrderRequest) -> OrderStatus | None:
    """Send an order once and return what the exchange knows of it.

    Args:
        order: what to send

    Returns:
        None only when the exchange does not know the order
    """
    try:
        return exchange.place(order)
    except (OutcomeUnknown, DuplicateOrder):
        try:
            return exchange.order(order.client_id)
        except ExchangeError as error:
            raise OutcomeUnknown(f"{order.client_id}: {error}") from error
    except (OrderRejected, GatewayRefused) as error:
        return rejected_status(order, str(error))


__all__ = ["send_order"]
# From its recorded reply, byte for byte: architect rebuild send_order
