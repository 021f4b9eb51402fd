"""So many faults, one after the other, in a system that trades on: noticed, mended, live?

How they are drawn: the ten kinds in turn; a module that the trading loop has called and
that the gate accepts as it is shipped, each alike; one of the kind's faults in its body,
each alike. A fault that fails on no recorded live call (where none has its inputs in full: on
no example's and no drawn input) is only wrong: it is counted as silent and another one is
drawn, for nothing in the running system could notice it by a failing call. One that is
live and does not fail in so many calls or seconds is counted as unnoticed. All others count.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from architect.gate.structure import check_structure
from architect.system.child import ChildFailed
from architect.wick.incidents import Incident
from architect.wick.recorded import Recorded, recorded_calls
from benchmarks.seeded.faults import KINDS, Fault, faults
from benchmarks.seeded.judging import Judging
from benchmarks.seeded.planting import plant
from benchmarks.seeded.stretch import Stretch
from core.manifest import read_manifest
from core.template_footer import render_module, split_module

PATIENCE_S, ENOUGH_CALLS = 20.0, 40
REPAIR_S = 60.0
LOOK_S, GRACE_S = 0.05, 2.0
LEARN_S = 20.0
STARTS = 3
Say = Callable[[str], None]


@dataclass(frozen=True)
class Seed:
    """What became of one fault; seconds from its first failing call to live again."""

    kind: str
    module: str
    outcome: str
    fixed_by: str = ""
    seconds: float = 0.0
    wrong: bool = False
    incident: str = ""
    body: str = ""
    repaired: str = ""
    steps_ms: dict[str, int] = field(default_factory=dict)


@dataclass
class Seeding:
    """Seeds `count` faults into stretches of a system that `start` makes."""

    start: Callable[[], Stretch]
    count: int
    draw: random.Random
    history: bool
    say: Say
    done: list[Seed] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)
    accepted: dict[str, bool] = field(default_factory=dict)
    stretches: list[dict[str, Any]] = field(default_factory=list)
    stopped: bool = False

    def run(self) -> dict[str, Any]:
        """Seed them all; return the report."""
        while len(self.done) < self.count and not self.stopped:
            stretch = self._started()
            with closing(stretch):
                _Seeds(self, stretch).run()
                self.stretches.append(stretch.finish())
        return self._report()

    def stop(self) -> None:
        """End with the fault under way; the report tells how many there were."""
        self.stopped = True

    def _started(self) -> Stretch:
        """Return a stretch; a machine that is too busy to start one is given more time."""
        for _ in range(STARTS):
            try:
                return self.start().opened()
            except ChildFailed as error:
                self.say(f"note: {error}")
        return self.start().opened()

    def _report(self) -> dict[str, Any]:
        repaired = [one for one in self.done if one.outcome == "repaired"]
        seconds = sorted(one.seconds for one in repaired)
        return {
            "history": self.history,
            "faults": len(self.done),
            "repaired_and_live": len(repaired),
            "wrong_promotions": sum(one.wrong for one in repaired),
            "median_s": seconds[len(seconds) // 2] if seconds else None,
            "longest_s": seconds[-1] if seconds else None,
            "fixed_by": Counter(one.fixed_by.partition(" ")[0] for one in repaired),
            "by_kind": {
                kind: f"{sum(one.kind == kind for one in repaired)}/"
                f"{sum(one.kind == kind for one in self.done)}"
                for kind in KINDS
            },
            "passed_over": dict(self.passed_over),
            "refused_as_shipped": sorted(
                n for n, good in self.accepted.items() if not good
            ),
            "missed_ticks": sum(s["missed_ticks"] for s in self.stretches),
            "modules": sorted(n for n, good in self.accepted.items() if good),
            "stretches": self.stretches,
            "seeds": [asdict(one) for one in self.done],
        }


class _Seeds:
    """The faults of one stretch."""

    def __init__(self, owner: Seeding, stretch: Stretch) -> None:
        self.owner, self.stretch = owner, stretch
        self.judging = Judging(stretch.session)
        self.graph = stretch.session.graph()
        project = stretch.project
        self.originals: dict[str, tuple[str, str]] = {}
        for spec in self.graph:
            if spec.kind != "record" and project.module(spec.name).exists():
                text = project.module(spec.name).read_text(encoding="utf-8")
                body = split_module(spec, text)
                assert body is not None
                self.originals[spec.name] = text, body

    def run(self) -> None:
        called = self._called()
        owner = self.owner
        while (
            len(owner.done) < owner.count and self.stretch.sound and not owner.stopped
        ):
            kind = KINDS[len(self.owner.done) % len(KINDS)]
            fault = self._drawn(kind, called)
            seed = self._seed(fault)
            if seed is not None:
                self.owner.done.append(seed)
                self.owner.say(
                    f"{len(self.owner.done):4} {seed.outcome:10} {seed.seconds:6.2f} s "
                    f"{seed.module:22} {seed.kind:18} {seed.fixed_by}"
                    + (" WRONG" if seed.wrong else "")
                )
        if not self.stretch.sound:
            self.owner.say(
                f"a new stretch: {self.stretch.summary.get('halted') or 'it ended'}"
            )

    def _called(self) -> list[str]:
        """Return the modules that the loop calls, each at least a few times."""
        until = time.monotonic() + LEARN_S
        calls: Mapping[str, int] = {}
        while time.monotonic() < until:
            time.sleep(0.5)
            calls = self.stretch.calls()
        called = (n for n, times in calls.items() if times > 3)
        return sorted(name for name in called if name in self.originals)

    def _calls(self, module: str) -> list[Recorded]:
        url = self.stretch.system.stores.database_url
        return recorded_calls(url, module, time.time_ns() // 1_000_000)

    def _mendable(self, name: str) -> bool:
        """Tell whether the gate accepts the module as it is shipped: else nothing that
        mends a fault in it could pass."""
        if name not in self.owner.accepted:
            judge = self.stretch.session.judge(self.graph)
            verdict = judge(self.graph.get(name), self.originals[name][1])
            self.owner.accepted[name] = verdict.accepted
        return self.owner.accepted[name]

    def _drawn(self, kind: str, called: list[str]) -> Fault:
        draw, over = self.owner.draw, self.owner.passed_over
        while True:
            name = draw.choice(called)
            if not self._mendable(name):
                continue
            spec = self.graph.get(name)
            for fault in faults(name, self.originals[name][1], kind, draw)[:1]:
                if any(
                    f.stage == "format"
                    for f in check_structure(spec, self.graph, fault.body)
                ):
                    over["not written like a body"] += 1
                elif self.judging.is_noticeable(spec, fault.body, self._calls(name)):
                    return fault
                else:
                    over[f"silent: {kind}"] += 1

    def _seed(self, fault: Fault) -> Seed | None:
        """Plant one fault, watch it, and put the original back."""
        spec, since = self.graph.get(fault.module), self.stretch.last_incident()
        text = render_module(spec, fault.body)
        planted = plant(
            self.stretch.project, fault.module, text, fault.body, self.owner.history
        )
        try:
            incident = self._incident(planted.version, fault.module, since)
            if incident is None:
                self.owner.passed_over[f"unnoticed: {fault.kind}"] += 1
                self.owner.say(
                    f"     unnoticed            {fault.module:22} {fault.kind}"
                )
                return None
            return self._judged(fault, incident)
        finally:
            self._restore(fault.module)

    def _incident(self, version: str, module: str, since: int) -> Incident | None:
        until = time.monotonic() + PATIENCE_S
        while (
            time.monotonic() < until and self.stretch.system.children["trader"].running
        ):
            found = self.stretch.incident_of(since)
            if found is not None:
                return self._closed(found)
            if self.stretch.calls(module, version).get(module, 0) >= ENOUGH_CALLS:
                until = min(until, time.monotonic() + GRACE_S)
            time.sleep(LOOK_S)
        return None

    def _closed(self, incident: Incident) -> Incident:
        until = time.monotonic() + REPAIR_S
        while time.monotonic() < until:
            found = self.stretch.incidents.get(incident.incident_id)
            assert found is not None
            if found.closed_ms is not None:
                return found
            time.sleep(LOOK_S)
        return incident

    def _judged(self, fault: Fault, incident: Incident) -> Seed:
        original = self.originals[fault.module][1]
        text = self.stretch.project.module(fault.module).read_text(encoding="utf-8")
        body = split_module(self.graph.get(fault.module), text) or ""
        steps = [step for _, step, _ in incident.events]
        live = incident.state == "repaired" and "live" in steps
        same = body == fault.body
        outcome = (
            "repaired" if live and not same else "not live" if live else incident.state
        )
        wrong = outcome == "repaired" and self.judging.differs(
            self.graph.get(fault.module), original, body
        )
        return Seed(
            fault.kind, fault.module, outcome, incident.fixed_by or "",
            (incident.took_ms or 0) / 1000, wrong,
            f"{incident.module}: {incident.summary}"[:200], fault.body,
            "" if body == original else body,
            {step: at - incident.opened_ms for at, step, _ in incident.events},
        )  # fmt: skip

    def _restore(self, module: str) -> None:
        text, body = self.originals[module]
        project = self.stretch.project
        version = read_manifest(project.manifest).modules[module].version
        if project.module(module).read_text(encoding="utf-8") != text:
            version = plant(project, module, text, body, self.owner.history).version
        if not self.stretch.runs(module, version):
            self.owner.say(f"note: {module} {version} does not run again")


def stretches(
    root: Path, folder: Path, settings: Mapping[str, str], seed: int
) -> Callable[[], Stretch]:
    """Return what starts one stretch after the other, each with candles of its own."""
    number = 0

    def start() -> Stretch:
        nonlocal number
        number += 1
        return Stretch(root, folder, settings, seed + number)

    return start
