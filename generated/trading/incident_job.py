"""What Wick is to do about one failure.

Generated from specs/trading/incident_job.yaml. To change it, change the spec
and run: architect generate incident_job
"""

from typing import Literal

from core.records import record


@record()
class IncidentJob:
    """What Wick is to do about one failure.

    Attributes:
        key: the same for the same failure, so that it is one incident
        subject: the module, or the symbol of the trade
        lane: repair a module, or find out whose fault it is
        urgent: whether money is at risk until it is settled
    """

    key: str
    subject: str
    lane: Literal["repair", "explain"]
    urgent: bool


__all__ = ["IncidentJob"]
# From its spec, byte for byte: architect rebuild incident_job
