"""From a draft that a person approved to modules: written, built, committed, live.

The spec files are written under the build lock, so nobody builds them twice. What the
gate refuses leaves the specs on disk and every module as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from architect.atomic import write
from architect.drafts.draft import Draft
from architect.drafts.taking_back import take_back, ways_back
from architect.estimate import Estimate
from architect.outcome import Outcome
from architect.running import held_back, wait_until_live
from architect.staleness import State, states
from architect.uninterrupted import uninterrupted
from core.errors import FileConflict
from core.manifest import read_manifest
from core.spec_graph import SpecGraph, graph, load_graph

if TYPE_CHECKING:
    from architect.build import Progress
    from architect.pipeline import Pipeline
    from architect.session import Session


@dataclass(frozen=True)
class Applied:
    """What became of a draft; `live` is None where nothing runs.

    A record goes live with the next start: its name is in `next_start`. What was to be
    removed and is not is in `kept`; `back` has for each spec that was written the command
    that takes it back, `held` for each version that waits what it waits for.
    """

    outcome: Outcome
    live: dict[str, bool] | None = None
    next_start: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    back: dict[str, str] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Tell whether everything was built and removed, and runs where something runs."""
        done = self.outcome.ok and not self.kept
        return done and all((self.live or {}).values())

    @property
    def left(self) -> dict[str, str]:
        """The ways back of the specs that are on disk and whose modules were not built."""
        return {n: way for n, way in self.back.items() if n not in self.outcome.built}

    def after(self, first: Applied) -> Applied:
        """Return what became of two drafts for one request; this one is the second."""
        lived = self.live or {}
        lives = {**(first.live or {}), **lived}
        runs = first.live is not None or self.live is not None
        kept = [n for n in first.kept if n not in self.outcome.removed]
        return Applied(
            self.outcome.after(first.outcome),
            lives if runs else None,
            list(dict.fromkeys([*first.next_start, *self.next_start])),
            list(dict.fromkeys([*kept, *self.kept])),
            {**first.left, **self.back},
            {n: why for n, why in first.held.items() if n not in lived} | self.held,
        )


def with_draft(before: SpecGraph, draft: Draft) -> SpecGraph:
    """Return the specs as they would be; SpecError when they do not hold together."""
    after = {**before.specs, **{one.name: one.spec for one in draft.specs}}
    return graph({n: s for n, s in after.items() if n not in draft.gone})


def stale_with(session: Session, draft: Draft) -> list[State]:
    """Return what the draft would make stale: its specs, and those that use them."""
    after = with_draft(session.graph(), draft)
    wanted = {
        *draft.names,
        *(n for name in draft.names for n in after.dependents(name)),
    }
    found = states(session.project, after, read_manifest(session.project.manifest))
    return [state for state in found if state.name in wanted and not state.ok]


def estimate(session: Session, draft: Draft) -> Estimate:
    """Return what building the draft would cost."""
    return session.estimate(
        with_draft(session.graph(), draft), stale_with(session, draft)
    )


def apply(
    session: Session,
    draft: Draft,
    why: str,
    progress: Progress,
    weak: bool = False,
    known: Mapping[str, str] | None = None,
) -> Applied:
    """Write the specs, build what is stale by them, and wait until it runs.

    What is to be removed goes last, when all that is built without it stands. `known`
    are the ways back of specs that an earlier draft wrote.
    FileConflict when a spec on disk is not what the draft was made from.
    """
    assert draft.sound
    session.strength = True
    project = session.project
    with session.building(wait=True) as pipeline:
        pipeline.note, pipeline.weak, pipeline.progress = why, weak, progress
        _refuse_changed(session, draft)
        stale = [state.name for state in stale_with(session, draft)]
        back = ways_back(project, session.repository, draft, known or {})
        try:
            for one in draft.specs:
                write(project.spec(one.name), one.text.encode())
            session.models.post(pipeline.prompts(stale))
            outcome = _built(pipeline, draft, stale)
        except BaseException:
            # A watch would build the rest, although a person or an error has stopped it.
            with uninterrupted():
                session.tell(take_back(project, draft, back))
            raise
    session.record_verdicts()
    return replace(_gone_live(session, outcome, draft), back=back)


def _built(pipeline: Pipeline, draft: Draft, stale: list[str]) -> Outcome:
    outcome = pipeline.generate(stale or draft.names) if draft.names else Outcome()
    if outcome.ok and draft.gone:
        outcome.removed = pipeline.remove(draft.gone)
    return outcome


def _refuse_changed(session: Session, draft: Draft) -> None:
    for one in draft.changes:
        path = session.project.spec(one.name)
        now = path.read_text(encoding="utf-8") if path.exists() else None
        if now != one.before:
            raise FileConflict(
                f"{path.relative_to(session.project.root)} was changed meanwhile",
                hint="ask again: the draft was made from what stood there before",
            )


def _gone_live(session: Session, outcome: Outcome, draft: Draft) -> Applied:
    built = read_manifest(session.project.manifest).modules
    graph = load_graph(session.project.specs)
    records = [n for n in outcome.built if graph.specs[n].kind == "record"]
    versions = {n: built[n].version for n in outcome.built if n not in records}
    gone, live = outcome.removed, None
    if versions or gone:
        live = wait_until_live(session.config, versions, gone)
    kept = [name for name in draft.gone if name not in gone]
    held = held_back(session.config, versions) if live is not None else {}
    records = records if live is not None else []
    return Applied(outcome, live, records, kept, held=held)
