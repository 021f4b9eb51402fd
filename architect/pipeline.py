"""spec -> prompt -> reply -> body -> module -> gate -> file -> manifest -> commit.

Builds what is stale, in the order of use. Each accepted module is one commit; what the
gate refuses is reported and its dependents are left as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from architect.acceptance import Acceptance
from architect.ask_architect import Architect, Ask
from architect.build import FATAL, Build, Progress
from architect.code_generator import (
    Generated,
    Generating,
    Judge,
    from_body,
    generating,
    judging,
)
from architect.file_creator import Step, edited_by_hand, recover
from architect.gate.records import record_classes
from architect.gate.verdict import Finding, Verdict
from architect.history import Accepted, recorded_reply
from architect.judges import Judges, OneByOne
from architect.models.prompt import Prompt
from architect.outcome import Outcome
from architect.prompt import code_prompt
from architect.rebuild import recorded_body
from architect.refusals import note_refusals
from architect.removal import remove_orphans, remove_unbuilt
from architect.replies import ReplyStore
from architect.repository import Repository
from architect.spec_check import check_spec, errors
from architect.staleness import State, closure, inputs, states
from architect.strength.threshold import check_threshold
from core.errors import ArchitectError, ModelError, SpecError
from core.manifest import Manifest, read_manifest, sha256
from core.project import Project
from core.spec import Spec
from core.spec_graph import SpecGraph, load_graph
from core.template_footer import split_module

JudgeWith = Callable[[SpecGraph, Callable[[str], str]], Judge]


@dataclass
class Pipeline:
    """One project's pipeline. `judge_with(graph, read)` makes a judge of its modules.

    `note` goes into the commits: why this is built.

    `before` is called with what will be built, once its specs are found sound.

    `judges` may judge a build's texts side by side; without them one judge does. With
    `weak` a spec is built whose tests catch too few wrong programs.
    """

    project: Project
    repository: Repository
    ask: Ask
    judge_with: JudgeWith
    progress: Progress = lambda name, what, detail: None
    step: Step = lambda name: None
    before: Callable[[list[State]], None] = lambda todo: None
    judges: Callable[[SpecGraph, int], Judges] | None = None
    weak: bool = False
    note: str = ""

    def recover(self) -> str | None:
        """Complete what a killed run had begun."""
        return recover(self.project, self.repository)

    # --- build ---------------------------------------------------------------------

    def generate(self, names: Iterable[str] = (), force: bool = False) -> Outcome:
        """Build what is stale; with names, those and what they need.

        SpecError when the specs do not hold together, or one that is to be built
        contradicts itself: nothing is built then.
        """
        names, graph, outcome = list(names), load_graph(self.project.specs), Outcome()
        begun = read_manifest(self.project.manifest)
        found = self._found(graph, begun, names, force)
        outcome.fresh = [state.name for state in found if state.ok]
        gone = [state.name for state in found if state.state == "orphaned"]
        todo = [s for s in found if s.name not in (*outcome.fresh, *gone)]
        self._check_specs(graph, todo)
        self.before(todo)
        if todo:
            self._build(graph, begun, todo, outcome)
            self._judge_with_users(graph, names, outcome)
        if any(isinstance(error, FATAL) for error in outcome.failed.values()):
            outcome.skipped += gone
        else:
            outcome.removed = remove_orphans(
                self.project, self.repository, gone, self.progress, self.step, self.note
            )
        note_refusals(self.project, graph, outcome)
        return outcome

    def remove(self, names: Iterable[str]) -> list[str]:
        """Remove specs, and their modules unless something accepted uses one; return
        the names that are out."""
        names = list(names)
        for name in names:
            self.project.spec(name).unlink(missing_ok=True)
        unbuilt = remove_unbuilt(self.project, self.repository, names, self.note)
        built = [name for name in names if name not in unbuilt]
        return unbuilt + (self.generate(built).removed if built else [])

    def prompts(
        self, names: Iterable[str] = (), force: bool = False
    ) -> Iterator[Prompt]:
        """Yield the first prompts of what is stale: with many at hand, many can answer."""
        graph = load_graph(self.project.specs)
        begun = read_manifest(self.project.manifest)
        for state in self._found(graph, begun, list(names), force):
            if state.ok or state.state == "orphaned":
                continue
            spec = graph.specs[state.name]
            if spec.kind != "record":
                yield code_prompt(spec, graph, self.project.prompts)

    def _found(
        self, graph: SpecGraph, begun: Manifest, names: list[str], force: bool
    ) -> list[State]:
        """Return the states of what is asked for and what that needs, in build order.

        What is forced is not `ok`.
        """
        found = states(self.project, graph, begun)
        if force:
            found = [_forced(s) if s.name in names or not names else s for s in found]
        if not names:
            return found
        orphaned = {state.name for state in found if state.state == "orphaned"}
        specs = [graph.get(name).name for name in names if name not in orphaned]
        wanted = {*names, *(used for name in specs for used in graph.needs(name))}
        return [state for state in found if state.name in wanted]

    def _check_specs(self, graph: SpecGraph, todo: list[State]) -> None:
        """SpecError for specs that contradict themselves: nobody is asked for anything.

        ConfigError for a template that cannot be filled.
        """
        records = record_classes(graph, self.project.package)
        lines = []
        for state in todo:
            spec = graph.specs[state.name]
            if spec.kind != "record":
                code_prompt(spec, graph, self.project.prompts)
            for finding in errors(
                check_spec(spec, graph, records, self.project.package)
            ):
                place = self.project.spec(spec.name).relative_to(self.project.root)
                lines.append(f"{place}: {finding.as_text()}")
        if lines:
            raise SpecError("\n".join(lines), hint="mend the spec; nothing was built")

    def _build(
        self, graph: SpecGraph, begun: Manifest, todo: list[State], outcome: Outcome
    ) -> None:
        if self.judges is not None:
            judges = self.judges(graph, len(todo))
        else:
            judges = OneByOne(self.judge_with(graph, self.module_text))

        def begin(state: State) -> Generating:
            return self._making(state, graph)

        def accept(made: Generated) -> str:
            spec = graph.specs[made.name]
            if not self.weak:
                check_threshold(made.name, made.verdict)
            commit = self.accept(
                spec, graph, made, _maker(spec), self.note, begun=begun
            )
            return commit or self.repository.head()

        with closing(judges):
            Build(graph, todo, judges, begin, accept, self.progress, outcome).run()

    def _judge_with_users(
        self, graph: SpecGraph, names: list[str], outcome: Outcome
    ) -> None:
        """Judge again what was built without a user that came out as it was."""
        begun = read_manifest(self.project.manifest)
        if not outcome.ok or not any(map(begun.unjudged, begun.modules)):
            return
        asked = {s.name for s in self._found(graph, begun, names, force=False)}

        def is_due(state: State) -> bool:
            # Also where what its user waited for has just been built.
            needs = (need for user in state.unjudged for need in closure(user, graph))
            return state.name in asked or any(n in outcome.built for n in needs)

        stale = [s for s in states(self.project, graph, begun) if s.state == "stale"]
        again = [s for s in stale if begun.unjudged(s.name) and is_due(s)]
        outcome.fresh = [n for n in outcome.fresh if n not in {s.name for s in again}]
        if again:
            self._build(graph, begun, again, outcome)

    def _making(self, state: State, graph: SpecGraph) -> Generating:
        if state.state == "edited":
            raise edited_by_hand(self.project, state.name)
        self.step("ask")
        spec = graph.specs[state.name]
        kept = self._kept_body(spec, graph, state)
        if kept is not None:
            made = yield from judging(spec, kept)
            if made.accepted:
                return made
        asked = Architect(graph, self.project.prompts, self.ask)
        tell = partial(self.progress, state.name, "asking")
        return (yield from generating(spec, asked, tell))

    def _kept_body(self, spec: Spec, graph: SpecGraph, state: State) -> str | None:
        """Return the accepted body if the question for it is still the same.

        Then only what the model never saw has changed (held-back examples, limits, a
        used contract), so the body is judged anew before anybody is asked.
        """
        entry = read_manifest(self.project.manifest).modules.get(spec.name)
        if entry is None or spec.kind == "record":
            return None
        if entry.prompt != inputs(spec, graph, self.project.prompts).prompt:
            return None
        if state.state != "missing":
            return split_module(spec, self.module_text(spec.name), self.project.package)
        try:
            return recorded_body(spec, entry, ReplyStore(self.project.replies))
        except ModelError:
            return None

    # --- bodies that are at hand ---------------------------------------------------

    def adopt(self, spec: Spec, graph: SpecGraph) -> Verdict:
        """Judge the module file as it is on disk; accept it as written by hand."""
        if not self.project.module(spec.name).exists():
            raise ArchitectError(
                f"{spec.name} has no file to judge",
                hint=f"architect generate {spec.name}",
            )
        text = self.module_text(spec.name)
        begun = read_manifest(self.project.manifest)
        made = from_body(spec, text, self.judge_with(graph, self.module_text))
        entry = begun.modules.get(spec.name)
        edited = entry is None or entry.file != sha256(text)
        if made.accepted and edited:
            by = "spec" if spec.kind == "record" else "hand"
            self.accept(spec, graph, made, by, replaces=sha256(text), begun=begun)
        return made.verdict

    def bring_back(self, spec: Spec, graph: SpecGraph, target: Accepted) -> Verdict:
        """Judge an earlier version by today's gate; accept it as a roll-back."""
        body = split_module(spec, target.module, self.project.package)
        if body is None:
            place = self.project.spec(spec.name).relative_to(self.project.root)
            finding = Finding(
                "header",
                "it was made for another spec than today's",
                hint=f"git checkout {target.commit.id[:12]} -- {place} brings that back, "
                f"then architect generate {spec.name}",
            )
            return Verdict(accepted=False, stage="header", findings=(finding,))
        reply = recorded_reply(self.project, target)
        begun = read_manifest(self.project.manifest)
        made = from_body(spec, body, self.judge_with(graph, self.module_text), reply)
        if made.accepted:
            self.accept(spec, graph, made, "rollback", begun=begun)
        return made.verdict

    def module_text(self, name: str) -> str:
        """Return the text of an accepted module."""
        return self.project.module(name).read_text(encoding="utf-8")

    def accept(
        self,
        spec: Spec,
        graph: SpecGraph,
        made: Generated,
        by: str,
        note: str = "",
        replaces: str = "",
        begun: Manifest | None = None,
    ) -> str | None:
        """Write and commit an accepted module; return the commit's id.

        ArchitectError when its spec is another one by now, or its accepted version is
        not the one of `begun`: the manifest as it was before anybody judged.
        """
        begun = begun or read_manifest(self.project.manifest)
        acceptance = Acceptance(self.project, self.repository, graph, begun)
        return acceptance.accept(spec, made, by, note, replaces, self.step)


def _forced(state: State) -> State:
    return State(state.name, "stale", "it is forced") if state.ok else state


def _maker(spec: Spec) -> str:
    return "spec" if spec.kind == "record" else "model"
