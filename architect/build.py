"""One run over what is stale: each module after what it uses, some side by side.

Asking, writing and committing are done here, one after the other; only judging is done
by others at the same time. It decides the order and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from architect.code_generator import Generated, Generating
from architect.judges import Answer, Judges
from architect.outcome import Outcome
from architect.staleness import State
from core.errors import ArchitectError, GitError, SandboxUnavailable, WriteFailed
from core.plain_words import counted
from core.spec_graph import SpecGraph

# Told of each module: name, what happens to it, and a detail.
Progress = Callable[[str, str, str], None]
# They will not go away with the next module: asking on would cost and keep nothing.
FATAL = (WriteFailed, GitError, SandboxUnavailable)


@dataclass
class Build:
    """Builds `waiting` in order. `begin(state)` starts one; `accept(made)` keeps it."""

    graph: SpecGraph
    waiting: list[State]
    judges: Judges
    begin: Callable[[State], Generating]
    accept: Callable[[Generated], str]
    progress: Progress
    outcome: Outcome
    _running: dict[str, Generating] = field(default_factory=dict)

    def run(self) -> None:
        """Build until nothing is left that can be built."""
        while self.waiting or self._running:
            self._start_what_can()
            if self._running:
                name, answer = self.judges.ready()
                self._advance(name, answer)

    def _start_what_can(self) -> None:
        for state in list(self.waiting):
            if len(self._running) >= self.judges.slots:
                return
            # A failure while starting may have emptied the list.
            if state in self.waiting and not self._must_wait(state):
                self.waiting.remove(state)
                self._start(state)

    def _must_wait(self, state: State) -> bool:
        open_names = {one.name for one in self.waiting} | self._running.keys()
        return not open_names.isdisjoint(self.graph.uses[state.name])

    def _start(self, state: State) -> None:
        name = state.name
        broken = [n for n in self.graph.uses[name] if not self.outcome.stands(n)]
        if broken:
            self.outcome.skipped.append(name)
            self.progress(name, "skipped", f"it uses {', '.join(broken)}")
            return
        self.progress(name, "building", state.why)
        try:
            self._running[name] = making = self.begin(state)
            self._judge(name, next(making))
        except StopIteration as done:
            self._ended(name, done.value)
        except ArchitectError as error:
            self._failed(name, error)

    def _advance(self, name: str, answer: Answer) -> None:
        making = self._running[name]
        try:
            if isinstance(answer, ArchitectError):
                raise answer
            self._judge(name, making.send(answer))
        except StopIteration as done:
            self._ended(name, done.value)
        except ArchitectError as error:
            self._failed(name, error)

    def _judge(self, name: str, text: str) -> None:
        self.judges.submit(self.graph.specs[name], text)

    def _ended(self, name: str, made: Generated) -> None:
        del self._running[name]
        if not made.accepted:
            self.outcome.refused[name] = made
            self.progress(name, "refused", made.verdict.as_text())
            return
        try:
            commit = self.accept(made)
        except ArchitectError as error:
            self._failed(name, error)
            return
        self.outcome.built[name] = made
        checks = counted(made.verdict.checks, "check")
        self.progress(name, "built", f"{checks}, commit {commit[:9]}")

    def _failed(self, name: str, error: ArchitectError) -> None:
        self._running.pop(name, None)
        self.outcome.failed[name] = error
        self.progress(name, "failed", str(error))
        if isinstance(error, FATAL):
            rest = [*self._running, *(state.name for state in self.waiting)]
            self.outcome.skipped += rest
            self._running.clear()
            self.waiting.clear()
