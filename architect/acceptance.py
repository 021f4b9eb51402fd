"""From a passing verdict to a manifest entry and a change that the file creator writes."""

from __future__ import annotations

from dataclasses import dataclass

from architect.code_generator import Generated
from architect.file_creator import Step, create
from architect.journal import Change
from architect.messages import commit_message
from architect.replies import ReplyStore
from architect.repository import Repository
from architect.staleness import inputs
from core.manifest import Entry, Manifest, read_manifest, sha256
from core.project import Project
from core.spec import Spec
from core.spec_graph import SpecGraph


@dataclass(frozen=True, slots=True)
class Acceptance:
    """How accepted modules of one project are recorded.

    `begun` is the manifest that the work on them began with.
    """

    project: Project
    repository: Repository
    graph: SpecGraph
    begun: Manifest

    def accept(
        self, spec: Spec, made: Generated, by: str, note: str, replaces: str, step: Step
    ) -> str | None:
        """Write and commit an accepted module; return the commit's id, None if no change.

        ArchitectError when its spec or its accepted version is another one by now.
        """
        before = self.begun.modules.get(spec.name)
        entry = self._entry(spec, made, by, before)
        message = commit_message(spec, entry, made, before, note)
        also = tuple(self._also(spec))
        change = Change(spec.name, entry, made.module, message, also, replaces, before)
        return create(self.project, self.repository, change, step)

    def _also(self, spec: Spec) -> list[str]:
        """Return what belongs to the commit besides: spec, replies, regressions.

        All replies of the module, refused ones too: who builds it from a clone needs
        the answers to every question on the way.
        """
        replies = (self.project.replies / spec.name).glob("*.md")
        regressions = (self.project.regressions / spec.name).glob("*.json")
        paths = [self.project.spec(spec.name), *sorted(replies), *sorted(regressions)]
        return [path.relative_to(self.project.root).as_posix() for path in paths]

    def _entry(
        self, spec: Spec, made: Generated, by: str, before: Entry | None
    ) -> Entry:
        now = inputs(spec, self.graph, self.project.prompts)
        reply, reply_sha256 = self._reply(spec, made, by, before)
        return Entry(
            kind=spec.kind,
            uses=self.graph.uses[spec.name],
            spec=now.spec,
            prompt=now.prompt,
            inputs=now.whole,
            reply=reply,
            reply_sha256=reply_sha256,
            body=sha256(made.body),
            file=sha256(made.module),
            by=self._by(made, by, before),
            checks=made.verdict.checks,
            unjudged=self._unjudged(spec.name, made, before),
        )

    def _unjudged(
        self, name: str, made: Generated, before: Entry | None
    ) -> tuple[str, ...]:
        """Return `user@version` of all that use the module as accepted, and that nobody
        has judged with it.

        Those that the gate left out, and those whose specs do not use it any more: as
        long as these are not built anew, their accepted versions still call it.
        """
        accepted = read_manifest(self.project.manifest)
        found = []
        for user, entry in accepted.modules.items():
            if entry.kind == "record" or name not in accepted.needs(user):
                continue
            uses_still = name in self.graph.uses.get(user, ())
            if user in made.verdict.left_out or (name in entry.uses and not uses_still):
                found.append(f"{user}@{entry.version}")
        if before is not None and before.file == sha256(made.module):
            # The same file, judged again: what it ran with before, it was judged with.
            found = [one for one in found if one in before.unjudged]
        return tuple(sorted(found))

    def _by(self, made: Generated, by: str, before: Entry | None) -> str:
        """Return whose the body is: a kept one stays that of who made it."""
        kept = by == "model" and made.reply is None and before is not None
        return before.by if kept and before and before.body == sha256(made.body) else by

    def _reply(
        self, spec: Spec, made: Generated, by: str, before: Entry | None
    ) -> tuple[str, str]:
        if spec.kind == "record":
            return "", ""
        if made.reply is not None:
            return made.reply.path, made.reply.file_sha256
        if before is not None and before.body == sha256(made.body):
            return before.reply, before.reply_sha256
        recorded = ReplyStore(self.project.replies).record_body(
            spec.name, made.body, by
        )
        return recorded.path, recorded.file_sha256
