"""So many faults, one after the other, in a system that trades on: noticed, mended, live?

How they are drawn: the ten kinds in turn; a module that the trading loop has called, each
alike; one of the kind's faults in its body, each alike. A fault counts that fails by itself on
at least half of the recorded live calls (where none has its inputs in full: of the examples'
and drawn inputs). One that fails on none is only wrong and is counted as silent, one that
fails on fewer as seldom; another one is drawn then, for the running system could not notice
it, or not soon; after forty of those it is the next kind's turn. One that is live and does
not fail in so many calls or seconds is counted as unnoticed. All others count.

A failure begins with the event by which the running system says that it contained it; it
has ended when another version of the module runs, after an incident that says repaired.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from itertools import cycle
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
from core.template_footer import render_module, split_module

PATIENCE_S, ENOUGH_CALLS = 20.0, 40
# A repair that takes longer has failed; so has one whose incidents are all closed.
REPAIR_S, SETTLED_S = 60.0, 3.0
LOOK_S, GRACE_S = 0.02, 2.0
LEARN_S = 12.0
# For a few faults it is not waited long until Wick has drawn its inputs.
WARM_S, WARM_EACH_S = 150.0, 5.0
# After so many draws without one that counts it is the next kind's turn.
DRAWS = 40
STARTS = 3
# The share of its live calls on which a fault must fail to count.
SHARE = 0.5
Say = Callable[[str], None]


@dataclass(frozen=True)
class Seed:
    """What became of one fault; seconds from its first contained call to live again.

    `wrong` tells of a version that went live and answers otherwise than the original.
    """

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
    planted: set[str] = field(default_factory=set)
    shares: dict[str, float] = field(default_factory=dict)
    kinds: Iterator[str] = field(default_factory=lambda: cycle(KINDS))
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
            "wrong_promotions": sum(one.wrong for one in self.done),
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
            "modules": sorted({one.module for one in self.done}),
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
            fault = self._drawn(next(owner.kinds), called)
            seed = self._seed(fault) if fault is not None else None
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
        longest_s = min(WARM_S, WARM_EACH_S * self.owner.count)
        if not self.stretch.warm(longest_s):
            self.owner.say(f"note: Wick is not warm after {longest_s:.0f} s")
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
        """Tell whether the gate accepts the module as it is shipped: where it does not,
        nothing that mends a fault in it could pass."""
        if name not in self.owner.accepted:
            judge = self.stretch.session.judge(self.graph)
            verdict = judge(self.graph.get(name), self.originals[name][1])
            self.owner.accepted[name] = verdict.accepted
        return self.owner.accepted[name]

    def _drawn(self, kind: str, called: list[str]) -> Fault | None:
        """Draw a fault that counts; None where so many draws gave none."""
        over = self.owner.passed_over
        for _ in range(DRAWS):
            name = self.owner.draw.choice(called)
            original = self.originals[name][1]
            for fault in faults(name, original, kind, self.owner.draw)[:1]:
                why_not = self._passed_over(fault)
                if not why_not:
                    return fault
                over[why_not] += 1
        over[f"no fault drawn: {kind}"] += 1
        return None

    def _passed_over(self, fault: Fault) -> str:
        """Return why a fault does not count, empty where it does."""
        spec = self.graph.get(fault.module)
        findings = check_structure(spec, self.graph, fault.body)
        if any(one.stage == "format" for one in findings):
            return "not written like a body"
        if fault.body in self.owner.planted:
            return "planted before"
        if (share := self.owner.shares.get(fault.body)) is None:
            calls = self._calls(fault.module)
            share = self.judging.failing(spec, fault.body, calls)
            self.owner.shares[fault.body] = share
        if share >= SHARE:
            self.owner.planted.add(fault.body)
            return ""
        return f"{'seldom' if share else 'silent'}: {fault.kind}"

    def _seed(self, fault: Fault) -> Seed | None:
        """Plant one fault, watch it, and put the original back."""
        stretch, text = self.stretch, render_module(
            self.graph.get(fault.module), fault.body
        )
        since, mark = stretch.last_incident(), stretch.mark()
        planted = plant(
            stretch.project, fault.module, text, fault.body, self.owner.history
        )
        try:
            failed_ms = self._failed(planted.version, fault.module, mark)
            if failed_ms is None:
                self.owner.passed_over[f"unnoticed: {fault.kind}"] += 1
                self.owner.say(
                    f"     unnoticed            {fault.module:22} {fault.kind}"
                )
                return None
            return self._judged(fault, planted.version, since, failed_ms)
        finally:
            self._restore()

    def _failed(self, version: str, module: str, mark: str) -> int | None:
        """Return when the first failure was contained, None where none was in time."""
        until = time.monotonic() + PATIENCE_S
        trader = self.stretch.system.children["trader"]
        while time.monotonic() < until and trader.running:
            if contained := self.stretch.contained(mark):
                return contained
            if self.stretch.calls(module, version).get(module, 0) >= ENOUGH_CALLS:
                until = min(until, time.monotonic() + GRACE_S)
            time.sleep(LOOK_S)
        return None

    def _judged(self, fault: Fault, version: str, since: int, failed_ms: int) -> Seed:
        """Wait until the module runs again, repaired, or nothing more is done for it."""
        until = time.monotonic() + REPAIR_S
        quiet_since = time.monotonic()
        told: list[Incident] = []
        while time.monotonic() < until:
            told = self.stretch.failures(since)
            if any(_is_live(one) for one in told) and self._body(fault) != fault.body:
                break
            if not told or any(one.closed_ms is None for one in told):
                quiet_since = time.monotonic()
            if time.monotonic() - quiet_since > SETTLED_S and self.stretch.idle():
                break
            time.sleep(LOOK_S)
        return self._seed_of(fault, told, failed_ms)

    def _body(self, fault: Fault) -> str:
        text = self.stretch.project.module(fault.module).read_text(encoding="utf-8")
        return split_module(self.graph.get(fault.module), text) or ""

    def _seed_of(self, fault: Fault, told: list[Incident], failed_ms: int) -> Seed:
        original, body = self.originals[fault.module][1], self._body(fault)
        mended = [one for one in told if _is_live(one)]
        incident = (mended or told or [None])[0]
        if incident is None:
            return Seed(fault.kind, fault.module, "no incident", body=fault.body)
        outcome = incident.state
        if body == fault.body:
            outcome = "another module" if mended else outcome
        elif not mended:
            outcome = "not live"
        if outcome != "repaired":
            self._mendable(fault.module)
        wrong = body != fault.body and self.judging.differs(
            self.graph.get(fault.module), original, body
        )
        steps = {step: at - failed_ms for at, step, _ in incident.events}
        return Seed(
            fault.kind, fault.module, outcome, incident.fixed_by or "",
            steps.get("live", 0) / 1000, wrong,
            f"{incident.incident_id} {incident.module}: {incident.summary}"[:200],
            fault.body, "" if body == original else body, steps,
        )  # fmt: skip

    def _restore(self) -> None:
        """Put every module back that is not as it was shipped."""
        project, again = self.stretch.project, []
        for module, (text, body) in self.originals.items():
            if project.module(module).read_text(encoding="utf-8") != text:
                version = plant(project, module, text, body, self.owner.history).version
                again.append((module, version))
        for module, version in again:
            if not self.stretch.runs(module, version):
                self.owner.say(f"note: {module} {version} does not run again")


def _is_live(incident: Incident) -> bool:
    return incident.state == "repaired" and any(
        step == "live" for _, step, _ in incident.events
    )


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
