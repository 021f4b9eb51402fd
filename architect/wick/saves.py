"""A save that the manifest does not know: judged by the gate, let in or refused.

The file itself is never touched when it is refused; the running version goes on.
"""

from __future__ import annotations

from architect.session import Session
from architect.wick.incidents import Incident, Incidents
from architect.wick.queue import Job
from architect.wick.waiting import PASSING, until_committed
from core.errors import ArchitectError
from core.manifest import read_manifest, sha256

SUPERSEDED = "the file was saved again or taken away before it was judged"


def handle_save(session: Session, incidents: Incidents, job: Job) -> Incident | None:
    """Judge one save; return its incident, None when there is nothing to judge any more."""
    name, digest = job.module, str(job.detail["sha256"])
    if not _still_there(session, name, digest):
        return _left_open(session, incidents, job, digest)
    incident = incidents.open(
        job.id, name, digest[:12], "save", f"{name} was saved without the gate", None,
        job.time_ms,
    )  # fmt: skip
    if incident.state != "open":
        return incident
    running = job.detail.get("running") or "none"
    incidents.step(incident, "detected", sha256=digest, running=running)
    incidents.step(incident, "contained", how=f"not loaded; version {running} goes on")
    try:
        return _judge(session, incidents, incident, digest)
    except PASSING:
        raise  # it cannot be told or done now: the job is delivered again
    except ArchitectError as error:
        return _refused(incidents, incident, str(error), error.hint)
    except UnicodeDecodeError as error:
        return _refused(incidents, incident, f"it is no text in UTF-8: {error}")


def _left_open(
    session: Session, incidents: Incidents, job: Job, digest: str
) -> Incident | None:
    """Close the incident of a worker that died after its commit, None if there is none."""
    incident = incidents.of(job.id)
    if incident is None or incident.state != "open":
        return incident
    entry = read_manifest(session.project.manifest).modules.get(job.module)
    if entry is None or entry.file != digest:
        incidents.step(incident, "explained", reason=SUPERSEDED)
        return incidents.close_as(incident, "explained")
    with until_committed(), session.building(wait=True):  # completes what was begun
        commit = session.repository.log(session.project.module(job.module))[0].id
    incidents.step(incident, "committed", commit=commit)
    return incidents.close_as(incident, "accepted", "the gate", commit)


def _still_there(session: Session, name: str, digest: str) -> bool:
    path = session.project.module(name)
    if not path.is_file() or sha256(path.read_bytes()) != digest:
        return False
    entry = read_manifest(session.project.manifest).modules.get(name)
    return entry is None or entry.file != digest


def _judge(
    session: Session, incidents: Incidents, incident: Incident, digest: str
) -> Incident:
    name = incident.module
    with until_committed(), session.building(wait=True) as pipeline:
        graph = session.graph()
        if not _still_there(session, name, digest):
            incidents.step(incident, "explained", reason=SUPERSEDED)
            return incidents.close_as(incident, "explained")
        verdict = pipeline.adopt(graph.get(name), graph)
        commit = session.repository.head()
    session.record_verdicts()
    incidents.step(incident, "judged", **verdict.as_plain())
    if not verdict.accepted:
        hint = f"mend it, or architect rollback {name} restores the accepted version"
        return _refused(incidents, incident, verdict.as_text(), hint)
    incidents.step(incident, "committed", commit=commit)
    return incidents.close_as(incident, "accepted", "the gate", commit)


def _refused(
    incidents: Incidents, incident: Incident, why: str, hint: str | None = None
) -> Incident:
    incidents.step(incident, "refused", reason=why, hint=hint)
    return incidents.close_as(incident, "refused")
