"""A failure of a module whose breaker is open: told, and not repaired by itself."""

from __future__ import annotations

from architect.wick.incidents import Incident, Incidents
from architect.wick.queue import Job
from core.health import Health


def leave_unrepaired(incidents: Incidents, job: Job, health: Health) -> Incident:
    """Return the incident, closed; a person decides what becomes of the module."""
    detail = job.detail
    incident = incidents.open(
        job.id, job.module, detail["version"], "failure", detail["error"],
        detail.get("arguments"), job.time_ms,
    )  # fmt: skip
    if incident.state != "open":
        return incident
    incidents.step(
        incident, "detected", error=detail["error"], trace=detail.get("trace", "")
    )
    incidents.step(incident, "contained", how=detail["contained"])
    incidents.step(
        incident, "breaker open", reason=health.story,
        now="calls get the safe value of the spec, or an error where it has none",
        hint=f"mend specs/trading/{job.module}.yaml and architect generate {job.module}, "
        f"or architect wick reset {job.module}",
    )  # fmt: skip
    return incidents.close_as(incident, "unrepaired")
