"""What is stale, and why: digests of everything that a module was made from.

A module is stale when its spec, its prompt, its header or footer, or the contract of
a module that it uses is not what it was when the gate accepted it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from architect.prompt import code_prompt, same_objects, specs_of
from core.manifest import Entry, Manifest, sha256
from core.project import Project
from core.spec import Spec
from core.spec_graph import SpecGraph
from core.template_footer import render_footer
from core.template_header import render_header


@dataclass(frozen=True, slots=True)
class Inputs:
    """Digests of what a module is made from; `whole` is over all of them."""

    spec: str
    prompt: str
    whole: str


@dataclass(frozen=True, slots=True)
class State:
    """How one module stands: `ok`, `new`, `stale`, `edited`, `missing` or `orphaned`.

    `unjudged` are users without which it was accepted, where nothing else is to be done
    than to judge it with them.
    """

    name: str
    state: str
    why: str = ""
    unjudged: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Tell whether nothing has to be done."""
        return self.state == "ok"


# The last answer for each module: from which specs and which template.
_KNOWN: dict[tuple[Path, str], tuple[tuple[Spec, ...], bytes, Inputs]] = {}


def inputs(
    spec: Spec, graph: SpecGraph, prompts: Path, template: bytes | None = None
) -> Inputs:
    """Return the digests of a module's inputs as they are now; `template` is the prompts'
    where it is known.

    They follow from the spec, those that it uses and the template alone. Where these are
    the same objects as before (`load_spec`), so is the answer: a look at all modules after
    a save renders the prompt of what changed and of no other.
    """
    specs = specs_of(spec, graph)
    template = _template(prompts) if template is None else template
    before = _KNOWN.get((prompts, spec.name))
    if before is not None and same_objects(before[0], specs) and before[1] == template:
        return before[2]
    found = _inputs(spec, graph, prompts)
    _KNOWN[prompts, spec.name] = specs, template, found
    return found


def _template(prompts: Path) -> bytes:
    try:
        return (prompts / "code.md").read_bytes()
    except OSError:
        return b""  # whoever renders it says so


def _inputs(spec: Spec, graph: SpecGraph, prompts: Path) -> Inputs:
    prompt = "" if spec.kind == "record" else code_prompt(spec, graph, prompts).digest
    parts = {
        "spec": spec.digest(),
        "prompt": prompt,
        "header": sha256(render_header(spec)),
        "footer": sha256(render_footer(spec)),
        "uses": {
            n: sha256(render_header(graph.specs[n])) for n in graph.uses[spec.name]
        },
    }
    return Inputs(str(parts["spec"]), prompt, sha256(json.dumps(parts, sort_keys=True)))


def states(project: Project, graph: SpecGraph, manifest: Manifest) -> list[State]:
    """Return the state of every module, in build order, orphaned ones last."""
    template = _template(project.prompts)
    found = [_state(project, graph, manifest, name, template) for name in graph.order]
    as_wanted = {state.name for state in found if state.ok}
    found = [_with_users(state, graph, manifest, as_wanted) for state in found]
    gone = sorted(set(manifest.modules) - set(graph.specs))
    return found + [State(name, "orphaned", "its spec is gone") for name in gone]


def _state(
    project: Project, graph: SpecGraph, manifest: Manifest, name: str, template: bytes
) -> State:
    entry = manifest.modules.get(name)
    if entry is None:
        return State(name, "new", "never built")
    try:
        on_disk = sha256(project.module(name).read_bytes())
    except FileNotFoundError:
        return State(name, "missing", "its file is gone")
    if on_disk != entry.file:
        return State(name, "edited", "the file was edited by hand")
    spec = graph.specs[name]
    why = _stale(spec, graph, entry, inputs(spec, graph, project.prompts, template))
    return State(name, "stale", why) if why else State(name, "ok")


def _with_users(
    state: State, graph: SpecGraph, manifest: Manifest, as_wanted: set[str]
) -> State:
    """Return the state of a module also by the users that it was accepted without.

    One that is to be built anew is judged with it then. One that stays as it is never
    would be: the module itself is judged again, once all that such a user needs is built.
    """
    if not state.ok or not (users := sorted(manifest.unjudged(state.name))):
        return state
    behind = {user: closure(user, graph) - as_wanted for user in users}
    if stay := tuple(user for user in users if not behind[user]):
        why = f"it was not judged with {', '.join(stay)}"
        return State(state.name, "stale", why, unjudged=stay)
    waiting = ", ".join(sorted(set().union(*behind.values())))
    return State(state.name, "ok", f"waits for {waiting} to be built anew")


def closure(name: str, graph: SpecGraph) -> set[str]:
    """Return a module and all that it is to use, directly or not; of one without a spec,
    itself alone.
    """
    return {name, *(graph.needs(name) if name in graph.specs else ())}


def _stale(spec: Spec, graph: SpecGraph, entry: Entry, now: Inputs) -> str:
    if now.spec != entry.spec:
        return "its spec changed"
    if now.prompt != entry.prompt:
        return "its prompt changed"
    if now.whole != entry.inputs:
        return "its header, footer or a contract that it uses changed"
    if (entry.kind, entry.uses) != (spec.kind, graph.uses[spec.name]):
        return "its manifest entry is not what its spec says"
    return ""
