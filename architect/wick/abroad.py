"""Work of several checkouts at one system: who can do a job, and how a repair gets home.

A worker at another checkout follows the shared git remote, pushes what it repaired, and
tells the workers at home, who take it up. What it cannot see (a save at home, a version
that was not pushed) it hands to them.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass

from architect.history import versions
from architect.remote import Remote
from architect.session import Session
from architect.wick.incidents import Incident, Incidents
from architect.wick.queue import Job, Queue
from architect.wick.uptake import Uptake
from architect.wick.waiting import until_committed
from core.errors import ArchitectError, Busy, FileConflict, GitError, NotAccepted
from core.place import place_of


@dataclass
class Abroad:
    """What one worker's checkout is to the running system. `remote` may be None."""

    session: Session
    queue: Queue
    remote: Remote | None = None

    @property
    def place(self) -> str:
        """The place of this checkout."""
        return place_of(self.session.project.root)

    @property
    def at_home(self) -> bool:
        """Tell whether the system runs from this checkout, or nobody has said from which."""
        return self.queue.running_place in ("", self.place)

    def hand_over(self, job: Job) -> bool:
        """Give a job to those who can do it; False when this checkout can."""
        home = str(job.detail.get("place") or "")
        if home in ("", self.place) or job.kind not in ("save", "failure"):
            return False
        if job.kind == "failure" and self._has_version(job):
            return False
        self.queue.give(home, job.kind, {**job.detail, "key": job.key}, job.time_ms)
        return True

    def _has_version(self, job: Job) -> bool:
        """Tell whether the failing version was ever accepted here too.

        It need not be the newest: a worker that died may have repaired it already.
        False while the remote cannot be followed: those at home need it for nothing.
        """
        if self.remote is None:
            return False
        with until_committed(), self.session.building(wait=True):
            try:
                self.remote.follow()
            except GitError as error:
                self._refuse_second(self.remote, error)
                return False
        known = versions(self.session.project, self.session.repository, job.module)
        return any(one.version == job.detail["version"] for one in known)

    def _refuse_second(self, remote: Remote, error: GitError) -> None:
        """Busy where a repair of ours waits to be pushed: beside one that is made at home
        the two ways would part for good."""
        with contextlib.suppress(GitError):
            if remote.unpushed("manifest.yaml"):
                raise _not_pushed(error)

    def offer(self) -> None:
        """Push what is at home, so that others can follow; they can wait if it fails.

        Nothing here is ever put on top of what others pushed: it runs.
        """
        if self.remote is not None and self.at_home:
            with contextlib.suppress(ArchitectError):
                self.remote.offer()

    def bring_home(self, module: str) -> None:
        """Push what was repaired here, and tell those at home to take it up.

        Busy when the remote cannot be reached now: it is committed here, and pushed when
        the job comes again.
        """
        if self.remote is None:
            return
        if self.at_home:
            self.offer()
            return
        with until_committed(), self.session.building(wait=True):
            commit = self._pushed(self.remote)
        detail = {"module": "(pushed)", "repaired": module, "commit": commit}
        self.queue.give(self.queue.running_place, "pushed", detail, _now_ms())

    def _pushed(self, remote: Remote) -> str:
        try:
            return remote.push()
        except GitError as error:
            raise _not_pushed(error) from None

    def take_up(self, incidents: Incidents, job: Job) -> Incident | None:
        """Take up what was pushed; an incident when it is refused, None when it is in."""
        try:
            if self.remote is None:
                raise GitError(
                    "no remote is set here", hint="WICK_REMOTE=origin in .env"
                )
            Uptake(self.session, self.remote).take()
        except (NotAccepted, FileConflict, GitError) as error:
            return self._refused(incidents, job, error)
        return None

    def _refused(
        self, incidents: Incidents, job: Job, error: ArchitectError
    ) -> Incident:
        commit, name = str(job.detail["commit"]), str(job.detail["repaired"])
        incident = incidents.open(
            job.id, name, commit[:12], "pushed", f"a pushed repair is not taken up: {error}",
            None, job.time_ms,
        )  # fmt: skip
        incidents.step(incident, "refused", reason=str(error), hint=error.hint)
        return incidents.close_as(incident, "refused")


def _not_pushed(error: GitError) -> Busy:
    return Busy(f"a repair is not pushed: {error}", hint=error.hint)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
