"""The demo's course: stores, build, exchange, trade, break, repair, report."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from architect import config as configuration
from architect.demo.faults import BROKEN_SAVE, LIVE_FAILURE, Fault
from architect.history import restore
from architect.outcome import Outcome
from architect.session import Session
from architect.system.child import ChildFailed, Line
from architect.system.system import System
from architect.terminal import Progress
from architect.wick.incidents import Incident, Incidents
from core.errors import ArchitectError
from core.project import Project

Say = Callable[[str], None]
WAIT_S = 60.0
# Candles that are closed before trading starts: the loop's window is full from the first tick.
WARMUP = 600


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run: `ticks` candles, synthetic from `seed` or real ones from a folder."""

    ticks: int
    seed: int
    candles: Path | None


@dataclass
class Story:
    """What happened, for the report."""

    outcome: Outcome = field(default_factory=Outcome)
    build_s: float = 0.0
    trade_s: float = 0.0
    summary: dict[str, Any] = field(default_factory=dict)
    truth: dict[str, Any] = field(default_factory=dict)
    incidents: list[Incident] = field(default_factory=list)


class Demo:
    """Runs one demo in a scratch project."""

    def __init__(self, project: Project, plan: Plan, say: Say) -> None:
        self.project, self.plan, self.say = project, plan, say
        self.config = configuration.read_config(project)
        self.story = Story()
        self._tick = threading.Condition()
        self._ticks = 0

    # --- build ---------------------------------------------------------------------

    def build(self, session: Session) -> None:
        """Build every module from its spec through the whole pipeline."""
        started = time.perf_counter()
        total = len(list(self.project.specs.glob("*.yaml")))
        with session.building() as pipeline, Progress("building", total) as progress:
            pipeline.progress = progress
            self.story.outcome = pipeline.generate()
        self.story.build_s = time.perf_counter() - started
        outcome = self.story.outcome
        if not outcome.ok:
            raise first_problem(outcome)

    # --- trade ---------------------------------------------------------------------

    def trade(self, system: System) -> None:
        """Start everything, trade, and break two modules half-way."""
        paper = system.start_paper(self._paper_arguments())
        system.start_gateway()
        system.start_wick()
        ticks = min(self.plan.ticks, int(paper["candles_left"]))
        started = time.perf_counter()
        system.on_line = self._on_line
        system.start_trader(ticks)
        with Progress("trading", ticks, unit="candles") as progress:
            self._follow(system, ticks, progress)
        self.story.trade_s = time.perf_counter() - started

    def _paper_arguments(self) -> list[str]:
        words = ["--warmup", str(WARMUP), "--seed", str(self.plan.seed)]
        if self.plan.candles is not None:
            return [*words, "--candles", str(self.plan.candles.resolve())]
        return [*words, "--count", str(WARMUP + self.plan.ticks + 1)]

    def _on_line(self, name: str, line: Line) -> None:
        if name != "trader" or line.get("kind") not in ("tick", "done"):
            return
        with self._tick:
            self.story.summary = line
            self._ticks = int(line["ticks"])
            self._tick.notify_all()

    def _follow(self, system: System, ticks: int, progress: Progress) -> None:
        trader = system.children["trader"]
        self._until(ticks // 2, lambda: not trader.running, progress)
        incidents = Incidents(system.stores.database_url)
        try:
            self._break(incidents)
            self._until(ticks, lambda: not trader.running, progress)
        finally:
            incidents.close()
        code = trader.wait(WAIT_S)
        if code or self.story.summary.get("kind") != "done":
            raise ChildFailed(f"the trading loop ended early: {trader.last_words()}")

    def _until(self, ticks: int, ended: Callable[[], bool], progress: Progress) -> None:
        while self._ticks < ticks and not ended():
            with self._tick:
                self._tick.wait(0.2)
            progress.at(self._ticks, self._headline())

    def _headline(self) -> str:
        s = self.story.summary
        return (
            f"{s.get('closed', 0)} trades closed, {s.get('open', 0)} open" if s else ""
        )

    # --- break ---------------------------------------------------------------------

    def _break(self, incidents: Incidents) -> None:
        self._save(BROKEN_SAVE)
        refused = self._await(incidents, BROKEN_SAVE.module, "save")
        self._tell(refused)
        with Session(self.config) as session:
            restore(self.project, session.repository, BROKEN_SAVE.module)
        self._save(LIVE_FAILURE)
        accepted = self._await(incidents, LIVE_FAILURE.module, "save")
        self._tell(accepted)
        if accepted.state == "accepted":
            self._tell(self._await(incidents, LIVE_FAILURE.module, "failure"))

    def _save(self, fault: Fault) -> None:
        self.say(f"saving {fault.module}: {fault.story}")
        fault.save(self.project)

    def _await(self, incidents: Incidents, module: str, kind: str) -> Incident:
        """Wait until the incident of a save or a failure is closed."""
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            for incident in incidents.all():
                mine = incident.module == module and incident.kind == kind
                if mine and incident.closed_ms is not None:
                    return incident
            time.sleep(0.05)
        raise ArchitectError(
            f"{module}: no closed incident of kind {kind} within {WAIT_S:.0f} s",
            hint=f"see {self.project.data / 'run' / 'wick1.log'}",
        )

    def _tell(self, incident: Incident) -> None:
        how = f" by {incident.fixed_by}" if incident.fixed_by else ""
        took = (incident.took_ms or 0) / 1000
        self.say(f"incident {incident.incident_id}: {incident.module} {incident.state}{how}, "
                 f"{took:.2f} s after it happened")  # fmt: skip


def first_problem(outcome: Outcome) -> ArchitectError:
    """Return the first thing that kept a build from standing."""
    for name, error in outcome.failed.items():
        return ArchitectError(f"{name}: {error}", hint=error.hint)
    for name, made in outcome.refused.items():
        return ArchitectError(f"{name}: {made.verdict.as_text()}")
    return ArchitectError(f"not built: {', '.join(outcome.skipped)}")
