"""The demo's course: stores, build, exchange, trade, break, repair, report."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from architect import config as configuration
from architect.advice import tell_problems
from architect.demo.breaking import Breaking
from architect.outcome import Outcome
from architect.session import Session
from architect.system.child import ChildFailed, Line
from architect.system.system import System
from architect.terminal import Progress
from architect.wick.incidents import Incident
from core.errors import ArchitectError, ConfigError
from core.plain_words import counted
from core.project import Project

Say = Callable[[str], None]
WAIT_S = 60.0
# Candles beyond those of the plan, should the failing module not be called at once.
SPARE = 3000
# Fewer would be over before Wick has dealt with the faults.
LEAST = 100
# Candles that are closed before trading starts: the loop's window is full from the first tick.
WARMUP = 600


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run: `ticks` candles, synthetic from `seed` or real ones from a folder."""

    ticks: int
    seed: int
    candles: Path | None


def check_candles(folder: Path) -> None:
    """ConfigError where a folder of candles cannot be played or is too short to trade."""
    from core.trading.candles import load_folder

    found = min(len(candles) for candles in load_folder(folder).values())
    if found < WARMUP + LEAST:
        raise ConfigError(
            f"{folder}: {found} candles, and the first {WARMUP} only fill the window",
            hint=f"give at least {WARMUP + LEAST} of each symbol",
        )


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
        session.strength = True
        with session.building() as pipeline, Progress("building", total) as progress:
            pipeline.progress = progress
            self.story.outcome = pipeline.generate()
        self.story.build_s = time.perf_counter() - started
        outcome = self.story.outcome
        if not outcome.ok:
            tell_problems(outcome)
            raise ArchitectError(
                not_standing(outcome), hint="mend them, then try again"
            )

    # --- trade ---------------------------------------------------------------------

    def trade(self, system: System) -> None:
        """Start everything, trade, and break two modules half-way.

        It goes on past the last tick of the plan until both faults were dealt with.
        """
        paper = system.start_paper(self._paper_arguments())
        system.start_gateway()
        system.claim_books("paper")
        system.start_wick()
        ticks = self._ticks_of(int(paper["candles_left"]))
        started = time.perf_counter()
        system.on_line = self._on_line
        system.start_trader()
        with Progress("trading", ticks, unit="candles") as progress:
            self._follow(system, ticks, progress)
        self.story.trade_s = time.perf_counter() - started

    def _paper_arguments(self) -> list[str]:
        words = ["--warmup", str(WARMUP), "--seed", str(self.plan.seed)]
        if self.plan.candles is not None:
            return [*words, "--candles", str(self.plan.candles.resolve())]
        return [*words, "--count", str(WARMUP + self.plan.ticks + SPARE)]

    def _ticks_of(self, left: int) -> int:
        if left < self.plan.ticks:
            self.say(f"note: the candles end after {left} ticks, not {self.plan.ticks}")
        return min(left, self.plan.ticks)

    def _on_line(self, name: str, line: Line) -> None:
        if name != "trader" or line.get("kind") not in ("tick", "done"):
            return
        with self._tick:
            self.story.summary = line
            self._ticks = int(line["ticks"])
            self._tick.notify_all()

    def _follow(self, system: System, ticks: int, progress: Progress) -> None:
        trader = system.children["trader"]

        def show() -> None:
            progress.at(min(self._ticks, ticks), self._headline())

        def until(wanted: int) -> None:
            while self._ticks < wanted and trader.running:
                with self._tick:
                    self._tick.wait(0.2)
                show()

        until(min(ticks // 2, max(0, ticks - LEAST)))
        Breaking(self.config, system, progress.say, show).run()
        until(ticks)
        trader.ask_to_stop()
        code = trader.wait(WAIT_S)
        if code or self.story.summary.get("kind") != "done":
            raise ChildFailed(f"the trading loop ended early: {trader.last_words()}",
                              hint=f"see {trader.log}")  # fmt: skip

    def _headline(self) -> str:
        s = self.story.summary
        if not s:
            return ""
        return f"{counted(s.get('closed', 0), 'trade')} closed, {s.get('open', 0)} open"


def not_standing(outcome: Outcome) -> str:
    """Name what keeps a demo from trading: it needs every module."""
    names = [*outcome.refused, *outcome.failed, *outcome.skipped]
    what = "a module is" if len(names) == 1 else f"{len(names)} modules are"
    return f"{what} not built: {', '.join(names)}"
