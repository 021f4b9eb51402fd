"""A Wick worker: takes jobs from the stream, one at a time, until it is told to stop.

Start as many as there are cores, here or on other machines with the same REDIS_URL and
a clone of the repository: the group gives each job to one of them.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

import psycopg
import redis

from architect.lock import is_building
from architect.remote import Remote
from architect.session import Session
from architect.wick.abroad import Abroad
from architect.wick.incidents import Incident, Incidents
from architect.wick.open_breaker import leave_unrepaired
from architect.wick.queue import Job, Queue
from architect.wick.repair import Repair
from architect.wick.saves import handle_save
from architect.wick.spec_search.handle import Searcher
from architect.wick.trades import handle_trade
from architect.wick.waiting import PASSING
from architect.wick.warming import warming
from core.errors import ArchitectError
from core.events import RUNNING, Events, connect
from core.health import Health
from core.health_store import acquit, read_healths

Tell = Callable[[Incident], None]
# It is away, however long: that the job was delivered does not count against it.
AWAY = (psycopg.OperationalError, *PASSING)
# The job is delivered again.
LATER = (redis.RedisError, psycopg.Error, *PASSING)
PAUSE_S = 0.5
WAIT_MS = 500
# A job that ended so many workers before is not tried by a further one.
MOST_DELIVERIES = 3


@dataclass
class Worker:
    """One worker; `tell` is called with each closed incident."""

    session: Session
    incidents: Incidents
    queue: Queue
    events: Events
    redis_url: str
    tell: Tell
    searcher: Searcher | None = None

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; a job under way is finished first."""
        self.abroad.offer()
        idle: Iterator[str] | None = warming(self.session)
        while not stop.is_set():
            # Somebody waits for what is built: the cores are theirs.
            rests = idle is None or is_building(self.session.project)
            try:
                job = self.queue.take(WAIT_MS if rests else 1)
            except redis.RedisError:
                stop.wait(PAUSE_S)
                continue
            if job is None and idle and not rests and not _drew(idle):
                idle = None
                self.events.publish("warm")
            if job is not None and not self.work(job):
                stop.wait(PAUSE_S)

    def work(self, job: Job) -> bool:
        """Carry out one job and tell how it ended.

        False when it could not be: it stays unacknowledged, and is delivered again.
        """
        try:
            with self.queue.hold(job):
                incident = self._carry_out(job)
        except LATER as error:
            traceback.print_exception(error)
            if isinstance(error, AWAY):
                with suppress(redis.RedisError):
                    self.queue.put_off(job)
            return False
        if incident is not None:
            self.events.publish(
                "incident", incident=incident.incident_id, module=incident.module,
                state=incident.state, fixed_by=incident.fixed_by, took_ms=incident.took_ms,
            )  # fmt: skip
            self.tell(incident)
        return True

    def _carry_out(self, job: Job) -> Incident | None:
        if job.deliveries > MOST_DELIVERIES:
            return self._give_up(
                job, f"it ended {job.deliveries - 1} workers before this one"
            )
        self.session.new_run()  # its budget is one job's, not one worker's life's
        try:
            return self._handle(job)
        except LATER:
            raise
        except Exception as error:
            # A fault of ours must not end the worker: the next job may be sound.
            traceback.print_exc()
            return self._give_up(job, f"{type(error).__name__}: {error}")

    def _handle(self, job: Job) -> Incident | None:
        if self.abroad.hand_over(job):
            return None
        if job.kind == "pushed":
            return self.abroad.take_up(self.incidents, job)
        known = self.incidents.of(job.key)
        if known is None or _is_of(known, job):
            return self._begin(replace(job, id=job.key))
        if self._is_anew(known, job):
            return self._begin(job)
        self.incidents.step(known, f"seen again: {job.id}", **_worse(job))
        return known

    def _is_anew(self, known: Incident, job: Job) -> bool:
        """Tell whether it failed after what an incident of its key had come to."""
        if known.state in ("repaired", "accepted"):
            return True  # it had been mended
        if job.kind != "failure":
            return False
        if known.state == "explained":
            # It was another's fault, or of a version that was no longer accepted. A further
            # breach by a caller is no news: a process that starts again tells it again.
            return job.detail.get("outcome") != "requires"
        if known.state != "unrepaired":
            return False
        # Between the two it was let run again.
        return self._health(job.module).reset_ms > known.opened_ms

    def _begin(self, job: Job) -> Incident | None:
        if job.kind == "save":
            return handle_save(self.session, self.incidents, job)
        if job.kind == "failure" and (health := self._health(job.module)).tripped_ms:
            return leave_unrepaired(self.incidents, job, health)
        if job.kind == "failure":
            repair = Repair(
                self.session, self.incidents, self._live, self.searcher, self._acquit
            )
            return repair.handle(job)
        if job.kind == "trade":
            return handle_trade(
                self.session, self.incidents, job, self.events.job, self._pass_urgent
            )
        raise ArchitectError(f"job {job.id} is of an unknown kind {job.kind!r}")

    def _pass_urgent(self) -> None:
        """Carry out what came in meanwhile and is more urgent than a trade's story."""
        while (job := self.queue.take_urgent()) is not None and self.work(job):
            pass

    def _health(self, module: str) -> Health:
        client = connect(self.redis_url)
        try:
            return read_healths(client).get(module, Health())
        finally:
            client.close()

    def _acquit(self, module: str, version: str) -> None:
        client = connect(self.redis_url)
        try:
            acquit(client, module, version, time.time_ns() // 1_000_000)
        finally:
            client.close()

    def _give_up(self, job: Job, why: str) -> Incident:
        version = str(job.detail.get("version") or job.detail.get("sha256", ""))[:12]
        summary = str(job.detail.get("error") or f"{job.module}: {job.kind}")
        known = self.incidents.of(job.key)
        name = job.key if known is None or _is_of(known, job) else job.id
        incident = self.incidents.open(
            name, job.module, version, job.kind, summary, None, job.time_ms
        )
        if incident.state != "open":
            return incident
        hint = "what wick said is in .architect/run/wick1.log: please report it"
        self.incidents.step(incident, "gave up", reason=why, hint=hint)
        return self.incidents.close_as(incident, "unrepaired")

    @cached_property
    def abroad(self) -> Abroad:
        """What this checkout is to the running system."""
        name = self.session.config.wick.remote
        remote = Remote(self.session.repository, name) if name else None
        return Abroad(self.session, self.queue, remote)

    def _live(self, module: str, version: str, timeout_s: float) -> bool:
        self.abroad.bring_home(module)
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


def _drew(idle: Iterator[str]) -> bool:
    """Draw one step more; False when there is none, or it failed."""
    try:
        return next(idle, None) is not None
    except Exception:
        # What is only done ahead must not end the worker: jobs are still to come.
        traceback.print_exc()
        return False


def _is_of(known: Incident, job: Job) -> bool:
    """Tell whether a job's key stands for its own incident, not for that of one before."""
    return known.opened_ms == job.time_ms


def _worse(job: Job) -> dict[str, str]:
    """Return what a job says of a failure that was told before."""
    severity = job.detail.get("severity")
    return {"severity": str(severity)} if severity else {}
