"""A save that the manifest does not know: judged by the gate, let in or refused.

The file itself is never touched when it is refused; the running version goes on.
"""

from __future__ import annotations

from architect.session import Session
from architect.wick.incidents import Incident, Incidents
from architect.wick.queue import Job
from core.errors import ArchitectError
from core.manifest import read_manifest, sha256


def handle_save(session: Session, incidents: Incidents, job: Job) -> Incident | None:
    """Judge one save; return its incident, None when there is nothing to judge any more."""
    name, digest = job.detail["module"], job.detail["sha256"]
    if not _still_there(session, name, digest):
        return None
    incident = incidents.open(
        job.id,
        name,
        digest[:12],
        "save",
        f"{name} was saved without the gate",
        None,
        job.time_ms,
    )
    if incident.state != "open":
        return incident
    running = job.detail.get("running") or "none"
    incidents.step(incident, "detected", sha256=digest, running=running)
    incidents.step(incident, "contained", how=f"not loaded; version {running} goes on")
    try:
        return _judge(session, incidents, incident, name)
    except ArchitectError as error:
        incidents.step(incident, "refused", reason=str(error), hint=error.hint)
        return incidents.close_as(incident, "refused")


def _still_there(session: Session, name: str, digest: str) -> bool:
    path = session.project.module(name)
    if not path.exists() or sha256(path.read_bytes()) != digest:
        return False
    entry = read_manifest(session.project.manifest).modules.get(name)
    return entry is None or entry.file != digest


def _judge(
    session: Session, incidents: Incidents, incident: Incident, name: str
) -> Incident:
    graph = session.graph()
    with session.building(wait=True) as pipeline:
        verdict = pipeline.adopt(graph.get(name), graph)
    session.record_verdicts()
    incidents.step(incident, "judged", **verdict.as_plain())
    if not verdict.accepted:
        hint = f"mend it, or architect rollback {name} restores the accepted version"
        incidents.step(incident, "refused", reason=verdict.as_text(), hint=hint)
        return incidents.close_as(incident, "refused")
    commit = session.repository.head()
    incidents.step(incident, "committed", commit=commit)
    return incidents.close_as(incident, "accepted", "the gate", commit)
