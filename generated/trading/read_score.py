"""The number from 0 to 1 that a text is, None when it is anything else.

Generated from specs/trading/read_score.yaml. To change it, change the spec
and run: architect generate read_score
"""

from core.wrapper import module


@module(
    kind="function",
    ensures=[
        "result is None or 0 <= result <= 1",
    ],
    on_failure="None",
)
def read_score(text: str) -> float | None:
    """The number from 0 to 1 that a text is, None when it is anything else.

    Args:
        text: not to be trusted

    Returns:
        0 to 1
    """
    number = text.isascii() and text.replace(".", "", 1).isdecimal()
    if not number or len(text) > 6 or float(text) > 1:
        return None
    return float(text)


__all__ = ["read_score"]
# From its recorded reply, byte for byte: architect rebuild read_score
