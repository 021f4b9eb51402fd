"""The job that Wick gets for one failure.

The same failure gives the same job.

Generated from specs/trading/wick_launcher.yaml. To change it, change the spec
and run: architect generate wick_launcher
"""

from typing import Literal

from core.wrapper import module
from generated.trading.incident_job import IncidentJob


@module(
    kind="function",
    requires=[
        "merge_ms > 0",
        "time_ms >= 0",
    ],
    ensures=[
        "result.subject == subject",
    ],
    on_failure=(
        'IncidentJob(key=f"{kind}:{subject}:{version}", subject=subject, '
        'lane="explain", urgent=True)'
    ),
)
def wick_launcher(
    kind: Literal[
        "failure", "rejected", "slippage", "unknown outcome", "missed exit", "drift"
    ],
    subject: str,
    version: str,
    time_ms: int,
    merge_ms: int,
) -> IncidentJob:
    """The job that Wick gets for one failure.

    Args:
        kind: a failure is one of a module, all others are of a trade or of the books
        subject: the module, or the symbol of the trade
        version: of the module, empty for a trade
        time_ms (UTC ms): when it failed
        merge_ms (ms): failures within one window are one

    Returns:
        what is to be done
    """
    parts = [kind, subject, version, str(time_ms // merge_ms)]
    key = ":".join(parts).replace(" ", "-")
    lane = "repair" if kind == "failure" else "explain"
    urgent = kind in ("missed exit", "unknown outcome", "drift")
    return IncidentJob(key=key, subject=subject, lane=lane, urgent=urgent)


__all__ = ["wick_launcher"]
# From its recorded reply, byte for byte: architect rebuild wick_launcher
