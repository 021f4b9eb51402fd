"""What to do when the stop of a position could not be placed at the exchange.

Generated from specs/trading/stop_failure_action.yaml. To change it, change the spec
and run: architect generate stop_failure_action
"""

from typing import Literal

from core.wrapper import module


@module(
    kind="function",
    requires=[
        "failures >= 1",
        "max_failures >= 1",
    ],
    on_failure='"close"',
)
def stop_failure_action(
    refused: bool, failures: int, max_failures: int
) -> Literal["retry", "close"]:
    """What to do when the stop of a position could not be placed at the exchange.

    Args:
        refused: whether it was refused, not just not reached
        failures: in a row, this one counted
        max_failures: how many are borne

    Returns:
        what to do
    """
    return "close" if refused or failures >= max_failures else "retry"


__all__ = ["stop_failure_action"]
# From its recorded reply, byte for byte: architect rebuild stop_failure_action
