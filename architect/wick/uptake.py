"""Repairs that another machine pushed: taken up where the system runs, or refused.

Only commits that change accepted modules and nothing else come in, only as a
fast-forward, and only after the gate here has judged each module by the specs here. The
files are written as ours are: each at once, the manifest last.
"""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain

from architect import taking
from architect.atomic import write
from architect.remote import Remote
from architect.session import Session
from architect.wick.waiting import until_committed, wait_for_git
from core.errors import FileConflict, NotAccepted
from core.manifest import Manifest, parse_manifest, read_manifest, sha256

ALLOWED = (
    r"manifest\.yaml|generated/{package}/\w+\.py|generated/replies/\w+/[\w.-]+\.md"
    r"|generated/regressions/\w+/[\w.-]+\.json"
)


@dataclass(frozen=True)
class Uptake:
    """Takes up what `remote` has for the project of a session."""

    session: Session
    remote: Remote

    def take(self) -> list[str]:
        """Return the modules of which a new version came in, in the order of their names.

        NotAccepted for what is no repair, or what the gate here refuses; FileConflict
        where a module was edited by hand here; GitError where both sides went on. Nothing
        is changed then. Busy while the remote cannot be fetched, or git takes nothing in;
        what is written already is finished by whoever builds next.
        """
        with ExitStack() as held:
            with until_committed():
                held.enter_context(self.session.building(wait=True))
                tip = self.remote.fetch()
            commits = self.remote.incoming()
            if not commits:
                return []
            # Each commit, and all in all: what a merge changes itself is in no other.
            parts = [self._checked(commit) for commit in commits]
            paths = sorted({*self._checked("HEAD", tip), *chain(*parts)})
            modules = self._judged(paths, tip)
            self._write(paths, modules, tip)
        self.session.record_verdicts()
        return sorted(modules)

    def _checked(self, *trees: str) -> list[str]:
        """Return the paths of a commit, or between two; NotAccepted unless all are of
        accepted modules."""
        paths = self.remote.paths(*trees)
        allowed = ALLOWED.format(package=self.session.project.package)
        for path in paths:
            if not re.fullmatch(allowed, path):
                raise NotAccepted(
                    f"commit {trees[-1][:12]} of {self.remote.name} changes {path}: only repairs "
                    "of modules are taken up by themselves",
                    hint=f"git pull {self.remote.name}, then architect up again",
                )
        return paths

    def _judged(self, paths: list[str], tip: str) -> dict[str, bytes]:
        """Return the modules that change, each proved here."""
        project = self.session.project
        theirs = self._manifest(tip)
        ours = read_manifest(project.manifest)
        changed = {
            name for name in {*theirs.modules, *ours.modules}
            if theirs.modules.get(name) != ours.modules.get(name)
        }  # fmt: skip
        found = {name: self._proved(name, theirs, ours, tip) for name in changed}
        folder = project.generated.relative_to(project.root).as_posix()
        stray = [p for p in paths if p.startswith(f"{folder}/") and p.endswith(".py")]
        odd = {p.rpartition("/")[2].removesuffix(".py") for p in stray} - changed
        for name in odd:
            known = ours.modules.get(name)
            text = self._at(tip, f"{folder}/{name}.py")
            if known is None or sha256(text) != known.file:
                raise NotAccepted(f"{name} changes and its manifest entry does not")
        return found

    def _proved(self, name: str, theirs: Manifest, ours: Manifest, tip: str) -> bytes:
        entry, before = theirs.modules.get(name), ours.modules.get(name)
        if entry is None or before is None or entry.kind == "record":
            raise NotAccepted(f"{name} would be new, gone or another record: no repair")
        project = self.session.project
        path = project.module(name)
        if entry.reply:
            reply = project.replies.relative_to(project.root) / entry.reply
            if sha256(self._at(tip, reply.as_posix())) != entry.reply_sha256:
                raise NotAccepted(
                    f"{name}: its reply is not what its manifest entry says"
                )
        text = self._at(tip, path.relative_to(project.root).as_posix())
        if sha256(text) != entry.file:
            raise NotAccepted(f"{name}: its file is not what its manifest entry says")
        if sha256(path.read_bytes()) not in (before.file, entry.file):
            raise FileConflict(
                f"{name} was edited by hand here", hint=f"architect adopt {name}"
            )
        graph = self.session.graph()
        verdict = self.session.judge(graph)(graph.get(name), text.decode())
        if not verdict.accepted:
            raise NotAccepted(f"{name}: the gate here refuses it: {verdict.as_text()}")
        return text

    def _manifest(self, tip: str) -> Manifest:
        return parse_manifest(self._at(tip, "manifest.yaml").decode())

    def _at(self, tip: str, path: str) -> bytes:
        root = self.session.project.root
        found = self.remote.repository.show(tip, root / path)
        if found is None:
            raise NotAccepted(f"{path} would be taken away: no repair")
        return found

    def _write(self, paths: list[str], modules: dict[str, bytes], tip: str) -> None:
        """Write the files and move the branch; a killed run is done again from the start,
        or finished where all its files are there."""
        project, repository = self.session.project, self.remote.repository
        wait_for_git(repository)
        taking.begin(project, tip, paths, [sha256(text) for text in modules.values()])
        last = [path for path in paths if path == "manifest.yaml"]
        for path in [*(p for p in paths if p not in last), *last]:
            write(project.root / path, self._at(tip, path))
        taking.finish(project, repository)
