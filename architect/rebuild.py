"""generated/ from specs and replies alone, byte for byte, with no model and no network.

`rebuild` makes the text of each module anew; `verify` compares what it makes with what
stands on disk and in the manifest, and writes nothing.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from architect.atomic import write
from architect.body import extract_body
from architect.gate.format import format_body
from architect.lock import build_lock
from architect.replies import ReplyStore
from architect.staleness import states
from core.errors import ArchitectError, FileConflict, ManifestError
from core.manifest import Entry, Manifest, read_manifest, render_manifest, sha256
from core.project import Project
from core.spec import Spec
from core.spec_graph import SpecGraph, load_graph
from core.template_footer import render_module


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that verify found: which module, what is wrong, what mends it."""

    name: str
    message: str
    hint: str = ""


def module_text(spec: Spec, entry: Entry, replies: ReplyStore, package: str) -> str:
    """Return header + recorded body + footer; ReplyChanged or ManifestError if they differ."""
    body = "" if spec.kind == "record" else recorded_body(spec, entry, replies)
    if sha256(body) != entry.body:
        raise ManifestError(
            f"{spec.name}: the recorded reply does not give the accepted body",
            hint=f"architect generate {spec.name}",
        )
    return render_module(spec, body, package)


def recorded_body(spec: Spec, entry: Entry, replies: ReplyStore) -> str:
    """Return the accepted body as its reply gives it; ReplyChanged or ReplyMissing."""
    reply = replies.read(entry.reply, entry.reply_sha256)
    body = extract_body(reply.text, spec.name)
    if sha256(body) == entry.body:
        return body  # laid out already: black need not be loaded to say so
    return format_body(spec, body)


def accepted_modules(
    project: Project, graph: SpecGraph, read: Callable[[str], str]
) -> dict[str, str]:
    """Return the texts of all accepted modules, also of those edited by hand since.

    `read` returns a module's text on disk. What neither the file nor the reply gives is
    left out.
    """
    found: dict[str, str] = {}
    replies = ReplyStore(project.replies)
    for name, entry in read_manifest(project.manifest).modules.items():
        with contextlib.suppress(OSError, UnicodeDecodeError):
            if sha256(text := read(name)) == entry.file:
                found[name] = text
                continue
        with contextlib.suppress(ArchitectError):
            text = module_text(graph.get(name), entry, replies, project.package)
            if sha256(text) == entry.file:
                found[name] = text
    return found


# --- verify ------------------------------------------------------------------------


def verify(project: Project) -> list[Problem]:
    """Return every problem, an empty list when all holds."""
    try:
        graph = load_graph(project.specs)
        manifest = read_manifest(project.manifest)
    except ArchitectError as error:
        return [Problem("project", str(error), error.hint or "")]
    return [*_journal(project), *_states(project, graph, manifest),
            *_files(project, graph, manifest), *_strangers(project, manifest)]  # fmt: skip


def _journal(project: Project) -> Iterator[Problem]:
    if project.journal.exists():
        yield Problem(
            "project", "a run was killed half-way", "architect generate completes it"
        )


def _states(
    project: Project, graph: SpecGraph, manifest: Manifest
) -> Iterator[Problem]:
    for state in states(project, graph, manifest):
        if not state.ok:
            hint = (
                "generate"
                if state.state in ("new", "stale", "orphaned")
                else "rollback"
            )
            yield Problem(state.name, state.why, f"architect {hint} {state.name}")


def _files(project: Project, graph: SpecGraph, manifest: Manifest) -> Iterator[Problem]:
    replies = ReplyStore(project.replies)
    for name, entry in manifest.modules.items():
        if name not in graph.specs:
            continue
        try:
            text = module_text(graph.specs[name], entry, replies, project.package)
        except ArchitectError as error:
            yield Problem(name, str(error), error.hint or f"architect generate {name}")
            continue
        if sha256(text) != entry.file:
            yield Problem(
                name, "header, body and footer do not give the accepted file",
                f"architect generate {name}",
            )  # fmt: skip


def _strangers(project: Project, manifest: Manifest) -> Iterator[Problem]:
    for path in sorted(project.generated.glob("*.py")):
        if path.stem not in manifest.modules and path.name != "__init__.py":
            place = path.relative_to(project.root)
            yield Problem(path.stem, f"{place} is not in the manifest", f"rm {place}")


# --- rebuild -----------------------------------------------------------------------


def rebuild(project: Project, names: list[str], into: Path | None) -> list[str]:
    """Write the modules anew, in place or into another folder; return what was written.

    In place, a file that somebody edited is a FileConflict, never overwritten.
    """
    graph, manifest = load_graph(project.specs), read_manifest(project.manifest)
    for name in names:
        if name not in manifest.modules:
            graph.get(name)
            raise ManifestError(
                f"{name} was never built", hint=f"architect generate {name}"
            )
    target = Project(into.resolve(), project.package) if into else project
    wanted = names or [name for name in graph.order if name in manifest.modules]
    texts = {name: _text(project, graph, manifest, name) for name in wanted}
    # In place nobody else may write; elsewhere nobody else does.
    with nullcontext() if into else build_lock(project):
        written = [
            name
            for name, text in texts.items()
            if _put(target, name, text, into is None)
        ]
    if into:
        _copy_inputs(project, target, manifest)
    return written


def _text(project: Project, graph: SpecGraph, manifest: Manifest, name: str) -> str:
    entry = manifest.modules[name]
    text = module_text(
        graph.get(name), entry, ReplyStore(project.replies), project.package
    )
    if sha256(text) != entry.file:
        raise ManifestError(
            f"{name}: its spec changed since it was accepted",
            hint=f"architect generate {name}",
        )
    return text


def _put(target: Project, name: str, text: str, in_place: bool) -> bool:
    path = target.module(name)
    if path.exists() and path.read_bytes() == text.encode():
        return False
    if path.exists() and in_place:
        raise FileConflict(
            f"{path.name} was edited by hand",
            hint=f"architect rollback {name} restores it",
        )
    write(path, text.encode())
    return True


def _copy_inputs(project: Project, target: Project, manifest: Manifest) -> None:
    write(target.manifest, render_manifest(manifest).encode())
    for source, copy in (
        (project.replies, target.replies),
        (project.regressions, target.regressions),
    ):
        if source.is_dir():
            shutil.copytree(source, copy, dirs_exist_ok=True)
    for extra in ("__init__.py", "README.md"):
        for source in (project.generated / extra, project.generated.parent / extra):
            if source.exists():
                relative = source.relative_to(project.root)
                write(target.root / relative, source.read_bytes())
