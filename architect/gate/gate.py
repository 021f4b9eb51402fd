"""The gate: one candidate in, one verdict out, cheapest checks first.

structure -> contract tests, coverage -> dependents' contract tests -> regressions, and
the first failure ends it. It needs no project on disk: specs, accepted modules and known
failures are handed in. A fault of the gate itself is a GateError, never a rejection.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from architect.gate.constants import claimed_constants, own_constants
from architect.gate.contract.failure import Failure
from architect.gate.contract.inputs import Each, Inputs, Pool, drawn_by
from architect.gate.contract.plan import DEPENDENT, FULL, prove, prove_regressions
from architect.gate.contract.regressions import Regression
from architect.gate.contract.session import Session
from architect.gate.contract.subject import LoadFailed, Sources, Subject
from architect.gate.contract.terms import Terms
from architect.gate.records import record_classes
from architect.gate.sandbox import Sandbox
from architect.gate.strategies import Draw
from architect.gate.structure import check_candidate
from architect.gate.verdict import Finding, Verdict
from architect.uninterrupted import uninterrupted
from core.errors import GateError
from core.spec import Spec
from core.spec_graph import SpecGraph
from core.template_footer import render_module, split_module
from core.template_header import render_header


@dataclass
class _Trial:
    """One candidate on its way through the stages."""

    spec: Spec
    graph: SpecGraph
    modules: dict[str, str]
    started: float = field(default_factory=time.perf_counter)
    stage: str = "structure"
    checks: int = 0
    left_out: list[str] = field(default_factory=list)

    def verdict(
        self, findings: Sequence[Finding] = (), failure: Failure | None = None
    ) -> Verdict:
        return Verdict(
            accepted=not findings,
            stage=findings[0].stage if findings else self.stage,
            findings=tuple(findings),
            counter_example=failure.counter_example if failure else None,
            checks=self.checks,
            duration_ms=(time.perf_counter() - self.started) * 1000,
            private=failure.private if failure else None,
            left_out=tuple(self.left_out),
        )


class Gate:
    """Judges candidates in the workers of one sandbox; keep one for a whole process.

    `elsewhere` is a second sandbox with other hashes: what depends on the order of a set
    shows there. Without one, what is repeated is repeated in the same sandbox.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        elsewhere: Sandbox | None = None,
        package: str = "trading",
    ) -> None:
        self.sandbox, self.package = sandbox, package
        self.elsewhere = elsewhere or sandbox
        self._classes: dict[str, type] = {}
        self._pools: dict[str, tuple[object, Pool]] = {}

    def judge(
        self,
        spec: Spec,
        graph: SpecGraph,
        text: str,
        modules: Mapping[str, str],
        *,
        regressions: Sequence[Regression] = (),
        dependents: bool = True,
    ) -> Verdict:
        """Judge a bare body or a whole module of `spec`.

        `modules` are the accepted module texts by name: what the spec uses must be
        among them, what uses the spec is tested if it is. GateError when the gate
        cannot give a verdict, SpecError when the spec leaves it nothing to test.
        """
        started = time.perf_counter()
        body, findings = self._structure(spec, graph, text)
        trial = self._trial(spec, graph, body, modules)
        trial.started, trial.checks = started, 1
        if findings:
            return trial.verdict(findings)
        failure = self._contract(trial, regressions)
        if failure is None and dependents:
            failure = self._dependents(trial)
        if failure is None and regressions:
            failure = self._regressions(trial, regressions)
        if failure is None:
            return trial.verdict()
        return trial.verdict([_finding(failure, trial.stage)], failure)

    def run(
        self,
        spec: Spec,
        graph: SpecGraph,
        body: str,
        modules: Mapping[str, str],
        checks: Callable[[Terms, Inputs], Session],
    ) -> Failure | None:
        """Run checks of one's own on a body in the sandbox; return the first failure."""
        return self._counted(self._trial(spec, graph, body, modules), spec, checks)

    def _trial(
        self, spec: Spec, graph: SpecGraph, body: str, modules: Mapping[str, str]
    ) -> _Trial:
        trial = _Trial(spec, graph, dict(modules))
        trial.modules[spec.name] = render_module(spec, body, self.package)
        return trial

    def warm(self) -> None:
        """Import what a judgement needs and start the sandbox, before the first one."""
        with uninterrupted():  # pandas swallows what Ctrl-C raises meanwhile
            import black
            import hypothesis.internal.conjecture.engine
            import libcst
            import pandas

        del black, hypothesis, libcst, pandas
        # What is loaded now stays: collections need not walk it again.
        gc.freeze()
        for sandbox in (self.sandbox, self.elsewhere):
            sandbox.worker().close()

    def _structure(
        self, spec: Spec, graph: SpecGraph, text: str
    ) -> tuple[str, list[Finding]]:
        if spec.kind != "record":
            return check_candidate(spec, graph, text, self.package)
        if text.strip() and text != render_module(spec, "", self.package):
            hint = f"a record is rendered from its spec alone: architect generate {spec.name}"
            return "", [Finding("structure", "not what the spec renders", hint=hint)]
        return "", []

    def _contract(self, trial: _Trial, known: Sequence[Regression]) -> Failure | None:
        trial.stage = "contract"
        if trial.spec.kind == "record":
            return None
        return self._counted(
            trial, trial.spec, lambda terms, inputs: prove(terms, inputs, FULL, known)
        )

    def _dependents(self, trial: _Trial) -> Failure | None:
        for name in trial.graph.dependents(trial.spec.name):
            dependent = trial.graph.get(name)
            needed = {*trial.graph.needs(name), name}
            if dependent.kind == "record":
                continue
            text = trial.modules.get(name)
            if text is None or split_module(dependent, text, self.package) is None:
                # Its own spec changed too: it is built next, and judged with this one.
                # Until then nobody has judged the two together, and the verdict says so.
                trial.left_out.append(name)
                continue
            if needed & {*trial.left_out} or not needed <= self._built(trial):
                # Nor can one be judged that runs on such a user, or on what is not built.
                trial.left_out.append(name)
                continue
            trial.stage = "dependents"
            if failure := self._counted(trial, dependent, _dependent):
                return failure
        return None

    def _built(self, trial: _Trial) -> set[str]:
        return {*trial.modules, *(s.name for s in trial.graph if s.kind == "record")}

    def _regressions(
        self, trial: _Trial, known: Sequence[Regression]
    ) -> Failure | None:
        trial.stage = "regressions"
        return self._counted(
            trial, trial.spec, lambda terms, inputs: prove_regressions(terms, known)
        )

    def _counted(
        self, trial: _Trial, spec: Spec, run: Callable[[Terms, Inputs], Session]
    ) -> Failure | None:
        records = self.records(trial.graph)
        sources = self._sources(trial, spec)
        subject = Subject(
            self.sandbox, self.elsewhere, spec, sources, records, self.package
        )
        inputs = self._inputs(trial, spec, records, subject.each)
        try:
            terms = Terms(spec, trial.graph, subject, records)
            session = run(terms, inputs)
        except LoadFailed as failed:
            return Failure(f"{spec.name} cannot be loaded: {failed}")
        finally:
            subject.close()
        trial.checks += session.held + (session.failure is not None)
        if session.failure is None:
            return None
        return self._placed(trial, spec, session.failure)

    def _inputs(
        self, trial: _Trial, spec: Spec, records: dict[str, type], each: Each
    ) -> Inputs:
        decides = drawn_by(spec)
        if spec.name not in self._pools or self._pools[spec.name][0] != decides:
            self._pools[spec.name] = decides, {}
        shapes = {s.class_name: s for s in trial.graph if s.kind == "record"}
        known = claimed_constants(spec)
        body = split_module(spec, trial.modules[spec.name], self.package) or ""
        own = own_constants(body, known)
        return Inputs(
            spec,
            Draw(records, shapes, known),
            Draw(records, shapes, own, only=True) if own else None,
            self._pools[spec.name][1],
            each,
        )

    def _placed(self, trial: _Trial, spec: Spec, failure: Failure) -> Failure:
        """Say where in the candidate's body, or in which dependent, it failed."""
        if spec is not trial.spec:
            why = f"{spec.name}, which uses {trial.spec.name}, fails: {failure.message}"
            return replace(failure, message=why, line=None)
        top = render_header(spec, self.package).count("\n")
        line = failure.line - top if failure.line is not None else None
        return replace(failure, line=line)

    def records(self, graph: SpecGraph) -> dict[str, type]:
        """Return the record classes of a graph by name, the same while no record changes."""
        classes = record_classes(graph, self.package)
        if classes is not self._classes:
            # Drawn inputs hold records of the classes before.
            self._pools.clear()
            self._classes = classes
        return classes

    def _sources(self, trial: _Trial, spec: Spec) -> Sources:
        """Return the texts to load, in build order; records are rendered if not given."""
        sources = []
        needed = set(trial.graph.needs(spec.name))
        if spec.ports:
            # What a port answers is a record that the spec itself need not name.
            needed |= {one.name for one in trial.graph if one.kind == "record"}
        ordered = [name for name in trial.graph.order if name in needed]
        for name in [*ordered, spec.name]:
            one = trial.graph.get(name)
            text = trial.modules.get(name)
            if text is None and one.kind == "record":
                text = render_module(one, "", self.package)
            if text is None:
                raise GateError(
                    f"{spec.name} needs {name}, which is not built",
                    hint=f"architect generate {name}",
                )
            sources.append((f"generated.{self.package}.{name}", text.encode()))
        return sources


@contextmanager
def open_gate(package: str = "trading") -> Iterator[Gate]:
    """Start both sandboxes and yield a warm gate on them; about a second."""
    with Sandbox() as sandbox, Sandbox(hash_seed=1) as elsewhere:
        gate = Gate(sandbox, elsewhere, package)
        gate.warm()
        yield gate


def _dependent(terms: Terms, inputs: Inputs) -> Session:
    return prove(terms, inputs, DEPENDENT)


def _finding(failure: Failure, stage: str) -> Finding:
    return Finding(failure.stage or stage, failure.message, failure.line, failure.hint)
