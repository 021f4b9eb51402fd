"""Write one trade into the books, again when it has changed.

Generated from specs/trading/trade_logger.yaml. To change it, change the spec
and run: architect generate trade_logger
"""

from dataclasses import asdict

from core.trading.ports import Store
from core.wrapper import module
from generated.trading.trade import Trade


@module(
    kind="action",
    on_failure="False",
    ports=[
        "store",
    ],
)
def trade_logger(store: Store, trade: Trade) -> bool:
    """Write one trade into the books, again when it has changed.

    Args:
        trade: open or closed

    Returns:
        whether it is written
    """
    store.insert("trades", asdict(trade))
    return True


__all__ = ["trade_logger"]
# From its recorded reply, byte for byte: architect rebuild trade_logger
