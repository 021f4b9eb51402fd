"""What the gate costs and what it holds: every figure measured in this very run.

    .venv/bin/python benchmarks/gate.py [--json FILE]

Only figures of one run on one machine: run it on a machine that does nothing else. A
part that cannot be measured says why, and has no figure.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_TESTS = ROOT / "tests"
sys.path[:0] = [str(ROOT), str(_TESTS / "hostile"), str(_TESTS / "gate")]

from corpus import (  # noqa: E402
    BEYOND,
    ROWS,
    Hostile,
    WithoutStructure,
    held_live,
    judged,
    open_gates,
)
from honest_bodies import HONEST  # noqa: E402
from honest_variants import variants  # noqa: E402
from more_honest_bodies import MORE_HONEST  # noqa: E402
from overruns import overruns  # noqa: E402

from architect.gate.gate import Gate  # noqa: E402
from architect.gate.sandbox import Sandbox, landlock, proof  # noqa: E402
from architect.gate.structure import check_structure  # noqa: E402
from architect.strength.strength import measure  # noqa: E402
from core.spec import Spec  # noqa: E402
from core.spec_graph import SpecGraph, graph  # noqa: E402
from core.spec_text import parse_spec  # noqa: E402
from core.template_footer import split_module  # noqa: E402

LIBRARIES = ("pytest", "hypothesis", "libcst", "pandas", "numpy", "ruff", "black")
WARM_RUNS, COLD_RUNS, CALLS = 30, 5, 2000
SHIPPED_RUNS = 3

# One module with 100 property cases; below it the same tests as a person writes them.
SPEC = """
name: clamp
kind: function
intent: The nearest value that lies within the bounds.
params:
  value: {type: int, meaning: any number, range: [-100, 100]}
  low: {type: int, meaning: lower bound, range: [-100, 100]}
  high: {type: int, meaning: upper bound, range: [-100, 100]}
returns: {type: int, meaning: the value or the bound that it passes}
requires: [low <= high]
ensures: [low <= result <= high]
examples:
  - {given: {value: 5, low: 0, high: 3}, expect: 3}
  - {given: {value: 77, low: -70, high: 70}, expect: 70, held_back: true}
properties:
  - name: it keeps what is inside
    check: result == value or not low <= value <= high
    cases: 50
  - name: it stays when done again
    check: call(value=result) == result
    cases: 50
"""
BODY = "return max(low, min(value, high))"
PLAIN = """
import pytest
from hypothesis import assume, given, settings, strategies as st

NUMBERS = st.integers(-100, 100)


def clamp(value, low, high):
    if not low <= high:
        raise ValueError(low, high)
    result = max(low, min(value, high))
    assert low <= result <= high
    return result


@pytest.mark.parametrize("given, expected", [((5, 0, 3), 3), ((77, -70, 70), 70)])
def test_example(given, expected):
    assert clamp(*given) == expected


def test_requires():
    with pytest.raises(ValueError):
        clamp(1, 2, 1)


@settings(max_examples=50, derandomize=True, database=None)
@given(NUMBERS, NUMBERS, NUMBERS)
def test_it_keeps_what_is_inside(value, low, high):
    assume(low <= high)
    assert clamp(value, low, high) == value or not low <= value <= high


@settings(max_examples=50, derandomize=True, database=None)
@given(NUMBERS, NUMBERS, NUMBERS)
def test_it_stays_when_done_again(value, low, high):
    assume(low <= high)
    result = clamp(value, low, high)
    assert clamp(result, low, high) == result
"""

Figures = dict[str, Any]


def seconds(run: Callable[[], Any]) -> float:
    """Return how long one run took."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def cpu_seconds(gate: Gate) -> float:
    """Return the CPU time so far of this process, both parents of workers and all workers
    that ended: what a run costs on one core, whatever else the machine does."""
    spent = time.process_time()
    for sandbox in (gate.sandbox, gate.elsewhere):
        stat = Path(f"/proc/{sandbox.zygote.pid}/stat").read_text()
        ticks = stat.rpartition(")")[2].split()[11:15]
        spent += sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
    return spent


def spread(times: list[float]) -> Figures:
    """Return median, 95th percentile and count, in milliseconds."""
    ordered = sorted(times)
    high = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    median = statistics.median(ordered)
    return {
        "p50_ms": round(median * 1000, 3),
        "p95_ms": round(high * 1000, 3),
        "runs": len(ordered),
    }


def machine() -> Figures:
    """Return what the figures were measured on."""
    return {
        "machine": f"{platform.machine()}, {_cpu()}, {os.cpu_count()} CPUs",
        "system": f"{platform.system()} {platform.release()}",
        "user": "root" if os.geteuid() == 0 else "normal user",
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown CPU"


def sandbox_start() -> Figures:
    """Return how long a sandbox takes to start and prove its layers, and to start again."""
    proof._proved.clear()
    first, again = Sandbox(), Sandbox()
    try:
        with_proof, without = seconds(first.start), seconds(again.start)
    finally:
        first.close()
        again.close()
    return {
        "start_with_proof_s": round(with_proof, 3),
        "start_proved_s": round(without, 3),
        "probes": len(proof.probes_of(landlock.version())),
    }


def round_trip(sandbox: Sandbox) -> Figures:
    """Return the cost of one call of a function that does nothing."""
    with sandbox.worker() as worker:
        worker.load([("generated.trading.f", b"def f(x):\n    return x")])
        times = [seconds(lambda: worker.call("f", {"x": 1})) for _ in range(CALLS)]
    return spread(times)


def warm_gate(gate: Gate) -> Figures:
    """Return the time of a warm judgement beside a cold pytest of the same tests."""
    spec = parse_spec(SPEC, "clamp")
    known = graph({"clamp": spec})
    assert gate.judge(spec, known, BODY, {}).accepted
    before = cpu_seconds(gate)
    warm = [
        seconds(lambda: gate.judge(spec, known, BODY, {})) for _ in range(WARM_RUNS)
    ]
    spent = (cpu_seconds(gate) - before) / len(warm)
    cold = _cold_pytest()
    ratio = statistics.median(cold) / statistics.median(warm)
    return {
        "property_cases": sum(p.cases for p in spec.properties),
        "warm": spread(warm),
        "warm_cpu_ms": round(spent * 1000, 1),
        "cold_pytest": spread(cold),
        "cold_over_warm": round(ratio, 2),
    }


def _cold_pytest() -> list[float]:
    with tempfile.TemporaryDirectory(prefix="architect-bench-") as folder:
        Path(folder, "test_clamp.py").write_text(PLAIN)
        command = [sys.executable, "-m", "pytest", "-q", "test_clamp.py"]

        def run() -> None:
            subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)

        run()
        return [seconds(run) for _ in range(COLD_RUNS)]


def hostile(gates: tuple[Gate, WithoutStructure]) -> Figures:
    """Return what is accepted of the corpus, with all layers and without structure."""
    claimed = [row for row in ROWS if row.then]

    def refused(row: Hostile) -> bool:
        outcome = held_live(gates[0].sandbox, row, requires=["0 <= x <= 100"])
        return outcome.raised is not None and outcome.raised.type == "RequiresError"

    started = time.perf_counter()
    found = {
        "bodies": len(ROWS),
        "accepted": sum(judged(gates[0], row).accepted for row in ROWS),
        "bodies_that_hold_without_structure": len(claimed),
        "accepted_without_structure": sum(
            judged(gates[1], row).accepted for row in claimed
        ),
        "bodies_that_form_alone_stops": len(ROWS) - len(claimed),
        "bodies_wrong_only_outside_the_tested_range": len(BEYOND),
        "of_these_refused_by_the_wrapper": sum(map(refused, BEYOND)),
    }
    return {**found, "seconds": round(time.perf_counter() - started, 1)}


def honest(gate: Gate) -> Figures:
    """Return what is refused of honest bodies, and how long the shipped ones take."""
    cases = [*HONEST, *MORE_HONEST]
    refused = [
        case.name
        for case in cases
        if check_structure(case.spec(), case.graph(), case.body)
    ]
    times: list[float] = []
    costs: list[float] = []
    shipped_refused = []
    specs, known, modules = shipped()
    for spec in specs:
        body = split_module(spec, modules[spec.name]) or ""
        for _ in range(SHIPPED_RUNS):
            started, before = time.perf_counter(), cpu_seconds(gate)
            verdict = gate.judge(spec, known, body, modules, dependents=False)
            times.append(time.perf_counter() - started)
            costs.append(cpu_seconds(gate) - before)
        if not verdict.accepted:
            shipped_refused.append(spec.name)
    return {
        "bodies": len(cases) + len(specs),
        "refused_by_structure": refused,
        "refused_share": round(len(refused) / (len(cases) + len(specs)), 4),
        "shipped": len(specs),
        "shipped_refused_by_the_gate": shipped_refused,
        "shipped_gate": spread(times),
        "shipped_gate_cpu": spread(costs),
    }


@cache
def shipped() -> tuple[list[Spec], SpecGraph, dict[str, str]]:
    """Return the shipped specs that have a body, their graph and all modules."""
    paths = sorted((ROOT / "specs" / "trading").glob("*.yaml"))
    specs = {path.stem: parse_spec(path.read_text(), path.stem) for path in paths}
    modules = {
        name: (ROOT / "generated" / "trading" / f"{name}.py").read_text()
        for name in specs
    }
    bodied = [spec for spec in specs.values() if spec.kind != "record"]
    return bodied, graph(specs), modules


def said_otherwise(gate: WithoutStructure) -> Figures:
    """Return what is refused of the shipped bodies in other words, whatever their form."""
    specs, known, modules = shipped()
    count, refused = 0, []
    for spec in specs:
        for body in variants(split_module(spec, modules[spec.name]) or ""):
            count += 1
            if not gate.judge(spec, known, body, modules, dependents=False).accepted:
                refused.append(spec.name)
    return {"bodies": count, "refused_by_the_gate_but_form": refused}


def time_outs(gate: Gate) -> Figures:
    """Return how long after its limit an endless body is dead."""
    late = overruns(gate.sandbox)
    worst = max(late, key=lambda name: late[name])
    return {
        "endless_bodies": len(late),
        "median_ms": round(statistics.median(late.values()) * 1000, 2),
        "worst_ms": round(late[worst] * 1000, 2),
        "worst": worst,
    }


def strength(gate: Gate) -> Figures:
    """Return the mutants judged a second, over all shipped modules and the slowest.

    As in a build, a module has just passed the gate, which drew its inputs; what drawing
    them adds where it has not is told beside it.
    """
    specs, known, modules = shipped()
    counts: dict[str, int] = {}
    spent: dict[str, float] = {}
    weak, cold, warm = [], 0.0, 0.0
    for spec in specs:
        body = split_module(spec, modules[spec.name]) or ""
        gate._pools.clear()
        before = cpu_seconds(gate)
        measure(gate, spec, known, body, modules)
        middle = cpu_seconds(gate)
        found = measure(gate, spec, known, body, modules)
        cold, warm = cold + middle - before, warm + cpu_seconds(gate) - middle
        counts[spec.name] = found.caught.differing + len(found.equivalent)
        spent[spec.name] = found.seconds
        weak += [] if found.caught.enough else [spec.name]
    rates = {name: counts[name] / spent[name] for name in counts}
    slowest = sorted(rates, key=lambda name: rates[name])[:5]
    mutants = sum(counts.values())
    return {
        "modules": len(specs),
        "mutants": mutants,
        "mutants_per_s": round(mutants / sum(spent.values()), 1),
        "mutants_per_cpu_s": round(mutants / warm, 1),
        "mutants_per_cpu_s_with_drawing": round(mutants / cold, 1),
        "median_of_modules_per_s": round(statistics.median(rates.values()), 1),
        "slowest_per_s": {name: round(rates[name], 1) for name in slowest},
        "below_their_threshold": weak,
    }


PARTS: dict[str, Callable[[tuple[Gate, WithoutStructure]], Figures]] = {
    "round trip of a call": lambda gates: round_trip(gates[0].sandbox),
    "warm gate": lambda gates: warm_gate(gates[0]),
    "hostile bodies": hostile,
    "honest bodies": lambda gates: honest(gates[0]),
    "honest bodies in other words": lambda gates: said_otherwise(gates[1]),
    "time-outs": lambda gates: time_outs(gates[0]),
    "spec strength": lambda gates: strength(gates[0]),
}


def keep_few(number: int) -> None:
    """Let only some of the shipped specs be measured, of all kinds and sizes."""
    specs = shipped()[0]
    specs[:] = specs[:: max(1, len(specs) // number)][:number]


def measure_all(names: Sequence[str]) -> Iterator[tuple[str, Figures]]:
    """Yield each part as it is measured."""
    yield "on", machine()
    yield "sandbox", sandbox_start()
    with open_gates() as gates:
        for name in names:
            yield name, PARTS[name](gates)


def main() -> None:
    """Print the figures, and write them where `--json` says."""
    parser = argparse.ArgumentParser(description="Measure the gate.")
    parser.add_argument(
        "--json", metavar="FILE", help="write the figures there as well"
    )
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART"
    )
    parser.add_argument(
        "--modules", type=int, metavar="N", help="of the shipped ones, evenly spread"
    )
    chosen = parser.parse_args()
    if chosen.modules:
        keep_few(chosen.modules)
    figures: dict[str, Figures] = {}
    for name, found in measure_all(chosen.only):
        figures[name] = found
        print(name)
        for key, value in found.items():
            shown = json.dumps(value) if isinstance(value, (dict, list)) else value
            print(f"  {key:36} {shown}", flush=True)
    if chosen.json:
        Path(chosen.json).write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
