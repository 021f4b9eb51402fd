"""Builds what is saved in specs/: says what is stale and what it costs, then builds it.

The same round for `architect watch` and for the watching child of `architect up`. A save
that does not hold together, or that the gate refuses, is told and leaves every module
as it was; what was refused, here or elsewhere, is not tried again before it changes.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from architect.advice import after_refusal
from architect.edits import findings
from architect.refusals import not_refused
from architect.running import held_back, wait_until_live
from core.errors import ArchitectError, GitError
from core.manifest import read_manifest, sha256
from core.plain_words import counted
from core.spec_text import spec_paths

if TYPE_CHECKING:
    from architect.outcome import Outcome
    from architect.session import Session

# Told of each step: a kind (stale, built, live, refused, failed, wrong) and its detail.
Tell = Callable[[str, dict[str, Any]], None]
# An editor writes, renames and touches: one save is several events, milliseconds apart,
# and over when none came for this long. Who saves without an end is not waited for.
SETTLE_S = 0.02
LONGEST_SETTLE_S = 1.0
# While git takes no commit at all (a merge), it is asked again after so long.
GIT_AGAIN_S = 5.0


@dataclass
class SpecWatch:
    """Watches the specs of a session's project; `tell` gets what a person should know."""

    session: Session
    tell: Tell
    _seen: str = ""
    # When git is asked again, while it takes no commit.
    _again: float = math.inf
    _wake: threading.Event = field(default_factory=threading.Event)
    _observer: BaseObserver = field(default_factory=Observer)

    def start(self) -> None:
        """Notice saves from now on; `run` builds what they mean."""
        folder = str(self.session.project.specs)
        self._observer.schedule(_Handler(self._wake.set), folder)
        self._seen = self._stamp()
        self._observer.start()

    def run(self, stop: threading.Event) -> None:
        """Build what is saved until `stop`; what was stale at the start is only told."""
        try:
            self.begin()
            while not stop.is_set():
                if self._wake.wait(0.2):
                    self._settle(stop)
                    self.look()
                elif time.monotonic() > self._again:
                    self.look_again()
        finally:
            self._observer.stop()
            self._observer.join(2)

    def _settle(self, stop: threading.Event) -> None:
        """Wait for the end of a save; one that comes during the look wakes again."""
        latest = time.monotonic() + LONGEST_SETTLE_S
        while self._wake.is_set() and time.monotonic() < latest:
            self._wake.clear()
            stop.wait(SETTLE_S)

    def begin(self) -> None:
        """Tell what is stale already, and get warm."""
        self.session.measure_beside()
        try:
            found = findings(self.session)
        except ArchitectError as error:
            self._wrong(error)
            return
        if found.estimate.rows:
            hint = "architect generate builds it"
            self.tell("stale", {"text": f"{found.estimate.as_text()}; {hint}"})

    def look_again(self) -> None:
        """Build what was saved while git took no commit, once it does; say nothing before."""
        self._again = time.monotonic() + GIT_AGAIN_S
        with suppress(GitError):
            self.session.repository.ready()
            self._seen = ""
            self.look()

    def look(self) -> None:
        """Build what was saved since the last look, if anything was."""
        stamp = self._stamp()
        if stamp == self._seen:
            return
        self._seen, self._again = stamp, math.inf
        try:
            self._build()
        except ArchitectError as error:
            self._wrong(error)
            self._wait_for_git(error)

    def _wait_for_git(self, *errors: ArchitectError) -> None:
        """Look again later where git takes no commit at all: a hook's no stays one."""
        if any(isinstance(error, GitError) for error in errors):
            try:
                self.session.repository.ready()
            except GitError:
                self._again = time.monotonic() + GIT_AGAIN_S

    def _build(self) -> None:
        session = self.session
        session.new_run()
        session.strength = True
        with session.building(wait=True) as pipeline:
            found = findings(session)
            if found.problems:
                self.tell("wrong", {"text": "\n".join(found.problems)})
                return
            names = [s.name for s in found.stale if s.state != "orphaned"]
            gone = [s.name for s in found.stale if s.state == "orphaned"]
            if gone:
                told = (
                    f"the spec of {', '.join(gone)} is gone; architect generate removes"
                )
                self.tell("stale", {"text": f"{told} what was built from it"})
            names, waiting = not_refused(session.project, session.graph(), names)
            if not names:
                return
            stale = [state for state in found.stale if state.name not in waiting]
            cost = session.estimate(session.graph(), stale)
            self.tell("stale", {"text": cost.as_text(), "names": names})
            session.models.post(pipeline.prompts(names))
            outcome = pipeline.generate(names)
        session.record_verdicts()
        self._told(outcome)

    def _told(self, outcome: Outcome) -> None:
        built = read_manifest(self.session.project.manifest).modules
        for name, made in outcome.built.items():
            version = sha256(made.module)[:12]
            checks = counted(made.verdict.checks, "check")
            text = f"{name}: accepted, {checks}, version {version}"
            self.tell("built", {"name": name, "text": text})
        for name, made in outcome.refused.items():
            text = f"{name}: {made.verdict.as_text()}\nhint: {after_refusal(made)}"
            self.tell("refused", {"name": name, "text": text})
        for name, error in outcome.failed.items():
            hint = f"\nhint: {error.hint}" if error.hint else ""
            self.tell("failed", {"name": name, "text": f"{name}: {error}{hint}"})
        self._wait_for_git(*outcome.failed.values())
        for name in outcome.skipped:
            self.tell("failed", {"name": name, "text": f"{name}: not tried"})
        versions = {
            name: built[name].version
            for name in outcome.built
            if name in built and built[name].kind != "record"
        }
        live = wait_until_live(self.session.config, versions) if versions else None
        for name, runs in (live or {}).items():
            text = f"{name}: live" if runs else f"{name}: built, but it did not go live"
            self.tell("live" if runs else "failed", {"name": name, "text": text})
        waiting = held_back(self.session.config, versions) if live is not None else {}
        for name, why in waiting.items():
            self.tell("held", {"name": name, "text": f"{name}: built, {why}"})

    def _wrong(self, error: ArchitectError) -> None:
        hint = f"\nhint: {error.hint}" if error.hint else ""
        self.tell("wrong", {"text": f"{error}{hint}"})

    def _stamp(self) -> str:
        """Return a digest of all spec files as they are on disk."""
        lines = []
        for path in spec_paths(self.session.project.specs):
            try:
                digest = sha256(path.read_bytes())
            except FileNotFoundError:
                continue  # it was there a moment ago
            except OSError as error:
                digest = str(error.errno)  # who reads it says what is wrong with it
            lines.append(f"{path.name} {digest}\n")
        return sha256("".join(lines))


class _Handler(FileSystemEventHandler):
    """Wakes the watch for writes of spec files alone: reading one must not wake it."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake

    def _changed(self, event: FileSystemEvent) -> None:
        names = (str(event.src_path), str(getattr(event, "dest_path", "")))
        if any(name.endswith(".yaml") for name in names):
            self._wake()

    on_closed = on_moved = on_created = on_deleted = _changed
