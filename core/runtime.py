"""The running system around the modules: registry, reflections, events, containment, reload.

It knows no trading. A process that runs modules opens one `Runtime`, calls modules by
name through `runtime.modules`, and closes it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from core.breaker import Breaker
from core.containment import Containment, Report
from core.deadline import Deadline
from core.events import Events
from core.hang import HangGuard, Hung, hung_note, read_hung
from core.health import Health
from core.health_store import ResetWatch
from core.holds import UNJUDGED, bar_unjudged
from core.hooks import hooks
from core.live_terms import read_terms
from core.manifest import read_manifest
from core.place import place_of
from core.project import Project
from core.reflections import ReflectionLog
from core.registry import Registry
from core.watcher import Watcher

KeyOf = Callable[[str, str, int], str]


class Runtime:
    """A context manager; inside it calls are contained, reflected and hot-swapped.

    `key_of(module, version, time_ms)` gives the key of a failure's job.
    """

    def __init__(
        self,
        project: Project,
        database_url: str,
        redis_url: str,
        spool: Path | None = None,
    ) -> None:
        self.project = project
        self.modules = Registry(project.generated, project.package)
        manifest = read_manifest(project.manifest)
        self.modules.load(manifest)
        bar_unjudged(self.modules, manifest)
        self.events = Events(redis_url)
        self.reflections = ReflectionLog(
            database_url, spool or project.data / "spool", on_trouble=self._trouble
        )
        self.terms = read_terms(project.specs, manifest)
        self.breaker = Breaker(self.modules, self.terms, self._keep, self._tripped)
        self.containment = Containment(self.modules, self._report, self.breaker)
        self._resets = ResetWatch(redis_url, self._reset, self._tell_again)
        self._hung_note = hung_note(project)
        self._watching = ExitStack()
        self.watcher = Watcher(
            self.modules,
            project.manifest,
            self._swapped,
            self._unaccepted,
            self._trouble,
            (project.journal, project.taking),
            self._removed,
            partial(self.terms.follow, project.specs),
            self.events.held,
        )
        self.swaps = 0
        self.key_of: KeyOf = _key
        self.place = place_of(project.root)

    def __enter__(self) -> Runtime:
        hooks.append = self.reflections.append
        hooks.contain = self.containment.handle
        self.events.here(self.place)
        self._remember()
        self._watching.enter_context(Deadline(self.terms.limits_ms).watching())
        self.events.ended()  # a process that was killed has left its own behind
        self._tell_running()
        for guard in (HangGuard(self._hung_note), self._resets, self.watcher):
            self._watching.callback(guard.stop)
            guard.start()
        return self

    def _tell_running(self) -> None:
        versions = {name: self.modules.versions(name) for name in self.modules.names}
        # One may be removed meanwhile.
        self.events.running({n: found[-1].id for n, found in versions.items() if found})

    def _tell_again(self) -> None:
        """Tell what Redis has lost: else no breaker could be reset, and a worker elsewhere
        would take its own checkout for the one that runs."""
        self.events.here(self.place)
        self._tell_running()
        self.breaker.keep_again()

    def _remember(self) -> None:
        """Keep from running what was kept so before, and what the last process hung in."""
        self.breaker.restore(self._resets.known)
        for module in self.modules.bars.names:
            if bar := self.modules.bars.of(module).get(UNJUDGED):
                self._trouble(f"{module} is kept from running: {bar.why}; {bar.hint}")
        hung = read_hung(self._hung_note)
        if hung is not None and hung.module in self.modules.names:
            self._came_back(hung)

    def _came_back(self, hung: Hung) -> None:
        why = f"line {hung.line} held the whole process, which was ended and started again"
        self.breaker.hung(hung.module, hung.version, why, for_good=True)
        version = self.modules.version(hung.module)
        if version.id == hung.version:
            error = f"DeadlineExceeded: {hung.module}: {why}"
            self._report(Report(hung.module, hung.version, version.entry.kind, "error",
                                error, "", None, "process started again"))  # fmt: skip

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._watching.close()
        hooks.reset()
        self.reflections.close()
        self.events.ended()
        self.events.close()

    def tell(self, kind: str, /, **detail: Any) -> None:
        """Publish an event with the number of the tick."""
        self.events.publish(kind, tick=hooks.tick, **detail)

    def _report(self, report: Report) -> None:
        if running := self.modules.versions(report.module):
            self.events.running({report.module: running[-1].id})
        key = self._key_of(report.module, report.version)
        self.events.job("failure", tick=hooks.tick, key=key, place=self.place,
                        **asdict(report))  # fmt: skip
        self.tell("contained", module=report.module, version=report.version,
                  error=report.error, contained=report.contained)  # fmt: skip

    def _key_of(self, module: str, version: str) -> str:
        """Return what makes the same failure one job, whoever is asked for it."""
        now_ms = time.time_ns() // 1_000_000
        try:
            return self.key_of(module, version, now_ms)
        except Exception:
            return _key(module, version, now_ms)

    def _keep(self, module: str, health: Health) -> None:
        self.events.keep(module, health.as_text())

    def _reset(self, module: str, health: Health) -> None:
        self.breaker.take_reset(module, health)
        self.watcher.wake()  # the accepted version may run again

    def _tripped(self, module: str, health: Health) -> None:
        self.tell("breaker tripped", module=module, why=health.story)

    def _swapped(self, name: str, version: str) -> None:
        self.swaps += 1
        self.breaker.accepted(name, self.modules.version(name).entry.by)
        self.events.running({name: version})
        self.tell("swapped", module=name, version=version)

    def _removed(self, name: str) -> None:
        self.swaps += 1
        self.breaker.removed(name)
        self.events.no_longer(name)
        self.tell("removed", module=name)

    def _unaccepted(self, name: str, digest: str) -> None:
        running = self.modules.versions(name)
        version = running[-1].id if running else ""
        self.events.job("save", module=name, sha256=digest, running=version,
                        place=self.place)  # fmt: skip
        self.tell("unaccepted save", module=name, version=digest[:12], running=version)

    def _trouble(self, message: str) -> None:
        self.tell("trouble", part="runtime", error=message)


def _key(module: str, version: str, time_ms: int) -> str:
    return f"failure:{module}:{version}:{time_ms // 3_600_000}"
