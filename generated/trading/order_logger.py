"""Write an order and what became of it into the books.

Generated from specs/trading/order_logger.yaml. To change it, change the spec
and run: architect generate order_logger
"""

from dataclasses import asdict

from core.trading.ports import Store
from core.wrapper import module
from generated.trading.order_request import OrderRequest
from generated.trading.order_status import OrderStatus


@module(
    kind="action",
    requires=[
        "order.client_id == status.client_id",
    ],
    on_failure="False",
    ports=[
        "store",
    ],
)
def order_logger(
    store: Store, order: OrderRequest, status: OrderStatus, created_ms: int
) -> bool:
    """Write an order and what became of it into the books.

    Args:
        order: what was sent
        status: what the exchange knows of it
        created_ms (UTC ms): when it was decided

    Returns:
        whether it is written
    """
    row = {**asdict(order), **asdict(status), "created_ms": created_ms}
    store.insert("orders", row)
    return True


__all__ = ["order_logger"]
# From its recorded reply, byte for byte: architect rebuild order_logger
