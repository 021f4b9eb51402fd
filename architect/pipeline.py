"""spec -> prompt -> reply -> body -> module -> gate -> file -> manifest -> commit.

Builds what is stale, in the order of use. Each accepted module is one commit; what the
gate refuses is reported and its dependents are left as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from architect.ask_architect import Architect, Ask
from architect.code_generator import Generated, Judge, from_body, generate
from architect.file_creator import Creation, Step, create, recover, remove
from architect.gate.records import record_classes
from architect.gate.verdict import Finding, Verdict
from architect.history import Accepted, recorded_reply
from architect.messages import commit_message
from architect.models.prompt import Prompt
from architect.prompt import code_prompt
from architect.replies import ReplyStore
from architect.repository import Repository
from architect.spec_check import check_spec, errors
from architect.staleness import Inputs, State, inputs, states
from core.errors import ArchitectError, FileConflict, SpecError
from core.manifest import Entry, Manifest, read_manifest, sha256
from core.project import Project
from core.spec import Spec
from core.spec_graph import SpecGraph, load_graph
from core.template_footer import split_module

# Told of each module: name, what happens to it, and a detail.
Progress = Callable[[str, str, str], None]


@dataclass
class Outcome:
    """What a run did, by module name."""

    built: dict[str, Generated] = field(default_factory=dict)
    refused: dict[str, Generated] = field(default_factory=dict)
    failed: dict[str, ArchitectError] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    fresh: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Tell whether everything that was asked for stands."""
        return not (self.refused or self.failed or self.skipped)


@dataclass
class Pipeline:
    """One project's pipeline. `judge_with(modules)` makes a judge that knows them."""

    project: Project
    repository: Repository
    ask: Ask
    judge_with: Callable[[SpecGraph, Callable[[str], str]], Judge]
    progress: Progress = lambda name, what, detail: None
    step: Step = lambda name: None

    def recover(self) -> str | None:
        """Complete what a killed run had begun."""
        return recover(self.project, self.repository)

    def generate(self, names: Iterable[str] = (), force: bool = False) -> Outcome:
        """Build what is stale; with names, those and what they need.

        SpecError when the specs do not hold together: nothing is built then.
        """
        graph = load_graph(self.project.specs)
        manifest = read_manifest(self.project.manifest)
        wanted = self._wanted(graph, list(names))
        outcome = Outcome()
        for state in states(self.project, graph, manifest):
            if state.state == "orphaned":
                if not names:
                    self._remove(state.name)
            elif state.name in wanted:
                self._one(state, graph, outcome, force and state.name in (list(names) or wanted))
        return outcome

    def prompts(self, names: Iterable[str] = ()) -> list[Prompt]:
        """Return the first prompts of what is stale: with many at hand, many can answer."""
        graph = load_graph(self.project.specs)
        wanted = self._wanted(graph, list(names))
        found = states(self.project, graph, read_manifest(self.project.manifest))
        return [
            code_prompt(graph.specs[s.name], graph, self.project.prompts)
            for s in found
            if s.name in wanted and not s.ok and s.state != "orphaned"
            if graph.specs[s.name].kind != "record"
        ]

    def _wanted(self, graph: SpecGraph, names: list[str]) -> set[str]:
        if not names:
            return set(graph.order)
        needed = {used for name in names for used in graph.needs(graph.get(name).name)}
        return needed | set(names)

    def _remove(self, name: str) -> None:
        remove(self.project, self.repository, {name}, f"Remove {name}: its spec is gone")
        self.progress(name, "removed", "its spec is gone")

    def _one(self, state: State, graph: SpecGraph, outcome: Outcome, force: bool) -> None:
        name = state.name
        if state.ok and not force:
            outcome.fresh.append(name)
            return
        broken = [n for n in graph.uses[name] if n in {*outcome.refused, *outcome.failed}]
        if broken or any(n in outcome.skipped for n in graph.uses[name]):
            outcome.skipped.append(name)
            self.progress(name, "skipped", f"it uses {', '.join(broken) or 'a skipped one'}")
            return
        self.progress(name, "building", state.why)
        try:
            self._build(state, graph, outcome)
        except ArchitectError as error:
            outcome.failed[name] = error
            self.progress(name, "failed", str(error))

    def _build(self, state: State, graph: SpecGraph, outcome: Outcome) -> None:
        name, spec = state.name, graph.specs[state.name]
        if state.state == "edited":
            raise FileConflict(
                f"generated/{self.project.package}/{name}.py was edited by hand",
                hint=f"architect adopt {name} judges and records the edit; "
                f"architect rollback {name} keeps a copy and restores the accepted one",
            )
        made = self._made(spec, graph, state)
        if not made.accepted:
            outcome.refused[name] = made
            self.progress(name, "refused", made.verdict.as_text())
            return
        commit = self.accept(spec, graph, made, "spec" if spec.kind == "record" else "model")
        outcome.built[name] = made
        self.progress(name, "built", f"{made.verdict.checks} checks, commit {(commit or '')[:9]}")

    def _made(self, spec: Spec, graph: SpecGraph, state: State) -> Generated:
        self.step("ask")
        self._check_spec(spec, graph)
        judge = self.judge_with(graph, self.module_text)
        kept = self._kept_body(spec, graph, state)
        if kept is not None:
            made = from_body(spec, kept, judge)
            if made.accepted:
                return made
        return generate(spec, Architect(graph, self.project.prompts, self.ask), judge)

    def _check_spec(self, spec: Spec, graph: SpecGraph) -> None:
        """SpecError for a spec that contradicts itself: nobody is asked for its body."""
        found = errors(check_spec(spec, graph, record_classes(graph, self.project.package)))
        if found:
            lines = "; ".join(finding.as_text() for finding in found)
            raise SpecError(f"specs/{self.project.package}/{spec.name}.yaml: {lines}")

    def _kept_body(self, spec: Spec, graph: SpecGraph, state: State) -> str | None:
        """Return the accepted body if the question for it is still the same.

        Then only what the model never saw has changed (held-back examples, limits, a
        used contract), so the body is judged anew before anybody is asked.
        """
        entry = read_manifest(self.project.manifest).modules.get(spec.name)
        if entry is None or state.state == "missing" or spec.kind == "record":
            return None
        if entry.prompt != inputs(spec, graph, self.project.prompts).prompt:
            return None
        return split_module(spec, self.module_text(spec.name), self.project.package)

    def adopt(self, spec: Spec, graph: SpecGraph) -> Verdict:
        """Judge the module file as it is on disk; accept it as written by hand."""
        text = self.module_text(spec.name)
        made = from_body(spec, text, self.judge_with(graph, self.module_text))
        if made.accepted:
            self.accept(spec, graph, made, "hand", replaces=sha256(text))
        return made.verdict

    def bring_back(self, spec: Spec, graph: SpecGraph, target: Accepted) -> Verdict:
        """Judge an earlier version by today's gate; accept it as a roll-back."""
        body = split_module(spec, target.module, self.project.package)
        if body is None:
            finding = Finding("header", "its header is not that of today's spec")
            return Verdict(accepted=False, stage="header", findings=(finding,))
        reply = recorded_reply(self.project, target)
        made = from_body(spec, body, self.judge_with(graph, self.module_text), reply)
        if made.accepted:
            self.accept(spec, graph, made, "rollback")
        return made.verdict

    def module_text(self, name: str) -> str:
        """Return the text of an accepted module."""
        return self.project.module(name).read_text(encoding="utf-8")

    def accept(
        self, spec: Spec, graph: SpecGraph, made: Generated, by: str, note: str = "",
        replaces: str = "",
    ) -> str | None:  # fmt: skip
        """Write and commit an accepted module; return the commit's id."""
        manifest = read_manifest(self.project.manifest)
        entry = self._entry(spec, graph, made, by, manifest)
        also = [f"specs/{self.project.package}/{spec.name}.yaml"]
        if entry.reply:
            also.append(f"generated/replies/{entry.reply}")
        also += self._regressions(spec.name)
        message = commit_message(spec, entry, made, manifest.modules.get(spec.name), note)
        creation = Creation(spec.name, entry, made.module, message, tuple(also), replaces)
        return create(self.project, self.repository, creation, self.step)

    def _regressions(self, name: str) -> list[str]:
        folder = self.project.regressions / name
        return [str(p.relative_to(self.project.root)) for p in sorted(folder.glob("*.json"))]

    def _entry(
        self, spec: Spec, graph: SpecGraph, made: Generated, by: str, manifest: Manifest
    ) -> Entry:
        now: Inputs = inputs(spec, graph, self.project.prompts)
        before = manifest.modules.get(spec.name)
        reply, reply_sha256 = self._reply(spec, made, by, before)
        kept = made.reply is None and before is not None and before.body == sha256(made.body)
        return Entry(
            kind=spec.kind,
            uses=graph.uses[spec.name],
            spec=now.spec,
            prompt=now.prompt,
            inputs=now.whole,
            reply=reply,
            reply_sha256=reply_sha256,
            body=sha256(made.body),
            file=sha256(made.module),
            by=before.by if kept and before and by == "model" else by,
            checks=made.verdict.checks,
        )

    def _reply(
        self, spec: Spec, made: Generated, by: str, before: Entry | None
    ) -> tuple[str, str]:
        if spec.kind == "record":
            return "", ""
        if made.reply is not None:
            return made.reply.path, made.reply.file_sha256
        if before is not None and before.body == sha256(made.body):
            return before.reply, before.reply_sha256
        recorded = ReplyStore(self.project.replies).record_body(spec.name, made.body, by)
        return recorded.path, recorded.file_sha256
