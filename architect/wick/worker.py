"""A Wick worker: takes jobs from the stream, one at a time, until it is told to stop.

Start as many as there are cores, here or on other machines with the same REDIS_URL and
a clone of the repository: the group gives each job to one of them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import redis

from architect.session import Session
from architect.wick.incidents import Incident, Incidents
from architect.wick.queue import Job, Queue
from architect.wick.repair import Repair
from architect.wick.saves import handle_save
from core.errors import ArchitectError, Busy
from core.events import RUNNING, Events, connect

Tell = Callable[[Incident], None]


@dataclass
class Worker:
    """One worker; `tell` is called with each closed incident."""

    session: Session
    incidents: Incidents
    queue: Queue
    events: Events
    redis_url: str
    tell: Tell

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; a job under way is finished first."""
        while not stop.is_set():
            try:
                job = self.queue.take()
            except redis.RedisError:
                stop.wait(0.5)
                continue
            if job is not None:
                self.work(job)

    def work(self, job: Job) -> None:
        """Carry out one job and tell how it ended.

        A lock that another run holds is waited for by the stream: the job stays ours
        and unacknowledged, and is delivered again.
        """
        try:
            with self.queue.hold(job), self.queue.module_lock(job.detail["module"]):
                incident = self._carry_out(job)
        except Busy:
            return
        if incident is not None:
            self.events.publish(
                "incident", incident=incident.incident_id, module=incident.module,
                state=incident.state, fixed_by=incident.fixed_by, took_ms=incident.took_ms,
            )  # fmt: skip
            self.tell(incident)

    def _carry_out(self, job: Job) -> Incident | None:
        if job.kind == "save":
            return handle_save(self.session, self.incidents, job)
        if job.kind == "failure":
            return Repair(self.session, self.incidents, self._live).handle(job)
        raise ArchitectError(f"job {job.id} is of an unknown kind {job.kind!r}")

    def _live(self, module: str, version: str, timeout_s: float) -> bool:
        client = connect(self.redis_url)
        deadline = time.monotonic() + timeout_s
        try:
            while time.monotonic() < deadline:
                if client.hget(RUNNING, module) == version:
                    return True
                time.sleep(0.005)
        finally:
            client.close()
        return False
