"""The id that we give an order.

Asked again for the same order, it is the same.

Generated from specs/trading/client_order_id.yaml. To change it, change the spec
and run: architect generate client_order_id
"""

from core.wrapper import module


@module(
    kind="function",
    requires=[
        "symbol.isascii() and 0 < len(symbol) <= 20",
        "purpose.isascii() and 0 < len(purpose) <= 16",
        "0 <= time_ms < 10**14",
        "0 <= index < 10**6",
    ],
    ensures=[
        "len(result) <= 64",
    ],
    reflect="result",
)
def client_order_id(symbol: str, time_ms: int, purpose: str, index: int) -> str:
    """The id that we give an order.

    Args:
        symbol: the exchange's own, ASCII, at most 20 characters
        time_ms (UTC ms): of the decision
        purpose: what it is for: entry, stop, take, time; ASCII, at most 16 characters
        index: number of the slice, from 0

    Returns:
        at most 64 of a-z, 0-9 and -
    """
    text = f"{symbol}-{time_ms}-{purpose}-{index}".lower()
    allowed = "abcdefghijklmnopqrstuvwxyz0123456789"
    return "".join(char if char in allowed else "-" for char in text)


__all__ = ["client_order_id"]
# From its recorded reply, byte for byte: architect rebuild client_order_id
