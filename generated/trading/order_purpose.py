"""What an order of ours is for, from its client id; empty if the id is not ours.

Generated from specs/trading/order_purpose.yaml. To change it, change the spec
and run: architect generate order_purpose
"""

from typing import Literal

from core.wrapper import module


@module(
    kind="function",
    on_failure='""',
)
def order_purpose(client_id: str) -> Literal["", "entry", "exit", "stop", "take"]:
    """What an order of ours is for, from its client id; empty if the id is not ours.

    Args:
        client_id: of an order, may be anybody's

    Returns:
        the purpose
    """
    parts = client_id.split("-")
    if len(parts) >= 5 and parts[-1] == "stop" and parts[-2].isdigit():
        return "stop"
    if len(parts) < 4 or not (parts[-1].isdigit() and parts[-3].isdigit()):
        return ""
    return parts[-2] if parts[-2] in ("entry", "exit", "stop", "take") else ""


__all__ = ["order_purpose"]
# From its recorded reply, byte for byte: architect rebuild order_purpose
