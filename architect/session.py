"""One run of the architect: settings, repository, gate and models, opened when needed.

Commands and Wick open a session, use what they need and close it; whatever was started
(the sandbox above all) ends with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType

from architect import config as configuration
from architect.code_generator import Judge
from architect.estimate import Estimate, Estimator, price_of
from architect.gate.contract.regressions import Regression
from architect.gate.gate import Gate, open_gate
from architect.gate.replay import Replay
from architect.gate.verdict import Verdict
from architect.gate_pool import GatePool, slots_for
from architect.gate_process import Order
from architect.judges import Judges, OneByOne
from architect.lock import build_lock
from architect.models.access import Models
from architect.models.chat import OnText
from architect.models.prompt import Prompt
from architect.models.reply import Reply
from architect.pipeline import Pipeline
from architect.rebuild import accepted_modules
from architect.regressions import load as load_regressions
from architect.replies import ReplyStore
from architect.repository import Repository
from architect.route import with_fallbacks
from architect.staleness import State
from architect.strength import stage
from architect.strength.beside import Beside
from architect.verdict_log import VerdictLog
from core.manifest import read_manifest
from core.spec import Spec
from core.spec_graph import SpecGraph, load_graph
from core.spec_text import spec_paths

Tell = Callable[[str], None]


class Session:
    """A context manager; `tell` gets what a person should know while it works."""

    def __init__(
        self,
        config: configuration.Config,
        relay: bool | None = None,
        tell: Tell = lambda _: None,
    ) -> None:
        self.config, self.project, self.tell = config, config.project, tell
        # Whether the strength of a spec is measured when its body is accepted.
        self.strength = False
        # Which route answers for the architect; None for its own.
        self.route: str | None = None
        self._relay = relay
        self._open = ExitStack()
        self._log = VerdictLog(config)
        self._beside: Beside | None = None
        self._graph: tuple[tuple[object, ...], SpecGraph] | None = None

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    @cached_property
    def repository(self) -> Repository:
        """The git repository of the project."""
        return Repository(self.project.root)

    @cached_property
    def gate(self) -> Gate:
        """The gate with its two sandboxes, started at first use."""
        return self._open.enter_context(open_gate(self.project.package))

    def graph(self) -> SpecGraph:
        """Return the specs as they are on disk: the same object while no file changed,
        since the gate keeps what it drew for one."""
        stamp = tuple(self._stamps())
        if self._graph is None or self._graph[0] != stamp:
            self._graph = stamp, load_graph(self.project.specs)
        return self._graph[1]

    def _stamps(self) -> Iterator[tuple[str, int, int]]:
        for path in spec_paths(self.project.specs):
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue  # it was there a moment ago
            except OSError:
                yield path.name, 0, 0  # who reads it says what is wrong with it
            else:
                yield path.name, stat.st_mtime_ns, stat.st_size

    @cached_property
    def models(self) -> Models:
        """Recorded replies, live routes and the relay, in this order."""
        models = Models.from_config(self.config, relay=self._relay, tell=self.tell)
        return self._open.enter_context(models)

    @cached_property
    def talk(self) -> Models:
        """The same ways to an answer for drafts and the chat. What is recorded of them
        stays beside the stores: it is no part of what is built."""
        return replace(self.models, store=ReplyStore(self.project.data / "replies"))

    def ask_architect(self, prompt: Prompt, on_text: OnText | None = None) -> Reply:
        """Ask about specs; what it will cost is told before, where it costs anything."""
        chosen = with_fallbacks(self.config.routes, self.route or prompt.job)
        if chosen and self.talk.store.recorded(prompt) is None:
            self.tell(price_of(chosen, prompt))
        return self.talk.ask(prompt, route=self.route, on_text=on_text)

    def new_run(self) -> None:
        """Begin a new run: what is asked from now on has a run's budget of its own."""
        self.__dict__.pop("talk", None)
        # Who works for weeks has many runs: none leaves its connections open.
        if (models := self.__dict__.pop("models", None)) is not None:
            models.close()

    def estimate(self, graph: SpecGraph, stale: Sequence[State]) -> Estimate:
        """Return what building some modules would cost."""
        estimator = Estimator(
            self.project,
            with_fallbacks(self.config.routes, "code"),
            read_manifest(self.project.manifest),
            relay=self.models.relay is not None,
        )
        return estimator.of(graph, stale)

    def judge(
        self, graph: SpecGraph, module: Callable[[str], str] | None = None
    ) -> Judge:
        """Return a judge that knows the accepted modules and their regressions."""
        read = module or self._module_text

        def judged(spec: Spec, text: str) -> Verdict:
            known = load_regressions(self.project, spec.name)
            modules = accepted_modules(self.project, graph, read)
            if self.strength and self._beside is not None:
                order = Order(spec.name, text, modules, known, graph, "measure")
                verdict = self._beside.judged(self.gate, order)
            else:
                judge = stage.judged if self.strength else Gate.judge
                verdict = judge(
                    self.gate, spec, graph, text, modules, regressions=known
                )
            self._log.note(spec, text, verdict)
            return verdict

        return judged

    def measure_beside(self) -> None:
        """From now on measure the strength of specs while their bodies are judged.

        It takes a second gate: for who waits for each single body.
        """
        if self._beside is None:
            self._beside = Beside(self.project.package)
            self._open.callback(self._beside.close)

    def judges(self, graph: SpecGraph, texts: int) -> Judges:
        """Return what judges a build of so many texts: side by side where that is worth it."""
        slots = slots_for(texts)
        if slots == 1:
            return OneByOne(self.judge(graph))

        def known(name: str) -> tuple[dict[str, str], list[Regression]]:
            modules = accepted_modules(self.project, graph, self._module_text)
            return modules, load_regressions(self.project, name)

        package, note = self.project.package, self._log.note
        return GatePool(slots, package, graph, known, note, self.strength)

    def replay(self, spec: Spec, graph: SpecGraph) -> Replay:
        """Return what runs bodies of a spec on inputs that are known."""
        modules = accepted_modules(self.project, graph, self._module_text)
        return Replay(self.gate, spec, graph, modules)

    def _module_text(self, name: str) -> str:
        return self.project.module(name).read_text(encoding="utf-8")

    @contextmanager
    def building(self, wait: bool = False) -> Iterator[Pipeline]:
        """Hold the build lock; what a killed run had begun is completed first."""
        with build_lock(self.project, wait):
            pipeline = Pipeline(
                self.project, self.repository, self.models.ask, self.judge
            )
            pipeline.judges = self.judges
            recovered = pipeline.recover()
            if recovered:
                self.tell(f"completed {recovered}, which a killed run had begun")
            yield pipeline

    def record_verdicts(self) -> None:
        """Keep what was judged since the last time in system_logs, where stores run."""
        self._log.flush()


def open_session(
    root: Path | None = None, *, relay: bool | None = None, tell: Tell = lambda _: None
) -> Session:
    """Return a session for the project at `root`, or the one we stand in."""
    return Session(configuration.load(root), relay, tell)
